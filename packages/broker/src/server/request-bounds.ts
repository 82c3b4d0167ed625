/**
 * How large a request may be, by what it is for. A message unpacks to many times its bytes, so only what carries users’
 * data may be as large as `socket.request.max.bytes`, which the transport holds to; all else is bounded here, by
 * bytes and by the count of what is in it.
 */
import { Envelope, JoinGroup, OffsetCommit, Produce, SyncGroup, TxnOffsetCommit, type Api } from '@gregor/protocol'

/** Requests that say something about each of very many partitions stay below this. */
const requestBytesMaxDefault = 8 * 1_048_576
/** Clients put bytes of their own into these. */
const requestBytesMaxOfGroups = 32 * 1_048_576

const bounds: ReadonlyMap<number, number> = new Map([
  // Its records are not unpacked.
  [Produce.key, Infinity],
  [OffsetCommit.key, requestBytesMaxOfGroups],
  [TxnOffsetCommit.key, requestBytesMaxOfGroups],
  [JoinGroup.key, requestBytesMaxOfGroups],
  [SyncGroup.key, requestBytesMaxOfGroups],
  [Envelope.key, requestBytesMaxOfGroups],
])

/** Elements of all the arrays of a request. */
export const elementCountMax = 1_000_000

export function requestBytesMax(api: Api): number {
  return bounds.get(api.key) ?? requestBytesMaxDefault
}
