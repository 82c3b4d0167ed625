import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CreateAcls, FindCoordinator, WriteTxnMarkers, errorCode } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'
import { fetchFrom, type SentTo } from '../produce-fixture.ts'
import { mark, openTransactionStart, produceInTransaction, readCommitted, unverified } from './transaction-fixture.ts'

async function withOpenTransaction(
  properties: Readonly<Record<string, string>> = {},
): Promise<{ fixture: BrokerFixture; topic: SentTo }> {
  const fixture = await BrokerFixture.start({ properties: { ...unverified, ...properties } })
  const topic = { topic: 't', topicId: await fixture.createTopic('t') }
  const produced = await produceInTransaction(fixture, topic, ['a', 'b'], { producerId: 42, producerEpoch: 3 })
  assert.equal(produced.error, 'NONE')
  return { fixture, topic }
}

const ended = { topic: 't', producerId: 42, producerEpoch: 3, isCommitted: true }

describe('WriteTxnMarkers', () => {
  it('makes what was committed readable, and no sooner', async () => {
    const { fixture, topic } = await withOpenTransaction()
    await using _ = fixture
    assert.deepEqual(await readCommitted(fixture, topic), { lastStableOffset: 0, aborted: [] })
    assert.deepEqual((await fetchFrom(fixture, { ...topic, isolationLevel: 1 })).values, [])
    assert.equal(await openTransactionStart(fixture, 't', 42), 0)
    assert.equal(await mark(fixture, ended), 'NONE')
    assert.deepEqual(await readCommitted(fixture, topic), { lastStableOffset: 3, aborted: [] })
    assert.deepEqual((await fetchFrom(fixture, { ...topic, isolationLevel: 1 })).values.slice(0, 2), ['a', 'b'])
    assert.equal(await openTransactionStart(fixture, 't', 42), -1)
  })

  it('tells readers what was aborted', async () => {
    const { fixture, topic } = await withOpenTransaction()
    await using _ = fixture
    assert.equal(await mark(fixture, { ...ended, isCommitted: false }), 'NONE')
    assert.deepEqual(await readCommitted(fixture, topic), { lastStableOffset: 3, aborted: [[42, 0]] })
  })

  it('is answered once the marker is on the disk, where the topic is synced before it acknowledges', async () => {
    const { fixture, topic } = await withOpenTransaction({ 'log.flush.interval.messages': '1' })
    await using _ = fixture
    assert.equal(await mark(fixture, ended), 'NONE')
    assert.equal((await readCommitted(fixture, topic)).lastStableOffset, 3)
    const leader = fixture.broker.services.replicas.leader('t', 0)
    assert.ok(typeof leader !== 'string' && leader.log.syncedOffset === 3)
  })

  it('refuses a marker of a producer or of a coordinator that was replaced', async () => {
    const { fixture } = await withOpenTransaction()
    await using _ = fixture
    assert.equal(await mark(fixture, { ...ended, producerEpoch: 2 }), 'INVALID_PRODUCER_EPOCH')
    assert.equal(await mark(fixture, { ...ended, coordinatorEpoch: 7 }), 'NONE')
    assert.equal(await mark(fixture, { ...ended, coordinatorEpoch: 6 }), 'TRANSACTION_COORDINATOR_FENCED')
  })

  it('asks for a newer epoch where the transaction has version 2, and takes the same again', async () => {
    const { fixture, topic } = await withOpenTransaction()
    await using _ = fixture
    const marker = { ...ended, transactionVersion: 2 }
    assert.equal(await mark(fixture, marker), 'INVALID_PRODUCER_EPOCH')
    assert.equal((await readCommitted(fixture, topic)).lastStableOffset, 0)
    assert.equal(await mark(fixture, { ...marker, producerEpoch: 4 }), 'NONE')
    assert.equal(await mark(fixture, { ...marker, producerEpoch: 4 }), 'NONE')
  })

  it('answers for each partition and once for each producer', async () => {
    const { fixture } = await withOpenTransaction()
    await using _ = fixture
    const marker = { producerId: 42, producerEpoch: 3, transactionResult: false, coordinatorEpoch: 0 }
    const { markers } = await fixture.call(WriteTxnMarkers, {
      markers: [
        { ...marker, topics: [{ name: 't', partitionIndexes: [0, 9] }] },
        { ...marker, topics: [{ name: 'nobody', partitionIndexes: [0] }] },
        { ...marker, producerId: 43, topics: [] },
      ],
    })
    const unknown = errorCode('UNKNOWN_TOPIC_OR_PARTITION')
    assert.deepEqual(
      markers.map(({ producerId, topics }) => [
        producerId,
        topics.map(({ name, partitions }) => [name, partitions.map((one) => [one.partitionIndex, one.errorCode])]),
      ]),
      [
        [
          42,
          [
            [
              't',
              [
                [0, 0],
                [9, unknown],
              ],
            ],
            ['nobody', [[0, unknown]]],
          ],
        ],
        [43, []],
      ],
    )
    assert.deepEqual((await fixture.call(WriteTxnMarkers, { markers: [] }, { version: 1 })).markers, [])
  })

  it('is for brokers and for who may alter the cluster', async () => {
    const { fixture } = await withOpenTransaction({
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
    })
    await using _ = fixture
    const cluster = { resourceType: 4, resourceName: 'kafka-cluster', resourcePatternType: 3, host: '*' }
    await fixture.call(CreateAcls, {
      creations: [
        { ...cluster, permissionType: 3, principal: 'User:broker', operation: 9 },
        { ...cluster, permissionType: 3, principal: 'User:admin', operation: 7 },
        { ...cluster, permissionType: 3, principal: 'User:reader', operation: 8 },
      ],
    })
    const as = (name: string) => ({ principal: { type: 'User', name, tokenAuthenticated: false } })
    assert.equal(await mark(fixture, ended, as('reader')), 'CLUSTER_AUTHORIZATION_FAILED')
    assert.equal(await mark(fixture, ended, as('broker')), 'NONE')
    assert.equal(await mark(fixture, ended, as('admin')), 'NONE')
  })

  it('leaves a group coordinator in place that refuses a marker', async () => {
    const { fixture } = await withOpenTransaction({ 'offsets.topic.num.partitions': '1' })
    await using _ = fixture
    const offsets = { ...ended, topic: '__consumer_offsets' }
    assert.equal(await mark(fixture, offsets), 'UNKNOWN_TOPIC_OR_PARTITION')
    await fixture.call(FindCoordinator, { keyType: 0, coordinatorKeys: ['g'] })
    assert.equal(await mark(fixture, { ...offsets, coordinatorEpoch: 2 }), 'NONE')
    assert.equal(await mark(fixture, { ...offsets, coordinatorEpoch: 1 }), 'TRANSACTION_COORDINATOR_FENCED')
    assert.equal(await mark(fixture, { ...offsets, producerId: 2 ** 60 }), 'INVALID_RECORD')
    assert.equal(fixture.broker.services.groups.availability('g'), 'NONE')
  })
})
