import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DeleteRecords, ListOffsets } from '@gregor/protocol'
import { KafkaError } from '../errors.ts'
import { ScriptedCluster, adminOf } from './admin-fixture.ts'
import type { OffsetSpec } from './offsets.ts'

const notLeader = 6

describe('listOffsets', () => {
  it('asks each leader about its partitions, each at the place that is wanted', async () => {
    const cluster = new ScriptedCluster({ a: [1, 2], b: [2] }).on(ListOffsets, ({ topics }) => ({
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex, timestamp }) => ({
          partitionIndex,
          errorCode: 0,
          offset: 10 + partitionIndex,
          timestamp: timestamp > 0 ? timestamp : -1,
          leaderEpoch: partitionIndex === 0 ? -1 : 4,
        })),
      })),
    }))
    const { admin, run } = adminOf(cluster)
    const results = await run(
      admin.listOffsets(
        [
          { topic: 'a', partition: 0, spec: 'earliest' },
          { topic: 'a', partition: 1, spec: { timestampMs: 77 } },
          { topic: 'b', partition: 0, spec: 'latest' },
        ],
        { isolationLevel: 'read_committed' },
      ),
    )
    assert.deepEqual(results.value({ topic: 'a', partition: 1 }), { offset: 11, timestamp: 77, leaderEpoch: 4 })
    assert.deepEqual(results.value({ topic: 'b', partition: 0 }), { offset: 10, timestamp: -1, leaderEpoch: undefined })
    assert.deepEqual(
      cluster
        .asked(ListOffsets)
        .map(({ node, request }) => [
          node,
          request.isolationLevel,
          request.replicaId,
          request.topics.flatMap(({ name, partitions }) =>
            partitions.map((one) => `${name}-${one.partitionIndex} ${one.timestamp}`),
          ),
        ]),
      [
        [1, 1, -1, ['a-0 -2']],
        [2, 1, -1, ['a-1 77', 'b-0 -1']],
      ],
    )
    assert.deepEqual(cluster.metadata.refreshed, [])
  })

  it('finds the new leaders of those partitions that have moved, and asks these only', async () => {
    const cluster = new ScriptedCluster({ a: [1, 1] })
    cluster.metadata.next.push({ a: [1, 2] })
    cluster.on(ListOffsets, ({ topics }, { node }) => ({
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode: partitionIndex === 1 && node === 1 ? notLeader : 0,
          offset: 5,
        })),
      })),
    }))
    const { admin, run } = adminOf(cluster)
    const partitions = [0, 1].map((partition) => ({ topic: 'a', partition, spec: 'latest' as const }))
    const results = await run(admin.listOffsets(partitions))
    assert.deepEqual(
      results.all().map(({ offset }) => offset),
      [5, 5],
    )
    assert.deepEqual(
      cluster.asked(ListOffsets).map(({ node }) => node),
      [1, 2],
    )
    assert.deepEqual(cluster.metadata.refreshed, [['a']])
  })

  it('waits for a topic and for a leader, until the time is up', async () => {
    const cluster = new ScriptedCluster({ b: [-1] })
    const { admin, run } = adminOf(cluster)
    const partitions = [
      { topic: 'a', partition: 0, spec: 'latest' as const },
      { topic: 'b', partition: 0, spec: 'latest' as const },
    ]
    const results = await run(admin.listOffsets(partitions, { timeoutMs: 1000 }))
    const codes = results.failures.map(({ error }) => error.cause instanceof KafkaError && error.cause.code)
    assert.deepEqual(codes, ['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE'])
    assert.ok(cluster.metadata.refreshed.length > 2)
  })

  it('refuses a place that the leader does not know, and asks for the others', async () => {
    const cluster = new ScriptedCluster({ a: [1, 1] }).speaks(ListOffsets, 6).on(ListOffsets, () => ({
      topics: [{ name: 'a', partitions: [{ partitionIndex: 0, errorCode: 0, offset: 3 }] }],
    }))
    const { admin, run } = adminOf(cluster)
    const ask = (spec: OffsetSpec) =>
      run(
        admin.listOffsets([
          { topic: 'a', partition: 0, spec: 'earliest' },
          { topic: 'a', partition: 1, spec },
        ]),
      )
    const results = await ask('max-timestamp')
    assert.equal(results.value({ topic: 'a', partition: 0 }).offset, 3)
    assert.throws(() => results.value({ topic: 'a', partition: 1 }), { name: 'UnsupportedVersionError' })
  })

  const places: readonly (readonly [OffsetSpec, number, number])[] = [
    ['latest', -1, 1],
    ['earliest', -2, 1],
    ['max-timestamp', -3, 7],
    ['earliest-local', -4, 8],
    ['latest-tiered', -5, 9],
    ['earliest-pending-upload', -6, 11],
  ]
  for (const [spec, code, version] of places) {
    it(`says ${JSON.stringify(spec)} as ${code}, from version ${version} on`, async () => {
      const cluster = new ScriptedCluster({ a: [1] }).speaks(ListOffsets, version).on(ListOffsets, () => ({
        topics: [{ name: 'a', partitions: [{ partitionIndex: 0, errorCode: 0 }] }],
      }))
      const { admin, run } = adminOf(cluster)
      const results = await run(admin.listOffsets([{ topic: 'a', partition: 0, spec }]))
      assert.deepEqual(results.failures, [])
      assert.equal(cluster.asked(ListOffsets)[0]?.request.topics[0]?.partitions[0]?.timestamp, code)
    })
  }
})

describe('deleteRecords', () => {
  it('asks the leaders, and tells what is left', async () => {
    const cluster = new ScriptedCluster({ a: [1, 2] }).on(DeleteRecords, ({ topics }) => ({
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex, offset }) => ({
          partitionIndex,
          lowWatermark: offset,
          errorCode: partitionIndex === 1 ? 1 : 0,
        })),
      })),
    }))
    const { admin, run } = adminOf(cluster)
    const results = await run(
      admin.deleteRecords([
        { topic: 'a', partition: 0, beforeOffset: 7 },
        { topic: 'a', partition: 1, beforeOffset: 900 },
      ]),
    )
    assert.deepEqual(results.value({ topic: 'a', partition: 0 }), { lowWatermark: 7 })
    assert.throws(() => results.value({ topic: 'a', partition: 1 }), { code: 'OFFSET_OUT_OF_RANGE' })
  })
})
