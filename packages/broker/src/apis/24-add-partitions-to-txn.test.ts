import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AddPartitionsToTxn, errorName, type ResponseOf } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'
import { allow, as, withAcls } from './acl-fixture.ts'
import { FixtureProducer, fewPartitions, transactionState } from './transaction-fixture.ts'

type TopicResults = ResponseOf<typeof AddPartitionsToTxn>['resultsByTopicV3AndBelow']

async function withProducer(
  properties: Readonly<Record<string, string>> = {},
): Promise<{ fixture: BrokerFixture; producer: FixtureProducer }> {
  const fixture = await BrokerFixture.start({ properties: { ...fewPartitions, ...properties } })
  await fixture.createTopic('t', { partitions: 2 })
  await fixture.createTopic('u')
  const producer = new FixtureProducer(fixture, 'x', { bumpsEpoch: false })
  assert.equal(await producer.init(), 'NONE')
  return { fixture, producer }
}

function ofClient(
  { transactionalId, producerId, producerEpoch }: FixtureProducer,
  topics: Readonly<Record<string, number[]>>,
) {
  return {
    v3AndBelowTransactionalId: transactionalId,
    v3AndBelowProducerId: producerId,
    v3AndBelowProducerEpoch: producerEpoch,
    v3AndBelowTopics: Object.entries(topics).map(([name, partitions]) => ({ name, partitions })),
  }
}

function ofBroker(
  { transactionalId, producerId, producerEpoch }: FixtureProducer,
  topics: Readonly<Record<string, number[]>>,
  verifyOnly = false,
) {
  const asked = Object.entries(topics).map(([name, partitions]) => ({ name, partitions }))
  return { transactions: [{ transactionalId, producerId, producerEpoch, verifyOnly, topics: asked }] }
}

function errorsOf(results: TopicResults | undefined): readonly string[] {
  return (results ?? []).flatMap(({ name, resultsByPartition }) =>
    resultsByPartition.map((one) => `${name}-${one.partitionIndex} ${errorName(one.partitionErrorCode)}`),
  )
}

