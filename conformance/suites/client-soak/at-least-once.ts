/**
 * What at-least-once promises of a group: each offset is given to some member, and none is given again once its commit was
 * acknowledged. Doubles are what a member was given and had not committed when it was killed, or lost its partitions.
 */

import assert from 'node:assert/strict'

import type { MemberLine } from './soak-lines.ts'

/** @param ends - of the partitions. Returns what there was, in a few words. */
export function requireAtLeastOnce(lines: readonly MemberLine[], ends: readonly number[]): string {
  const inOrder = lines.toSorted((a, b) => a.atMs - b.atMs)
  /** By partition: up to where everything was given, and what its latest acknowledged commit is, since when. */
  const given = ends.map(() => 0)
  const committed = ends.map(() => ({ offset: 0, atMs: 0 }))
  let doubles = 0
  let failures = 0
  for (const { atMs, what } of inOrder) {
    if (what.kind === 'failed') failures++
    if (what.kind === 'committed') {
      const before = committed[what.partition]
      if (before !== undefined && what.offset > before.offset) committed[what.partition] = { offset: what.offset, atMs }
    }
    if (what.kind !== 'given') continue
    const { partition, from, to } = what
    const done = committed[partition] ?? { offset: 0, atMs: 0 }
    const isOld = from < done.offset && atMs > done.atMs
    assert.ok(!isOld, `${partition}@${from} was given again ${atMs - done.atMs} ms after ${done.offset} was committed`)
    const reached = given[partition] ?? 0
    assert.ok(from <= reached, `${partition}@${reached} to ${from - 1} were given to nobody`)
    doubles += Math.max(0, Math.min(reached, to + 1) - from)
    given[partition] = Math.max(reached, to + 1)
  }
  assert.deepEqual(given, ends, 'not everything was given')
  return `${doubles} doubles, ${failures} failures told`
}
