import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EndTxn, errorName } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'
import { allow, as, withAcls } from './acl-fixture.ts'
import { FixtureProducer, fewPartitions, transactionState } from './transaction-fixture.ts'

describe('EndTxn', () => {
  it('ends a transaction in every version; from version 5 on the epoch is another one', async () => {
    await using fixture = await BrokerFixture.start({ properties: fewPartitions })
    await fixture.createTopic('t')
    for (const version of [0, 1, 2, 3, 4]) {
      const producer = new FixtureProducer(fixture, 'x', { bumpsEpoch: false })
      await producer.init()
      assert.equal(await producer.add('t', [0]), 'NONE')
      const { transactionalId, producerId, producerEpoch } = producer
      const request = { transactionalId, producerId, producerEpoch, committed: version % 2 === 0 }
      assert.equal((await fixture.call(EndTxn, request, { version })).errorCode, 0, `version ${version}`)
      await fixture.advance(20)
      assert.equal(await transactionState(fixture, 'x'), version % 2 === 0 ? 'CompleteCommit' : 'CompleteAbort')
    }
    const producer = new FixtureProducer(fixture, 'x')
    await producer.init()
    const { transactionalId, producerId, producerEpoch } = producer
    const ended = await fixture.call(EndTxn, { transactionalId, producerId, producerEpoch, committed: false })
    assert.deepEqual([ended.errorCode, ended.producerId, ended.producerEpoch], [0, producerId, producerEpoch + 1])
  })

  it('refuses who is not the producer, old clients in the words that they know', async () => {
    await using fixture = await BrokerFixture.start({ properties: fewPartitions })
    const producer = new FixtureProducer(fixture, 'x')
    await producer.init()
    const { transactionalId, producerId, producerEpoch } = producer
    const request = { transactionalId, producerId, producerEpoch: producerEpoch - 1, committed: true }
    const answers = [1, 2].map((version) => fixture.call(EndTxn, request, { version }))
    const stranger = fixture.call(EndTxn, { ...request, producerId: producerId + 1 })
    assert.deepEqual(
      (await Promise.all([...answers, stranger])).map((answer) => errorName(answer.errorCode)),
      ['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED', 'INVALID_PRODUCER_ID_MAPPING'],
    )
  })

  it('needs the transactional id, and its coordinator', async () => {
    await using fixture = await BrokerFixture.start({ properties: { ...fewPartitions, ...withAcls } })
    const request = { transactionalId: 'x', producerId: 1, producerEpoch: 0, committed: true }
    const answer = async () => errorName((await fixture.call(EndTxn, request, as('alice'))).errorCode)
    assert.equal(await answer(), 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
    await allow(fixture, { user: 'alice', type: 'TRANSACTIONAL_ID', name: 'x', operation: 'WRITE' })
    assert.equal(await answer(), 'NOT_COORDINATOR')
  })
})
