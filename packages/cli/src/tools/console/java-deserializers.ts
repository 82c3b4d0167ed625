/**
 * Kafka’s deserializers by their Java classes, as `--value-deserializer` names them, each giving the text that Java’s
 * `toString` gives of what it makes.
 */
import { javaDoubleText } from '@gregor/protocol'

/** Bytes, or the literal for null. @throws DeserializerError where they are not what they should be. */
export type TextDeserializer = (bytes: Buffer) => string

/** The message is the whole of what Java says. */
export class DeserializerError extends Error {
  override readonly name = 'DeserializerError'
}

const exception = 'org.apache.kafka.common.errors.SerializationException: '
const directory = 'org.apache.kafka.common.serialization'
const deserializers: Readonly<Record<string, TextDeserializer | undefined>> = {
  StringDeserializer: (bytes) => bytes.toString('utf8'),
  // Java would print the identity of the array.
  ByteArrayDeserializer: (bytes) => bytes.toString('utf8'),
  ByteBufferDeserializer: ({ length }) => `java.nio.HeapByteBuffer[pos=0 lim=${length} cap=${length}]`,
  BytesDeserializer: bytesText,
  BooleanDeserializer: (bytes) => {
    const [byte] = sized('Boolean', 1, bytes)
    if (byte !== 0 && byte !== 1)
      throw new DeserializerError(`${exception}Unexpected byte received by BooleanDeserializer: ${byte}`)
    return String(byte === 1)
  },
  ShortDeserializer: (bytes) => String(sized('Short', 2, bytes).readInt16BE(0)),
  IntegerDeserializer: (bytes) => String(sized('Integer', 4, bytes).readInt32BE(0)),
  LongDeserializer: (bytes) => String(sized('Long', 8, bytes).readBigInt64BE(0)),
  FloatDeserializer: (bytes) => floatText(sized('Float', 4, bytes).readFloatBE(0)),
  DoubleDeserializer: (bytes) => javaDoubleText(sized('Double', 8, bytes).readDoubleBE(0)),
  UUIDDeserializer: (bytes) => uuidText(bytes.toString('utf8')),
  VoidDeserializer: () => {
    throw new DeserializerError('java.lang.IllegalArgumentException: Data should be null for a VoidDeserializer.')
  },
}

/** `undefined` for a class that is none of Kafka’s. */
export function deserializerNamed(className: string): TextDeserializer | undefined {
  return className.startsWith(`${directory}.`) ? deserializers[className.slice(directory.length + 1)] : undefined
}

function sized(type: string, size: number, bytes: Buffer): Buffer {
  if (bytes.length === size) return bytes
  throw new DeserializerError(`${exception}Size of data received by ${type}Deserializer is not ${size}`)
}

/** The shortest text that reads as the same 32 bits. */
function floatText(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const shorter = Number(value.toPrecision(digits))
    if (Math.fround(shorter) === value) return javaDoubleText(shorter)
  }
  return javaDoubleText(Number(value.toPrecision(9)))
}

/** As Java’s `UUID.fromString` reads it and `toString` writes it: parts may lack their leading zeros. */
function uuidText(text: string): string {
  const parts = text.split('-')
  const sizes = [8, 4, 4, 4, 12]
  const isUuid = parts.length === 5 && parts.every((part) => /^[0-9a-f]+$/i.test(part)) && text.length <= 36
  if (!isUuid) throw new DeserializerError(`${exception}Error parsing data into UUID`)
  return parts
    .map((part, index) =>
      part
        .toLowerCase()
        .padStart(sizes[index] ?? 0, '0')
        .slice(-(sizes[index] ?? 0)),
    )
    .join('-')
}

/** Printable ASCII as it is, a backslash doubled, the rest in hex. */
function bytesText(bytes: Buffer): string {
  return [...bytes]
    .map((byte) => {
      if (byte === 0x5c) return '\\\\'
      if (byte >= 0x20 && byte < 0x7f) return String.fromCharCode(byte)
      return `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`
    })
    .join('')
}
