/** Tests of who may write and read: the data plane under an authorizer. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { CreateAcls } from '@gregor/protocol'
import type { Principal } from '@gregor/security'
import { BrokerFixture, type Caller } from '../broker-fixture.ts'
import { fetchFrom, produceTo, sentBatch, type SentTo } from '../produce-fixture.ts'

const properties = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users': 'User:ANONYMOUS',
}

function as(name: string): Caller {
  const principal: Principal = { type: 'User', name, tokenAuthenticated: false }
  return { principal }
}

describe('who may write and read', () => {
  let fixture: BrokerFixture
  let orders: SentTo
  before(async () => {
    fixture = await BrokerFixture.start({ properties })
    orders = { topic: 'orders', topicId: await fixture.createTopic('orders') }
    const literal = { resourceType: 2, resourceName: 'orders', resourcePatternType: 3, host: '*', permissionType: 3 }
    await fixture.call(CreateAcls, {
      creations: [
        { ...literal, principal: 'User:writer', operation: 4 },
        { ...literal, principal: 'User:reader', operation: 3 },
      ],
    })
  })
  after(() => fixture[Symbol.asyncDispose]())

  it('is who was allowed to', async () => {
    assert.equal((await produceTo(fixture, orders, sentBatch(['a']), as('writer'))).error, 'NONE')
    assert.deepEqual((await fetchFrom(fixture, orders, as('reader'))).values, ['a'])
  })

  it('is nobody else, in any version', async () => {
    for (const version of [3, 8, 9, 12, 13]) {
      const answer = await produceTo(fixture, orders, sentBatch(['a']), { ...as('reader'), version })
      assert.equal(answer.error, 'TOPIC_AUTHORIZATION_FAILED')
    }
    for (const version of [4, 11, 12, 13, 18]) {
      const answer = await fetchFrom(fixture, orders, { ...as('writer'), version })
      assert.equal(answer.error, 'TOPIC_AUTHORIZATION_FAILED')
    }
  })

  it('is nobody who names a transaction that is not its own', async () => {
    const batch = sentBatch(['a'], { isTransactional: true, producerId: 5, producerEpoch: 0, baseSequence: 0 })
    const answer = await produceTo(fixture, { ...orders, transactionalId: 't' }, batch, as('writer'))
    assert.equal(answer.error, 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
  })
})
