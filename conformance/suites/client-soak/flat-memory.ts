/** Whether a program's memory has stopped growing. */

import assert from 'node:assert/strict'

const growthMax = 1.25
const slackBytes = 16 * 1024 * 1024
/** The first fifth is the start: code is compiled, buffers find their sizes. */
const startPart = 5

/** Compares the middle of its life with the end. Returns both medians, in MiB. */
export function requireFlat(who: string, rssBytes: readonly number[]): string {
  const settled = rssBytes.slice(Math.floor(rssBytes.length / startPart))
  const third = Math.floor(settled.length / 3)
  assert.ok(third > 0, `${who} said nothing of its memory`)
  const [before, after] = [median(settled.slice(0, third)), median(settled.slice(-third))]
  const isFlat = after <= before * growthMax + slackBytes
  const said = `${mebibytes(before)} to ${mebibytes(after)}`
  assert.ok(isFlat, `the memory of ${who} grows: ${said} MiB`)
  return said
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(0)
}
