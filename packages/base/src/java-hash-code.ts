/**
 * The hash that Java's `String.hashCode` specifies: over UTF-16 units, in 32 bits with sign. Kafka places internal
 * state by it (which partition of `__consumer_offsets` a group lives on), so it is part of the formats.
 */
export function javaHashCode(text: string): number {
  let hash = 0
  for (let index = 0; index < text.length; index++) hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0
  return hash
}
