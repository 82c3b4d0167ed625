/**
 * Numbers and truth values in fixed widths, most significant byte first: Java’s Short-, Integer-, Long-, Float-, Double-
 * and BooleanSerializer. A value that does not fit is refused, never cut; so are bytes of another length.
 */
import { SerdeError, type Serde, serde } from './serde.ts'

/** Whole, -32,768 to 32,767, in 2 bytes. */
export function int16(): Serde<number> {
  return numbers.int16
}

/** Whole, -2^31 to 2^31 - 1, in 4 bytes. */
export function int32(): Serde<number> {
  return numbers.int32
}

/** Whole, in 8 bytes, as far as a `number` is exact: ±(2^53 - 1). What is read beyond is refused: see `int64Big`. */
export function int64(): Serde<number> {
  return numbers.int64
}

/** Whole, -2^63 to 2^63 - 1, in 8 bytes. */
export function int64Big(): Serde<bigint> {
  return bigInt64
}

/** In 4 bytes, to the nearest that fits: about 7 digits. */
export function float32(): Serde<number> {
  return numbers.float32
}

/** In 8 bytes. */
export function float64(): Serde<number> {
  return numbers.float64
}

/** One byte, 1 or 0. */
export function boolean(): Serde<boolean> {
  return truth
}

const maxSafe = Number.MAX_SAFE_INTEGER

const numbers = {
  int16: whole('int16', { size: 2, min: -0x8000, max: 0x7fff }, (buffer, value) => buffer.writeInt16BE(value)),
  int32: whole('int32', { size: 4, min: -(2 ** 31), max: 2 ** 31 - 1 }, (buffer, value) => buffer.writeInt32BE(value)),
  int64: serde<number>({
    write: (value) => {
      checkWhole('int64', value, { min: -maxSafe, max: maxSafe })
      return fixed(8, (buffer) => buffer.writeBigInt64BE(BigInt(value)))
    },
    read: (bytes) => {
      const value = sized('int64', bytes, 8).readBigInt64BE()
      if (value < -maxSafe || value > maxSafe)
        throw new SerdeError(`${value} is not exact as a number: read it with int64Big`)
      return Number(value)
    },
  }),
  float32: floating('float32', 4),
  float64: floating('float64', 8),
}

const bigInt64 = serde<bigint>({
  write: (value) => {
    if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value)
      throw new SerdeError(`${String(value)} is no bigint from -2^63 to 2^63 - 1`)
    return fixed(8, (buffer) => buffer.writeBigInt64BE(value))
  },
  read: (bytes) => sized('int64', bytes, 8).readBigInt64BE(),
})

const truth = serde<boolean>({
  write: (value) => {
    if (typeof value !== 'boolean') throw new SerdeError(`${String(value)} is no boolean`)
    return Buffer.of(value ? 1 : 0)
  },
  read: (bytes) => {
    const value = sized('boolean', bytes, 1)[0]
    if (value !== 0 && value !== 1) throw new SerdeError(`byte ${value} is no boolean: 0 and 1 are`)
    return value === 1
  },
})

interface Range {
  readonly min: number
  readonly max: number
}

function whole(
  name: string,
  { size, min, max }: Range & { readonly size: 2 | 4 },
  write: (buffer: Buffer, value: number) => void,
): Serde<number> {
  return serde({
    write: (value) => {
      checkWhole(name, value, { min, max })
      return fixed(size, (buffer) => write(buffer, value))
    },
    read: (bytes) => sized(name, bytes, size).readIntBE(0, size),
  })
}

function floating(name: string, size: 4 | 8): Serde<number> {
  return serde({
    write: (value) => {
      if (typeof value !== 'number') throw new SerdeError(`${String(value)} is no number`)
      return fixed(size, (buffer) => (size === 4 ? buffer.writeFloatBE(value) : buffer.writeDoubleBE(value)))
    },
    read: (bytes) => (size === 4 ? sized(name, bytes, 4).readFloatBE() : sized(name, bytes, 8).readDoubleBE()),
  })
}

function checkWhole(name: string, value: number, { min, max }: Range): void {
  if (!Number.isInteger(value) || value < min || value > max)
    throw new SerdeError(`${String(value)} is no ${name}: a whole number from ${min} to ${max} is`)
}

function fixed(size: number, write: (buffer: Buffer) => void): Buffer {
  const buffer = Buffer.alloc(size)
  write(buffer)
  return buffer
}

function sized(name: string, bytes: Buffer, size: number): Buffer {
  if (bytes.length === size) return bytes
  throw new SerdeError(`${bytes.length} bytes are no ${name}, which has ${size}`)
}
