/** Values of all types that both sides serialize, and bytes that look like text. */

import { boolean, float32, float64, int16, int32, int64Big, string, uuid, type SerdeContext } from '@gregor/serde'

import type { Seeded } from './seeded.ts'

export interface SerdeCase {
  readonly type: string
  /** As Java parses it. */
  readonly text: string
  readonly written: Uint8Array | null
}

export const serdeContext: SerdeContext = { topic: 't', part: 'value', headers: [] }

const letters = ['a', 'ß', '€', '\u{1F98B}', '\0', '\n', '"', '\ud83e', '\udd8b', '\uffff']
const truths = [true, false]

const kinds: Readonly<Record<string, (random: Seeded) => Omit<SerdeCase, 'type'>>> = {
  string(random) {
    const text = Array.from({ length: random.below(12) }, () => random.one(letters)).join('')
    return { text, written: string().serialize(text, serdeContext) }
  },
  int16: (random) => number(random.bytes(2).readInt16BE(), (value) => int16().serialize(value, serdeContext)),
  int32: (random) => number(random.bytes(4).readInt32BE(), (value) => int32().serialize(value, serdeContext)),
  int64(random) {
    const value = random.bytes(8).readBigInt64BE()
    return { text: String(value), written: int64Big().serialize(value, serdeContext) }
  },
  float32: (random) =>
    number(plain(random.bytes(4).readFloatBE()), (value) => float32().serialize(value, serdeContext)),
  float64: (random) =>
    number(plain(random.bytes(8).readDoubleBE()), (value) => float64().serialize(value, serdeContext)),
  boolean(random) {
    const value = random.one(truths)
    return { text: String(value), written: boolean().serialize(value, serdeContext) }
  },
  uuid(random) {
    const text = random
      .bytes(16)
      .toString('hex')
      .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
    return { text, written: uuid().serialize(text, serdeContext) }
  },
}

export function serdeCase(random: Seeded): SerdeCase {
  const [type, make] = random.one(Object.entries(kinds))
  return { type, ...make(random) }
}

/** Pieces of UTF-8, whole and broken ones. */
export function halfUtf8(random: Seeded): Buffer {
  const pieces = Array.from({ length: random.below(6) }, () => {
    const whole = Buffer.from(random.one(['a', 'ß', '€', '\u{1F98B}']))
    return random.chance(0.5) ? whole : random.chance(0.5) ? whole.subarray(0, random.below(4)) : random.bytes(1)
  })
  return Buffer.concat(pieces)
}

/** Java makes one NaN of the text; the bits of others are kept by both, but have no text. */
function plain(value: number): number {
  return Number.isNaN(value) ? Number.NaN : value
}

function number(value: number, write: (value: number) => Uint8Array | null): Omit<SerdeCase, 'type'> {
  return { text: String(value), written: write(value) }
}
