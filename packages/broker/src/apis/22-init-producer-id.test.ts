import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InitProducerId, errorCode } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

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
    const { errorCode: code, producerId } = await fixture.call(InitProducerId, {
      transactionalId: null,
      transactionTimeoutMs: 1000,
      producerId: 5,
      producerEpoch: -1,
    })
    assert.deepEqual([code, producerId], [errorCode('INVALID_REQUEST'), -1])
  })
})
