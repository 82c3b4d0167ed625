import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BatchBuilder } from '@gregor/protocol'
import { compareReplicas } from './compare-replicas.ts'

/** Batches of one record each, from offset 0 on. */
function records(...values: readonly string[]): Buffer {
  return Buffer.concat(
    values.map((value, index) => {
      const batch = new BatchBuilder({ baseOffset: index }).append(null, Buffer.from(value), [], 1).build()
      return batch
    }),
  )
}

const all = records('a', 'b', 'c')

describe('compareReplicas', () => {
  it('goes on behind what all replicas have below their high watermarks', () => {
    const replicas = [
      { replicaId: 1, highWatermark: 3, records: all },
      { replicaId: 2, highWatermark: 2, records: all },
    ]
    assert.deepEqual(compareReplicas('t-0', replicas, 0), { nextOffset: 2, problems: [], isHopeless: false })
  })

  it('stops at the end of what the shortest answer has whole', () => {
    const replicas = [
      { replicaId: 1, highWatermark: 3, records: all },
      { replicaId: 2, highWatermark: 3, records: all.subarray(0, all.length - 1) },
    ]
    assert.equal(compareReplicas('t-0', replicas, 0).nextOffset, 2)
    assert.equal(compareReplicas('t-0', [], 7).nextOffset, 7)
  })

  it('tells of checksums that differ, and goes on', () => {
    const replicas = [
      { replicaId: 1, highWatermark: 3, records: all },
      { replicaId: 2, highWatermark: 3, records: records('a', 'x', 'c') },
    ]
    const { nextOffset, problems, isHopeless } = compareReplicas('t-0', replicas, 0)
    assert.deepEqual([nextOffset, problems.length, isHopeless], [3, 1, false])
    assert.match(
      problems[0] ?? '',
      /^partition t-0 has unmatched checksum at offset 1; replica 1's checksum \d+; replica 2's/,
    )
  })

  it('gives up where offsets differ', () => {
    const replicas = [
      { replicaId: 1, highWatermark: 3, records: all },
      { replicaId: 2, highWatermark: 3, records: all.subarray(all.length / 3) },
    ]
    assert.deepEqual(compareReplicas('t-0', replicas, 0), {
      nextOffset: 0,
      problems: ["partition t-0: replica 1's offset 0 doesn't match replica 2's offset 1"],
      isHopeless: true,
    })
  })
})
