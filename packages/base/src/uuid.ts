/**
 * 128-bit ids in the text form Kafka gives them: URL-safe base64 without padding, 22 characters.
 * A `uuid` is that string everywhere in the code; the 16 bytes exist on the wire and on disk only.
 */

/** Stands for "none". */
export const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'
/** The topic id of `__cluster_metadata`. */
export const METADATA_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'

/** The 16 bytes at `position` as text. */
export function uuidFromBytes(bytes: Buffer, position = 0): string {
  return bytes.toString('base64url', position, position + 16)
}

/** @throws RangeError when `text` is not an id: check what comes from outside with `isUuid` first. */
export function bytesFromUuid(text: string): Buffer {
  if (!isUuid(text)) throw new RangeError(`not an id of 22 base64url characters: ${text}`)
  return Buffer.from(text, 'base64url')
}

/** Of 22 characters the last carries two bits only. */
export function isUuid(text: string): boolean {
  return /^[A-Za-z0-9_-]{21}[AQgw]$/.test(text)
}

/** A version 4 id. Never begins with '-', which command lines would take for an option, and is never a reserved one. */
export function randomUuid(random: { fill(target: Uint8Array): Uint8Array }): string {
  for (;;) {
    const bytes = Buffer.alloc(16)
    random.fill(bytes)
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
    const text = uuidFromBytes(bytes)
    if (!text.startsWith('-')) return text
  }
}
