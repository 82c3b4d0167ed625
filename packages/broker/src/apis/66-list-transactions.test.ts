import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errorName, ListTransactions, type RequestInput } from '@gregor/protocol'
import { BrokerFixture, type Caller } from '../broker-fixture.ts'
import { allow, as, withAcls } from './acl-fixture.ts'
import { FixtureProducer, fewPartitions } from './transaction-fixture.ts'

const all = { stateFilters: [], producerIdFilters: [] }

async function list(
  fixture: BrokerFixture,
  request: RequestInput<typeof ListTransactions>,
  caller: Caller = {},
): Promise<readonly string[]> {
  const { errorCode, transactionStates } = await fixture.call(ListTransactions, request, caller)
  if (errorCode !== 0) return [errorName(errorCode)]
  return transactionStates.map((one) => `${one.transactionalId} ${one.transactionState}`).toSorted()
}

async function withTransactions(properties: Readonly<Record<string, string>> = {}) {
  const fixture = await BrokerFixture.start({ properties: { ...fewPartitions, ...properties } })
  const topicId = await fixture.createTopic('t')
  const producers = ['a1', 'a2', 'b1'].map((id) => new FixtureProducer(fixture, id))
  for (const producer of producers) await producer.init()
  await producers[1]?.send({ topic: 't', topicId }, ['x'])
  await fixture.advance(1_000)
  return { fixture, producers }
}

describe('ListTransactions', () => {
  it('lists those of all partitions, and filters, in every version', async () => {
    const { fixture, producers } = await withTransactions()
    await using _ = fixture
    for (const version of [0, 1, 2]) {
      assert.deepEqual(await list(fixture, all, { version }), ['a1 Empty', 'a2 Ongoing', 'b1 Empty'])
    }
    assert.deepEqual(await list(fixture, { ...all, stateFilters: ['Ongoing'] }), ['a2 Ongoing'])
    const { producerId = -1 } = producers[2] ?? {}
    assert.deepEqual(await list(fixture, { ...all, producerIdFilters: [producerId] }), ['b1 Empty'])
    assert.deepEqual(await list(fixture, { ...all, transactionalIdPattern: 'a.*' }), ['a1 Empty', 'a2 Ongoing'])
    assert.deepEqual(await list(fixture, { ...all, transactionalIdPattern: '(' }), ['INVALID_REGULAR_EXPRESSION'])
    const long = { ...all, stateFilters: ['Ongoing'], durationFilter: 60_000 }
    assert.deepEqual(await list(fixture, long), [])
    assert.deepEqual(await list(fixture, { ...long, durationFilter: 500 }), ['a2 Ongoing'])
  })

  it('names the states that are none, before there is any transaction, too', async () => {
    await using fixture = await BrokerFixture.start()
    const answer = await fixture.call(ListTransactions, { stateFilters: ['Open', 'Empty'], producerIdFilters: [] })
    assert.deepEqual([answer.errorCode, answer.unknownStateFilters, answer.transactionStates], [0, ['Open'], []])
  })

  it('leaves out what the client may not see', async () => {
    const { fixture } = await withTransactions(withAcls)
    await using _ = fixture
    await allow(fixture, { user: 'alice', type: 'TRANSACTIONAL_ID', name: 'b1', operation: 'DESCRIBE' })
    assert.deepEqual(await list(fixture, all, as('alice')), ['b1 Empty'])
  })
})
