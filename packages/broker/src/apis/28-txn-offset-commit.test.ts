import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errorName, FindCoordinator, TxnOffsetCommit } from '@gregor/protocol'
import { BrokerFixture, type Caller } from '../broker-fixture.ts'
import { allow, as, withAcls } from './acl-fixture.ts'
import { joinAlone } from './group-member-fixture.ts'
import { committedOffset, FixtureProducer, fewPartitions, mark } from './transaction-fixture.ts'

async function withGroup(
  properties: Readonly<Record<string, string>> = {},
): Promise<{ fixture: BrokerFixture; topicId: string; producer: FixtureProducer }> {
  const all = { ...fewPartitions, 'group.initial.rebalance.delay.ms': '0', ...properties }
  const fixture = await BrokerFixture.start({ properties: all })
  const topicId = await fixture.createTopic('t')
  await fixture.call(FindCoordinator, { keyType: 0, coordinatorKeys: ['g'] })
  const producer = new FixtureProducer(fixture, 'x')
  assert.equal(await producer.init(), 'NONE')
  return { fixture, topicId, producer }
}

function requestOf({ transactionalId, producerId, producerEpoch }: FixtureProducer, committedOffset: number) {
  const partitions = [{ partitionIndex: 0, committedOffset, committedMetadata: 'm' }]
  return { transactionalId, producerId, producerEpoch, groupId: 'g', topics: [{ name: 't', partitions }] }
}

async function commit(
  fixture: BrokerFixture,
  request: Parameters<BrokerFixture['call']>[1],
  caller: Caller = {},
): Promise<readonly string[]> {
  const { topics } = await fixture.call(TxnOffsetCommit, request as ReturnType<typeof requestOf>, caller)
  return topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorName(errorCode)))
}

