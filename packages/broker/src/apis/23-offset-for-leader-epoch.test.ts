import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { OffsetForLeaderEpoch, errorCode } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

/** The error, the epoch that was found, and where it ended. */
async function endOf(
  fixture: BrokerFixture,
  given: { leaderEpoch: number; currentLeaderEpoch?: number },
): Promise<readonly unknown[]> {
  const { topics } = await fixture.call(OffsetForLeaderEpoch, {
    replicaId: -2,
    topics: [{ topic: 't', partitions: [{ partition: 0, currentLeaderEpoch: -1, ...given }] }],
  })
  const [partition] = topics[0]?.partitions ?? []
  return [partition?.errorCode, partition?.leaderEpoch, partition?.endOffset]
}

describe('OffsetForLeaderEpoch', () => {
  it('tells where an epoch ended, and that an epoch is not known', async () => {
    await using fixture = await BrokerFixture.start()
    const topicId = await fixture.createTopic('t')
    await fixture.produce(topicId, 0, ['a', 'b'])
    assert.deepEqual(await endOf(fixture, { leaderEpoch: 0 }), [0, 0, 2])
    assert.deepEqual(await endOf(fixture, { leaderEpoch: 9 }), [0, -1, -1])
  })

  it('fences clients that know an older leader, and waits for the one that a client knows already', async () => {
    const first = await BrokerFixture.start()
    await first.createTopic('t')
    await first[Symbol.asyncDispose]()
    await using fixture = await BrokerFixture.start({ environment: first.environment })
    const [partition] = fixture.broker.services.metadata.image.topics.byName.get('t')?.partitions ?? []
    const current = partition?.leaderEpoch ?? 0
    assert.ok(current > 0)
    const fenced = errorCode('FENCED_LEADER_EPOCH')
    const unknown = errorCode('UNKNOWN_LEADER_EPOCH')
    assert.deepEqual(await endOf(fixture, { leaderEpoch: 0, currentLeaderEpoch: current - 1 }), [fenced, -1, -1])
    assert.deepEqual(await endOf(fixture, { leaderEpoch: 0, currentLeaderEpoch: current + 1 }), [unknown, -1, -1])
  })
})
