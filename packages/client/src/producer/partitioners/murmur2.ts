/**
 * The hash by which Kafka's Java client, and every client that wants to agree with it, places records by key: murmur2 of
 * the serialized key, seed 0x9747b28c.
 */

const seed = 0x9747b28c
const multiplier = 0x5bd1e995

/** 32 bits with sign, as Java gives them. Allocates nothing. */
export function murmur2(bytes: Uint8Array): number {
  const { length } = bytes
  const tail = length & ~3
  let hash = seed ^ length
  for (let at = 0; at < tail; at += 4) {
    let word = byte(bytes, at) | (byte(bytes, at + 1) << 8) | (byte(bytes, at + 2) << 16) | (byte(bytes, at + 3) << 24)
    word = Math.imul(word, multiplier)
    word ^= word >>> 24
    hash = Math.imul(hash, multiplier) ^ Math.imul(word, multiplier)
  }
  const left = length & 3
  if (left === 3) hash ^= byte(bytes, tail + 2) << 16
  if (left >= 2) hash ^= byte(bytes, tail + 1) << 8
  if (left >= 1) hash = Math.imul(hash ^ byte(bytes, tail), multiplier)
  hash ^= hash >>> 13
  hash = Math.imul(hash, multiplier)
  return hash ^ (hash >>> 15)
}

/** Where a record with that key goes. The same key goes elsewhere once the topic has more partitions. */
export function partitionForKey(key: Uint8Array, partitionCount: number): number {
  return (murmur2(key) & 0x7fff_ffff) % partitionCount
}

function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0
}
