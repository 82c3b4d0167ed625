import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errorCode, ListOffsets, Produce } from '@gregor/protocol'
import { batchOf, BrokerFixture } from '../broker-fixture.ts'

const day = 86_400_000
const start = 1_767_225_600_000
const earliest = -2
const latest = -1
const maxTimestamp = -3

describe('ListOffsets', () => {
  it('finds the first record at or after a time, and none after the last', async () => {
    await using fixture = await BrokerFixture.start()
    const topicId = await fixture.createTopic('t')
    for (const at of [start, start + 10, start + 20]) await produceBatch(fixture, topicId, batchOf(['a'], at))
    assert.deepEqual(await offsetAt(fixture, start - day), [0, start, 0])
    assert.deepEqual(await offsetAt(fixture, start + 5), [0, start + 10, 1])
    assert.deepEqual(await offsetAt(fixture, start + 20), [0, start + 20, 2])
    assert.deepEqual(await offsetAt(fixture, start + 21), [0, -1, -1])
  })

  it('knows the times that mean a place', async () => {
    await using fixture = await BrokerFixture.start()
    const topicId = await fixture.createTopic('t')
    for (const at of [start, start + 20, start + 10]) await produceBatch(fixture, topicId, batchOf(['a'], at))
    assert.deepEqual(await offsetAt(fixture, earliest), [0, -1, 0])
    assert.deepEqual(await offsetAt(fixture, latest), [0, -1, 3])
    assert.deepEqual(await offsetAt(fixture, maxTimestamp), [0, start + 20, 1])
  })

  it('answers the oldest clients', async () => {
    await using fixture = await BrokerFixture.start()
    const topicId = await fixture.createTopic('t')
    await fixture.produce(topicId, 0, ['a', 'b'])
    const partitions = [{ partitionIndex: 0, timestamp: latest }]
    const request = { replicaId: -1, topics: [{ name: 't', partitions }] }
    const { topics } = await fixture.call(ListOffsets, request, { version: 1 })
    assert.equal(topics[0]?.partitions[0]?.offset, 2)
  })

  it('refuses partitions that are not there, and leaders from before', async () => {
    await using fixture = await BrokerFixture.start()
    await fixture.createTopic('t')
    const unknown = await offsetAt(fixture, latest, { name: 'nobody' })
    assert.equal(unknown[0], errorCode('UNKNOWN_TOPIC_OR_PARTITION'))
    const future = await offsetAt(fixture, latest, { currentLeaderEpoch: 9 })
    assert.equal(future[0], errorCode('UNKNOWN_LEADER_EPOCH'))
  })
})

async function produceBatch(fixture: BrokerFixture, topicId: string, records: Buffer): Promise<void> {
  const topicData = [{ topicId, partitionData: [{ index: 0, records }] }]
  const { responses } = await fixture.call(Produce, { transactionalId: null, acks: -1, timeoutMs: 1000, topicData })
  assert.equal(responses[0]?.partitionResponses[0]?.errorCode, 0)
}

/** Error, timestamp and offset. */
async function offsetAt(
  fixture: BrokerFixture,
  timestamp: number,
  { name = 't', currentLeaderEpoch = -1 }: { name?: string; currentLeaderEpoch?: number } = {},
): Promise<readonly unknown[]> {
  const { topics } = await fixture.call(ListOffsets, {
    replicaId: -1,
    isolationLevel: 0,
    topics: [{ name, partitions: [{ partitionIndex: 0, timestamp, currentLeaderEpoch }] }],
  })
  const [partition] = topics[0]?.partitions ?? []
  return [partition?.errorCode, partition?.timestamp, partition?.offset]
}