describe('TxnOffsetCommit', () => {
  it('commits with the transaction, in every version', async () => {
    const { fixture, topicId } = await withGroup()
    await using _ = fixture
    for (const version of [0, 1, 2, 3, 4, 5]) {
      const producer = new FixtureProducer(fixture, 'x', { bumpsEpoch: version === 5 })
      await producer.init()
      if (version < 5) await producer.sendOffset('g', 't', 99)
      assert.deepEqual(await commit(fixture, requestOf(producer, version), { version }), ['NONE'], `version ${version}`)
      assert.equal(await producer.end('commit'), 'NONE')
      assert.equal(await committedOffset(fixture, { groupId: 'g', topicId, requireStable: true }), version)
    }
  })

  it('is refused where the group is not in the transaction, until the broker adds it', async () => {
    const { fixture, producer } = await withGroup()
    await using _ = fixture
    const answers = []
    for (const version of [0, 3, 4, 5]) answers.push(...(await commit(fixture, requestOf(producer, 1), { version })))
    assert.deepEqual(answers, ['INVALID_TXN_STATE', 'INVALID_TXN_STATE', 'TRANSACTION_ABORTABLE', 'NONE'])
  })

  it('of a fenced producer is refused, and the group lives on', async () => {
    const { fixture, topicId, producer } = await withGroup()
    await using _ = fixture
    const zombie = requestOf(producer, 1)
    const heir = new FixtureProducer(fixture, 'x')
    await heir.init()
    assert.deepEqual(await commit(fixture, zombie), ['INVALID_PRODUCER_EPOCH'])
    assert.equal(await heir.sendOffset('g', 't', 2), 'NONE')
    assert.deepEqual(await commit(fixture, zombie), ['INVALID_PRODUCER_EPOCH'])
    assert.equal(await heir.end('commit'), 'NONE')
    assert.equal(await committedOffset(fixture, { groupId: 'g', topicId }), 2)
  })

  it('of a producer that the log has fenced is refused, where transactions are not verified', async () => {
    const { fixture, producer } = await withGroup({ 'transaction.partition.verification.enable': 'false' })
    await using _ = fixture
    const { producerId, producerEpoch } = producer
    const marker = { topic: '__consumer_offsets', partition: 1, producerId, isCommitted: false }
    assert.equal(await mark(fixture, { ...marker, producerEpoch: producerEpoch + 1 }), 'NONE')
    assert.deepEqual(await commit(fixture, requestOf(producer, 1), { version: 4 }), ['INVALID_PRODUCER_EPOCH'])
    assert.equal(fixture.broker.services.groups.availability('g'), 'NONE')
  })

  it('is refused where it is more than the log takes at once, and the group lives on', async () => {
    const { fixture, topicId, producer } = await withGroup({ 'offsets.topic.segment.bytes': '1048576' })
    await using _ = fixture
    await fixture.createTopic('wide', { partitions: 300 })
    const committedMetadata = 'm'.repeat(4_000)
    const partitions = Array.from({ length: 300 }, (_one, partitionIndex) => {
      return { partitionIndex, committedOffset: 1, committedMetadata }
    })
    const answers = await commit(fixture, { ...requestOf(producer, 1), topics: [{ name: 'wide', partitions }] })
    assert.deepEqual(new Set(answers), new Set(['UNKNOWN_SERVER_ERROR']))
    assert.equal(fixture.broker.services.groups.availability('g'), 'NONE')
    assert.equal(await producer.sendOffset('g', 't', 3), 'NONE')
    assert.equal(await producer.end('commit'), 'NONE')
    assert.equal(await committedOffset(fixture, { groupId: 'g', topicId }), 3)
  })

  it('holds members to their generation', async () => {
    const { fixture, producer } = await withGroup()
    await using _ = fixture
    const { memberId, generationId } = await joinAlone(fixture, 'g')
    const request = { ...requestOf(producer, 1), memberId, generationId }
    assert.deepEqual(await commit(fixture, { ...request, generationId: generationId + 1 }), ['ILLEGAL_GENERATION'])
    assert.deepEqual(await commit(fixture, { ...request, memberId: 'nobody' }), ['UNKNOWN_MEMBER_ID'])
    assert.deepEqual(await commit(fixture, request), ['NONE'])
  })

  it('says which partitions are not there, and what is no group', async () => {
    const { fixture, producer } = await withGroup()
    await using _ = fixture
    const partition = { partitionIndex: 0, committedOffset: 1, committedMetadata: null }
    const topics = [
      { name: 't', partitions: [{ ...partition, partitionIndex: 9 }, partition] },
      { name: 'nobody', partitions: [partition] },
    ]
    assert.deepEqual(await commit(fixture, { ...requestOf(producer, 1), topics }), [
      'UNKNOWN_TOPIC_OR_PARTITION',
      'NONE',
      'UNKNOWN_TOPIC_OR_PARTITION',
    ])
    assert.deepEqual(await commit(fixture, { ...requestOf(producer, 1), groupId: '' }), ['INVALID_GROUP_ID'])
  })

  it('needs the transactional id, the group and the topics', async () => {
    const { fixture, producer } = await withGroup(withAcls)
    await using _ = fixture
    const answer = () => commit(fixture, requestOf(producer, 1), as('alice'))
    assert.deepEqual(await answer(), ['TRANSACTIONAL_ID_AUTHORIZATION_FAILED'])
    await allow(fixture, { user: 'alice', type: 'TRANSACTIONAL_ID', name: 'x', operation: 'WRITE' })
    assert.deepEqual(await answer(), ['GROUP_AUTHORIZATION_FAILED'])
    await allow(fixture, { user: 'alice', type: 'GROUP', name: 'g', operation: 'READ' })
    assert.deepEqual(await answer(), ['TOPIC_AUTHORIZATION_FAILED'])
    await allow(fixture, { user: 'alice', type: 'TOPIC', name: 't', operation: 'READ' })
    assert.deepEqual(await answer(), ['NONE'])
  })
})
