import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DescribeTransactions, errorName } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'
import { allow, as, withAcls } from './acl-fixture.ts'
import { FixtureProducer, fewPartitions } from './transaction-fixture.ts'

describe('DescribeTransactions', () => {
  it('tells state, producer and partitions', async () => {
    await using fixture = await BrokerFixture.start({ properties: fewPartitions })
    const topicId = await fixture.createTopic('t', { partitions: 2 })
    const producer = new FixtureProducer(fixture, 'x')
    await producer.init(30_000)
    const transactionalIds = ['x', 'nobody', '']
    const before = await fixture.call(DescribeTransactions, { transactionalIds })
    assert.deepEqual(
      before.transactionStates.map(({ errorCode, transactionState }) => [errorName(errorCode), transactionState]),
      [
        ['NONE', 'Empty'],
        ['TRANSACTIONAL_ID_NOT_FOUND', ''],
        ['INVALID_REQUEST', ''],
      ],
    )
    await producer.send({ topic: 't', topicId, partition: 1 }, ['a'])
    const { transactionStates } = await fixture.call(DescribeTransactions, { transactionalIds: ['x'] })
    const { transactionStartTimeMs, ...described } = transactionStates[0] ?? { transactionStartTimeMs: -1 }
    assert.deepEqual(described, {
      errorCode: 0,
      transactionalId: 'x',
      transactionState: 'Ongoing',
      transactionTimeoutMs: 30_000,
      producerId: producer.producerId,
      producerEpoch: producer.producerEpoch,
      topics: [{ topic: 't', partitions: [1] }],
    })
    assert.ok(Math.abs(transactionStartTimeMs - fixture.environment.clock.wallMs()) < 1_000)
  })

  it('shows what the client may see', async () => {
    await using fixture = await BrokerFixture.start({ properties: { ...fewPartitions, ...withAcls } })
    const topicId = await fixture.createTopic('t')
    const otherId = await fixture.createTopic('u')
    const producer = new FixtureProducer(fixture, 'x')
    await producer.init()
    await producer.send({ topic: 't', topicId }, ['a'])
    await producer.send({ topic: 'u', topicId: otherId }, ['a'])
    const asAlice = async () => {
      const { transactionStates } = await fixture.call(DescribeTransactions, { transactionalIds: ['x'] }, as('alice'))
      return transactionStates.map(({ errorCode, topics }) => [errorName(errorCode), topics.map(({ topic }) => topic)])
    }
    assert.deepEqual(await asAlice(), [['TRANSACTIONAL_ID_AUTHORIZATION_FAILED', []]])
    await allow(fixture, { user: 'alice', type: 'TRANSACTIONAL_ID', name: 'x', operation: 'DESCRIBE' })
    await allow(fixture, { user: 'alice', type: 'TOPIC', name: 'u', operation: 'DESCRIBE' })
    assert.deepEqual(await asAlice(), [['NONE', ['u']]])
  })
})
