/** One case that every client is put through, and what it is given. */

import type { Server } from '../harness/server.ts'
import type { SuiteContext } from '../harness/suite.ts'
import type { Driver, Operation } from './driver.ts'

/** An operation, or a part of one, that a client may be unable to do with any server. */
export type Lack =
  | Operation
  | 'consumeWithoutGroup'
  | 'idempotent'
  | 'nullHeader'
  | 'repeatedHeader'
  | 'namedPartition'
  | 'timestamp'
  /** It tells where each record went, and not only the first of a batch. */
  | 'everyOffset'
  | 'acks0'
  | 'gzip'
  | 'snappy'
  | 'lz4'
  | 'zstd'

export interface Client {
  readonly driver: Driver
  readonly server: Server
  readonly scope: SuiteContext['scope']
  readonly hashesLikeJava: boolean
  readonly lacks: (lack: Lack) => boolean
}

/** What a server may not serve yet: the case is then a gap. */
export type Service = 'groups' | 'consumerGroups' | 'transactions'

export interface ClientCase {
  /** A sentence about the client that is true when it passes. */
  readonly name: string
  readonly needs: readonly Lack[]
  readonly service?: Service
  /** Only with `--all`. */
  readonly isExtra?: boolean
  readonly body: (client: Client) => Promise<string | void>
}