describe('AddPartitionsToTxn', () => {
  it('begins a transaction, in every version of clients', async () => {
    const { fixture, producer } = await withProducer()
    await using _ = fixture
    for (const version of [0, 1, 2, 3]) {
      const answer = await fixture.call(AddPartitionsToTxn, ofClient(producer, { t: [version % 2], u: [0] }), {
        version,
      })
      assert.deepEqual(errorsOf(answer.resultsByTopicV3AndBelow), [`t-${version % 2} NONE`, 'u-0 NONE'])
    }
    assert.equal(await transactionState(fixture, 'x'), 'Ongoing')
  })

  it('adds all of the partitions or none', async () => {
    const { fixture, producer } = await withProducer()
    await using _ = fixture
    const request = ofClient(producer, { t: [0, 7], nobody: [0] })
    const answer = await fixture.call(AddPartitionsToTxn, request, { version: 3 })
    assert.deepEqual(errorsOf(answer.resultsByTopicV3AndBelow), [
      't-0 OPERATION_NOT_ATTEMPTED',
      't-7 UNKNOWN_TOPIC_OR_PARTITION',
      'nobody-0 UNKNOWN_TOPIC_OR_PARTITION',
    ])
    assert.equal(await transactionState(fixture, 'x'), 'Empty')
  })

  it('tells old clients of a fenced producer in the words that they know', async () => {
    const { fixture, producer } = await withProducer()
    await using _ = fixture
    const before = ofClient(producer, { u: [0] })
    await new FixtureProducer(fixture, 'x').init()
    const answers = []
    for (const version of [1, 2]) {
      const answer = await fixture.call(AddPartitionsToTxn, before, { version })
      answers.push(...errorsOf(answer.resultsByTopicV3AndBelow))
    }
    assert.deepEqual(answers, ['u-0 INVALID_PRODUCER_EPOCH', 'u-0 PRODUCER_FENCED'])
  })

  it('does for brokers what they ask for each transaction, or only says what is in it', async () => {
    const { fixture, producer } = await withProducer()
    await using _ = fixture
    for (const version of [4, 5]) {
      const verified = await fixture.call(AddPartitionsToTxn, ofBroker(producer, { t: [1] }, true), { version })
      assert.deepEqual(errorsOf(verified.resultsByTransaction[0]?.topicResults), ['t-1 TRANSACTION_ABORTABLE'])
    }
    assert.equal(await transactionState(fixture, 'x'), 'Empty')
    const [asked] = ofBroker(producer, { t: [1], u: [0] }).transactions
    assert.ok(asked !== undefined)
    const transactions = [asked, { ...asked, transactionalId: 'nobody' }]
    const added = await fixture.call(AddPartitionsToTxn, { transactions })
    assert.deepEqual(
      added.resultsByTransaction.map(({ transactionalId, topicResults }) => [transactionalId, errorsOf(topicResults)]),
      [
        ['x', ['t-1 NONE', 'u-0 NONE']],
        ['nobody', ['t-1 INVALID_PRODUCER_ID_MAPPING', 'u-0 INVALID_PRODUCER_ID_MAPPING']],
      ],
    )
    const verified = await fixture.call(AddPartitionsToTxn, ofBroker(producer, { t: [0, 1] }, true))
    assert.deepEqual(errorsOf(verified.resultsByTransaction[0]?.topicResults), [
      't-0 TRANSACTION_ABORTABLE',
      't-1 NONE',
    ])
  })

  it('needs the transactional id and every topic, of a broker only that it is one', async () => {
    const { fixture, producer } = await withProducer(withAcls)
    await using _ = fixture
    const request = ofClient(producer, { t: [0], u: [0] })
    const answers = async (user: string) => {
      const answer = await fixture.call(AddPartitionsToTxn, request, { ...as(user), version: 3 })
      return errorsOf(answer.resultsByTopicV3AndBelow)
    }
    const failed = 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED'
    assert.deepEqual(await answers('alice'), [`t-0 ${failed}`, `u-0 ${failed}`])
    await allow(
      fixture,
      { user: 'alice', type: 'TRANSACTIONAL_ID', name: 'x', operation: 'WRITE' },
      { user: 'alice', type: 'TOPIC', name: 't', operation: 'WRITE' },
      { user: 'broker', type: 'CLUSTER', name: 'kafka-cluster', operation: 'CLUSTER_ACTION' },
    )
    assert.deepEqual(await answers('alice'), ['t-0 OPERATION_NOT_ATTEMPTED', 'u-0 TOPIC_AUTHORIZATION_FAILED'])
    const byClient = await fixture.call(AddPartitionsToTxn, ofBroker(producer, { t: [0] }), as('alice'))
    assert.equal(errorName(byClient.errorCode), 'CLUSTER_AUTHORIZATION_FAILED')
    const byBroker = await fixture.call(AddPartitionsToTxn, ofBroker(producer, { t: [0] }), as('broker'))
    assert.deepEqual(errorsOf(byBroker.resultsByTransaction[0]?.topicResults), ['t-0 NONE'])
  })

  it('answers in time in proportion to what is asked, however often a topic is named', async () => {
    const { fixture, producer } = await withProducer()
    await using _ = fixture
    const topics = Array.from({ length: 100_000 }, (_, partition) => ({ name: 't', partitions: [partition] }))
    const request = { ...ofClient(producer, {}), v3AndBelowTopics: topics }
    const answer = await fixture.call(AddPartitionsToTxn, request, { version: 3 })
    const errors = errorsOf(answer.resultsByTopicV3AndBelow)
    assert.equal(errors.length, 100_000)
    assert.deepEqual(errors.slice(1, 3), ['t-1 OPERATION_NOT_ATTEMPTED', 't-2 UNKNOWN_TOPIC_OR_PARTITION'])
  })

  it('keeps clients out of internal topics', async () => {
    const { fixture, producer } = await withProducer()
    await using _ = fixture
    assert.equal(await producer.add('__transaction_state', [0]), 'TOPIC_AUTHORIZATION_FAILED')
  })
})
