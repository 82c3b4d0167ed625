import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startTestKafka } from './index.ts'

describe('a group', () => {
  for (const groupProtocol of ['classic', 'consumer'] as const) {
    it(`of the ${groupProtocol} protocol is seen with its members, their partitions and its offsets`, async () => {
      await using kafka = await startTestKafka({ topics: { orders: 2 } })
      await kafka.produce('orders', [{ value: 'one' }, { value: 'two' }])
      assert.equal(await kafka.group('billing'), undefined)
      await using client = await kafka.connect({ clientId: 'till' })
      await using consumer = client.consumer({ groupId: 'billing', groupProtocol, autoOffsetReset: 'earliest' })
      consumer.subscribe(['orders'])
      const [batch] = await consumer.poll({ timeoutMs: 5_000 })
      await consumer.commit()
      assert.equal(batch?.records.length, 2)

      const group = await kafka.untilGroup('billing', 'Stable')

      assert.equal(group.type, groupProtocol)
      assert.deepEqual(
        group.members.map(({ clientId, instanceId, partitions }) => ({ clientId, instanceId, partitions })),
        [{ clientId: 'till', instanceId: null, partitions: ['orders-0', 'orders-1'] }],
      )
      assert.equal(group.offsets['orders-0'], 2)
    })
  }

  it('loses a member whose session is over, by the clock of the test', async () => {
    await using kafka = await startTestKafka({ topics: { orders: 1 } })
    await using client = await kafka.connect()
    await using consumer = client.consumer({
      groupId: 'billing',
      sessionTimeoutMs: 10_000,
      heartbeatIntervalMs: 3_000,
      autoOffsetReset: 'earliest',
    })
    consumer.subscribe(['orders'])
    await kafka.produce('orders', [{ value: 'one' }])
    await consumer.poll({ timeoutMs: 5_000 })
    await kafka.untilGroup('billing', ({ members }) => members.length === 1)

    using silent = kafka.requests.hold({ group: 'billing', times: Infinity })
    await kafka.clock.advance(11_000)

    const { state } = await kafka.untilGroup('billing', ({ members }) => members.length === 0)
    assert.equal(state, 'Empty')
    await silent.reached()
  })

  it('reads what is committed, not what was aborted', async () => {
    await using kafka = await startTestKafka({ topics: { orders: 1 } })
    await using client = await kafka.connect()
    await using producer = client.producer({ transactionalId: 'till' })
    await producer.transaction(async (transaction) => void (await transaction.send('orders', { value: 'kept' })))
    const aborted = producer.transaction(async (transaction) => {
      await transaction.send('orders', { value: 'dropped' })
      throw new Error('as planned')
    })
    await assert.rejects(aborted, { message: 'as planned' })
    const values = async (isolation: 'read_committed' | 'read_uncommitted'): Promise<readonly (string | null)[]> =>
      (await kafka.read('orders', { isolation })).map(({ value }) => value)
    // The marker of the abort may come a moment later than its answer.
    await kafka.until(async () => (await values('read_uncommitted')).length === 2)
    assert.deepEqual(await values('read_committed'), ['kept'])
    assert.deepEqual(await values('read_uncommitted'), ['kept', 'dropped'])
  })
})
