/** Whether a program's memory has stopped growing. */

import assert from 'node:assert/strict'

import type { Memory } from './soak-lines.ts'

/** What is held right after collections may be so much more at the end than in the middle. */
const growthMax = 1.2
const slackBytes = 4 * 1024 * 1024
/** V8 gives a busy program up to some hundred MiB for what is young, and takes it back late. */
const rssBytesMax = 400 * 1024 * 1024
/** The first fifth is the start: code is compiled, buffers find their sizes. */
const startPart = 5

/**
 * Compares what is held at its lowest in the first and in the last third. Returns both, and the most that the process took,
 * in MiB.
 */
export function requireFlat(who: string, memory: readonly Memory[]): string {
  const settled = memory.slice(Math.floor(memory.length / startPart))
  const third = Math.floor(settled.length / 3)
  assert.ok(third > 0, `${who} said nothing of its memory`)
  const [before, after] = [lowest(settled.slice(0, third)), lowest(settled.slice(-third))]
  const rssBytes = Math.max(...settled.map((one) => one.rssBytes))
  const said = `${mebibytes(before)} to ${mebibytes(after)}, at most ${mebibytes(rssBytes)} in all`
  assert.ok(after <= before * growthMax + slackBytes, `what ${who} holds grows: ${said} MiB`)
  assert.ok(rssBytes <= rssBytesMax, `${who} takes too much: ${said} MiB`)
  return said
}

function lowest(memory: readonly Memory[]): number {
  return Math.min(...memory.map((one) => one.heldBytes))
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(0)
}
