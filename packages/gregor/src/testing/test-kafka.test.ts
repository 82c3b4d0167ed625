import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConfigError } from '@gregor/config'
import { ClientFixture } from '../client-fixture.ts'
import { startTestKafka } from './index.ts'

const values = (records: readonly { readonly value: string | null }[]): readonly (string | null)[] =>
  records.map(({ value }) => value)

describe('a Kafka for tests', () => {
  it('takes and gives records, to clients and to the test', async () => {
    await using kafka = await startTestKafka({ topics: { orders: 3, bills: { configs: { 'retention.ms': 1_000 } } } })
    assert.equal(kafka.bootstrap, `127.0.0.1:${kafka.port}`)
    assert.match(kafka.clusterId, /^[\w-]{22}$/)
    const placed = await kafka.produce('orders', [
      { key: 'a', value: 'one', timestamp: 5, headers: [['trace', '7']] },
      { value: null },
      { key: 'a', value: 'two', partition: 0 },
    ])
    // murmur2 says where a key belongs.
    assert.deepEqual(placed, [
      { partition: 1, offset: 0 },
      { partition: 0, offset: 0 },
      { partition: 0, offset: 1 },
    ])
    const [, , last] = await kafka.read('orders')
    assert.deepEqual(last, {
      partition: 1,
      offset: 0,
      timestamp: 5,
      key: 'a',
      value: 'one',
      headers: [['trace', '7']],
      bytes: { key: Buffer.from('a'), value: Buffer.from('one') },
    })
    assert.deepEqual(values(await kafka.read('orders', { partition: 0 })), [null, 'two'])
    await using client = await ClientFixture.connect({ host: '127.0.0.1', port: kafka.port })
    assert.deepEqual(await client.topicNames(), ['bills', 'orders'])
  })

  it('waits for what comes, and says what did not', async () => {
    await using kafka = await startTestKafka()
    const waiting = kafka.untilRecords('orders', 2)
    await kafka.produce('orders', [{ value: 'one' }])
    await kafka.produce('orders', [{ value: 'two' }])
    assert.deepEqual(values(await waiting), ['one', 'two'])
    await assert.rejects(kafka.untilRecords('orders', 3, { timeoutMs: 20 }), {
      message: 'after 20 ms: orders has 2 records, not 3',
    })
    await assert.rejects(kafka.untilGroup('g', 'Stable', { timeoutMs: 1 }), {
      message: 'after 1 ms: group g is undefined',
    })
    await assert.rejects(
      kafka.until(() => false, { timeoutMs: 1, what: 'rain' }),
      { message: 'after 1 ms: not so: rain' },
    )
    await assert.rejects(kafka.createTopic('orders'), /orders: .*exists/)
    await assert.rejects(kafka.read('nowhere'), { message: 'nowhere: UNKNOWN_TOPIC_OR_PARTITION' })
  })

  it('says why it cannot start, and leaves nothing behind', async () => {
    await assert.rejects(startTestKafka({ properties: { 'num.partitions': 0 } }), (error) => {
      assert.ok(error instanceof ConfigError)
      assert.match(error.message, /^num\.partitions=0: .*1/)
      return true
    })
    await using kafka = await startTestKafka()
    await assert.rejects(startTestKafka({ port: kafka.port }), { code: 'EADDRINUSE' })
    await assert.rejects(startTestKafka({ topics: { 'a b': 1 } }), /a b: /)
  })

  it('stands alone: another one knows nothing of it', async () => {
    await using one = await startTestKafka({ topics: { orders: 1 } })
    await using other = await startTestKafka()
    await one.produce('orders', [{ value: 'one' }])
    await assert.rejects(other.read('orders'), /UNKNOWN_TOPIC_OR_PARTITION/)
    assert.notEqual(one.port, other.port)
  })
})

