/** Error codes as a client of some version knows them. */
import { errorCode } from '@gregor/protocol'
import type { ProtocolError } from '@gregor/protocol'

/** Clients from before KIP-588 know no PRODUCER_FENCED. `fencedSince`: the first version that does. */
export function errorCodeFor(error: ProtocolError, apiVersion: number, fencedSince: number): number {
  return errorCode(error === 'PRODUCER_FENCED' && apiVersion < fencedSince ? 'INVALID_PRODUCER_EPOCH' : error)
}
