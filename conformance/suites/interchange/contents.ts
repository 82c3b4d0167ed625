/** All that a server shows of its directory: topics with ids and configs, every record, committed offsets. */

import assert from 'node:assert/strict'

import type { ConsumedRecord, DescribedTopic, Driver } from '../../clients/driver.ts'
import { compactedTopic, groupName, groupTopic } from './workload.ts'

export interface Contents {
  readonly topics: Readonly<Record<string, DescribedTopic>>
  /** By `topic-partition`: with and without what was aborted or is still open. */
  readonly records: Readonly<Record<string, readonly ConsumedRecord[]>>
  readonly committedRecords: Readonly<Record<string, readonly ConsumedRecord[]>>
  /** What the group has committed, where groups are served. */
  readonly groupOffset: number | undefined
}

export async function readContents(
  driver: Driver,
  { servesGroups }: { readonly servesGroups: boolean },
): Promise<Contents> {
  const topics = await driver.call('describeAll', {})
  const wanted = Object.entries(topics).map(([name, { partitions }]) => ({ name, partitions }))
  const records = await driver.call('readAll', { topics: wanted, isolation: 'read_uncommitted' })
  const committedRecords = await driver.call('readAll', { topics: wanted, isolation: 'read_committed' })
  const group = { group: groupName, topic: groupTopic, partition: 0 }
  return {
    topics,
    records,
    committedRecords,
    groupOffset: servesGroups ? await driver.call('committed', group) : undefined,
  }
}

/** Byte for byte the same; of the compacted topic, what its keys mean. Returns how much that was. */
export function requireSame(found: Contents, written: Contents): string {
  assert.deepEqual(found.topics, written.topics)
  for (const kind of ['records', 'committedRecords'] as const) {
    assert.deepEqual(Object.keys(found[kind]).toSorted(), Object.keys(written[kind]).toSorted())
    for (const [place, expected] of Object.entries(written[kind])) {
      const seen = found[kind][place] ?? []
      if (place === `${compactedTopic}-0`) requireSameMeaning(seen, expected)
      else requireSameRecords(place, seen, expected)
    }
  }
  if (found.groupOffset !== undefined && written.groupOffset !== undefined)
    assert.equal(found.groupOffset, written.groupOffset, 'the committed offset of the group')
  return `${recordCount(found)} records of ${Object.keys(found.topics).length} topics`
}

export function recordCount({ records }: Contents): number {
  return Object.values(records).reduce((sum, each) => sum + each.length, 0)
}

function requireSameRecords(place: string, seen: readonly ConsumedRecord[], expected: readonly ConsumedRecord[]): void {
  const at = expected.findIndex((record, index) => JSON.stringify(record) !== JSON.stringify(seen[index]))
  assert.equal(at, -1, `${place}: ${JSON.stringify(seen[at])} instead of ${JSON.stringify(expected[at])}`)
  assert.equal(seen.length, expected.length, `${place} has ${seen.length} records instead of ${expected.length}`)
}

/** Either server may have compacted further: the last record of each key stays as it is, nothing new appears. */
function requireSameMeaning(seen: readonly ConsumedRecord[], expected: readonly ConsumedRecord[]): void {
  const known = new Set(expected.map((record) => JSON.stringify(record)))
  for (const record of seen) assert.ok(known.has(JSON.stringify(record)), `made up: ${JSON.stringify(record)}`)
  assert.deepEqual(lastOfEachKey(seen), lastOfEachKey(expected))
  const offsets = seen.map(({ offset }) => offset)
  assert.deepEqual(
    offsets,
    offsets.toSorted((a, b) => a - b),
  )
}

export function lastOfEachKey(records: readonly ConsumedRecord[]): Readonly<Record<string, string>> {
  return Object.fromEntries(records.map((record) => [record.key ?? '', JSON.stringify(record)]))
}