describe('its upkeep', () => {
  it('deletes now what retention does not keep, by the clock of the test', async () => {
    await using kafka = await startTestKafka({
      topics: { orders: { configs: { 'retention.ms': 60_000 } } },
      clock: 'paused',
    })
    await kafka.produce('orders', [{ value: 'old' }])
    await kafka.clock.advance(40_000)
    await kafka.produce('orders', [{ value: 'newer' }])
    await kafka.runRetention()
    assert.deepEqual(values(await kafka.read('orders')), ['old', 'newer'])
    await kafka.clock.advance(70_000)
    await kafka.runRetention()
    assert.deepEqual(values(await kafka.read('orders')), [])
  })

  it('applies retention by itself when its time has come', async () => {
    await using kafka = await startTestKafka({ topics: { orders: { configs: { 'retention.ms': 60_000 } } } })
    await kafka.produce('orders', [{ value: 'old' }])
    await kafka.clock.advance(10 * 60_000)
    await kafka.until(async () => (await kafka.read('orders')).length === 0)
  })

  it('compacts now, whatever is dirty', async () => {
    await using kafka = await startTestKafka({ topics: { names: { configs: { 'cleanup.policy': 'compact' } } } })
    for (const value of ['one', 'two', 'three']) await kafka.produce('names', [{ key: 'a', value }])
    await kafka.produce('names', [{ key: 'b', value: 'four' }])
    await kafka.runCompaction()
    assert.deepEqual(values(await kafka.read('names')), ['three', 'four'])
    await kafka.produce('names', [{ key: 'b', value: null }])
    await kafka.runCompaction()
    assert.deepEqual(values(await kafka.read('names')), ['three', null])
  })

  it('takes leadership away and gives it back, two epochs later', async () => {
    await using kafka = await startTestKafka({ topics: { orders: 2 } })
    await using client = await kafka.connect()
    const epochs = async (): Promise<readonly (readonly number[])[]> => {
      await client.cluster.metadata.refresh({ topics: ['orders'], timeoutMs: 5_000 })
      return (
        client.cluster.metadata
          .topic('orders')
          ?.partitions.map(({ leaderId, leaderEpoch }) => [leaderId, leaderEpoch]) ?? []
      )
    }
    const [[nodeId = -1, epoch = -1] = []] = await epochs()
    await kafka.shuffleLeaders()
    assert.deepEqual(await epochs(), [
      [nodeId, epoch + 2],
      [nodeId, epoch + 2],
    ])
    await kafka.produce('orders', [{ value: 'one' }])
    assert.deepEqual(values(await kafka.read('orders')), ['one'])
  })
})

describe('its state', () => {
  it('goes back to a snapshot, as often as wanted, at the same address', async () => {
    await using kafka = await startTestKafka({ topics: { orders: 1 } })
    const { bootstrap, clusterId } = kafka
    await kafka.produce('orders', [{ value: 'kept' }])
    const snapshot = kafka.snapshot()
    for (const value of ['lost', 'lost again']) {
      await kafka.produce('orders', [{ value }])
      await kafka.createTopic('later')
      await kafka.restore(snapshot)
      assert.deepEqual(values(await kafka.read('orders')), ['kept'])
      await assert.rejects(kafka.read('later'))
    }
    assert.deepEqual([kafka.bootstrap, kafka.clusterId], [bootstrap, clusterId])
  })

  it('is there after a restart, with time standing still or not', async () => {
    await using kafka = await startTestKafka({ clock: 'paused' })
    await kafka.produce('orders', [{ value: 'one' }])
    await kafka.restart()
    assert.ok(kafka.isRunning && kafka.clock.isPaused)
    assert.deepEqual(values(await kafka.read('orders')), ['one'])
  })

  it('is of no use any more once it was stopped', async () => {
    const kafka = await startTestKafka()
    await Promise.all([kafka.stop(), kafka.stop()])
    assert.equal(kafka.isRunning, false)
    await assert.rejects(kafka.read('orders'), { message: 'the node is not running' })
  })
})
