/** What the records of kafka-producer-perf-test hold. */
import type { Random } from '@gregor/platform'
import { ToolExit } from '../tool-exit.ts'

/** @param index - of the record. The buffer may be the same each time. */
export type Payloads = (index: number) => Uint8Array

/** Capital letters at random: of records that wait for metadata all become the same, which nobody minds. */
export function randomPayloads(size: number, random: Random): Payloads {
  const payload = Buffer.alloc(size)
  let state = random.uint32()
  return () => {
    for (let at = 0; at < size; at++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
      payload[at] = 65 + (((state >>> 16) * 26) >>> 16)
    }
    return payload
  }
}

/** The record’s number. */
export const countingPayloads: Payloads = (index) => Buffer.from(String(index))

/** Of a file, one at random each time. @param delimiter - a regular expression. */
export function payloadsOfFile(payloads: readonly Buffer[], random: Random): Payloads {
  return () => payloads[random.below(payloads.length)] ?? Buffer.alloc(0)
}

/** As Java’s Scanner takes a text apart: a delimiter at the beginning or the end stands for nothing. @throws ToolExit */
export function splitPayloads(text: string, delimiter: string): readonly Buffer[] {
  const parts = text.split(delimiterPattern(delimiter))
  if (parts[0] === '') parts.shift()
  if (parts.at(-1) === '') parts.pop()
  return parts.map((part) => Buffer.from(part))
}

function delimiterPattern(delimiter: string): RegExp {
  try {
    return new RegExp(delimiter, 'u')
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new ToolExit(`--payload-delimiter ${delimiter}: ${error.message}`)
  }
}
