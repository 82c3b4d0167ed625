import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InitProducerId, errorCode, errorName } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'
import { allow, as, withAcls } from './acl-fixture.ts'
import { FixtureProducer, fewPartitions } from './transaction-fixture.ts'

async function newId(fixture: BrokerFixture): Promise<number> {
  const answer = await fixture.call(InitProducerId, { transactionalId: null, transactionTimeoutMs: 1000 })
  assert.deepEqual([answer.errorCode, answer.producerEpoch], [0, 0])
  return answer.producerId
}

describe('InitProducerId', () => {
  it('gives every producer an id of its own, also after a restart', async () => {
    const first = await BrokerFixture.start()
    const ids = [await newId(first), await newId(first)]
    await first[Symbol.asyncDispose]()
    await using second = await BrokerFixture.start({ environment: first.environment })
    ids.push(await newId(second))
    assert.equal(new Set(ids).size, 3)
  })

  it('refuses half of what a producer had before', async () => {
    await using fixture = await BrokerFixture.start()
    for (const transactionalId of [null, 'x']) {
      const { errorCode: code, producerId } = await fixture.call(InitProducerId, {
        transactionalId,
        transactionTimeoutMs: 1000,
        producerId: 5,
        producerEpoch: -1,
      })
      assert.deepEqual([code, producerId], [errorCode('INVALID_REQUEST'), -1])
    }
  })

  it('takes no transactional id of no characters', async () => {
    await using fixture = await BrokerFixture.start()
    for (const version of [0, 2, 5]) {
      const request = { transactionalId: '', transactionTimeoutMs: 1000 }
      const answer = await fixture.call(InitProducerId, request, { version })
      assert.equal(answer.errorCode, errorCode('INVALID_REQUEST'))
    }
  })

  it('gives a transactional id one producer id, and a new epoch each time, in every version', async () => {
    await using fixture = await BrokerFixture.start({ properties: fewPartitions })
    const request = { transactionalId: 'x', transactionTimeoutMs: 60_000 }
    const early = await fixture.call(InitProducerId, request)
    assert.equal(errorName(early.errorCode), 'NOT_COORDINATOR')
    await new FixtureProducer(fixture, 'x').init()
    const epochs = []
    const ids = new Set<number>()
    for (const version of [0, 1, 2, 3, 4, 5]) {
      const answer = await fixture.call(InitProducerId, request, { version })
      assert.equal(answer.errorCode, 0)
      epochs.push(answer.producerEpoch)
      ids.add(answer.producerId)
    }
    assert.deepEqual(epochs, [1, 2, 3, 4, 5, 6])
    assert.equal(ids.size, 1)
  })

  it('refuses a transaction that may last longer than the broker allows', async () => {
    await using fixture = await BrokerFixture.start({
      properties: { ...fewPartitions, 'transaction.max.timeout.ms': '5000' },
    })
    assert.equal(await new FixtureProducer(fixture, 'x').init(5_001), 'INVALID_TRANSACTION_TIMEOUT')
    assert.equal(await new FixtureProducer(fixture, 'x').init(5_000), 'NONE')
  })

  it('needs to be allowed to write with the transactional id', async () => {
    await using fixture = await BrokerFixture.start({ properties: { ...fewPartitions, ...withAcls } })
    await allow(fixture, { user: 'alice', type: 'TRANSACTIONAL_ID', name: 'x', operation: 'WRITE' })
    assert.equal(await new FixtureProducer(fixture, 'x', { caller: as('alice') }).init(), 'NONE')
    const other = { transactionalId: 'y', transactionTimeoutMs: 1_000 }
    const answer = await fixture.call(InitProducerId, other, as('alice'))
    assert.equal(errorName(answer.errorCode), 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
    const stranger = await new FixtureProducer(fixture, 'x', { caller: as('bob') }).init()
    assert.equal(stranger, 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
  })
})
