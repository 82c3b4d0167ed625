/**
 * Ids of log directories (KIP-858). The first hundred are reserved; some of them say where a replica is not.
 * Ids are ordered as Java orders UUIDs: as two signed 64-bit numbers. Snapshots list directories in that order.
 */
import { ZERO_UUID } from '@gregor/base'

/** Directories are about to be assigned: the state of a partition from before directory ids. */
export const MIGRATING_DIRECTORY = ZERO_UUID
export const UNASSIGNED_DIRECTORY = 'AAAAAAAAAAAAAAAAAAAAAQ'
/** On a directory that is offline or gone. */
export const LOST_DIRECTORY = 'AAAAAAAAAAAAAAAAAAAAAg'

/** Whether an id is one of the hundred that name no real directory. */
export function isReservedDirectory(id: string): boolean {
  if (!id.startsWith('AAAAAAAAAAAAAAAAAAAA')) return false
  return (Buffer.from(id, 'base64url')[15] ?? 0) < 100
}

/**
 * Whether a replica in that directory can be served by a broker that has these ones online. A broker that never said
 * has no list, and a directory that is not known is given the benefit of the doubt.
 */
export function isDirectoryOnline(id: string, sortedOnline: readonly string[]): boolean {
  if (id === UNASSIGNED_DIRECTORY || id === MIGRATING_DIRECTORY) return true
  if (id === LOST_DIRECTORY) return false
  return sortedOnline.length === 0 || sortedOnline.includes(id)
}

export function compareUuids(one: string, other: string): number {
  return Buffer.compare(sortKey(one), sortKey(other))
}

/** With the sign bits of both halves turned over, signed order is the order of the bytes. */
function sortKey(id: string): Buffer {
  const bytes = Buffer.from(id, 'base64url')
  bytes[0] = (bytes[0] ?? 0) ^ 0x80
  bytes[8] = (bytes[8] ?? 0) ^ 0x80
  return bytes
}
