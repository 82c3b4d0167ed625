/** One question that is put to both servers, and what of the answers may differ. */

import type { Api, RequestInput } from '@gregor/protocol'

export interface Exchange {
  /** Completes "is answered alike: …". */
  readonly title: string
  readonly api: Api
  /** In these versions; default: the newest. */
  readonly versions?: readonly number[]
  /** Text `id:NAME` anywhere in it becomes the id of that topic. */
  readonly request: unknown
  /** It changes nothing, and may be asked again until both servers have caught up with themselves. */
  readonly isRead?: boolean
  /** Names of fields whose values are the server’s own. */
  readonly ignoring?: readonly string[]
}

/** The request is checked against its API; with `read` it may be asked again. */
export function exchange<A extends Api>(
  title: string,
  api: A,
  request: RequestInput<A>,
  more: Pick<Exchange, 'versions' | 'isRead' | 'ignoring'> = {},
): Exchange {
  return { title, api, request, ...more }
}

export function read<A extends Api>(
  title: string,
  api: A,
  request: RequestInput<A>,
  more: Pick<Exchange, 'versions' | 'ignoring'> = {},
): Exchange {
  return { title, api, request, isRead: true, ...more }
}
