import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type BatchFate, FakeCluster } from './producer-fixture.ts'

function given(partitionCount = 1): FakeCluster {
  const cluster = new FakeCluster()
  cluster.addTopic('events', partitionCount)
  return cluster
}

describe('Producer, when something goes wrong', () => {
  it('sends again what was lost, once and in order', async () => {
    for (const fate of ['lost before', 'lost after'] as const) {
      const cluster = given()
      let count = 0
      cluster.fate = () => (count++ % 3 === 1 ? fate : undefined)
      await using producer = cluster.open({ batchSize: 200 })
      const values = Array.from({ length: 30 }, (_, index) => `${index}`.padStart(60, '.'))
      const sent = await cluster.run(
        producer.sendAll(
          'events',
          values.map((value) => ({ value })),
        ),
      )
      assert.deepEqual(cluster.values('events'), values)
      assert.deepEqual(
        sent.map(({ offset }) => offset),
        values.map((_, index) => index),
      )
    }
  })

  it('leaves alone what a broken connection may hold: memory is not used again, nor are numbers written over', async () => {
    const cluster = given()
    await using producer = cluster.open({ batchSize: 500 })
    const fates: BatchFate[] = ['lost before', { error: 'UNKNOWN_PRODUCER_ID' }]
    cluster.fate = () => fates.shift()
    await cluster.run(producer.send('events', { value: 'a'.repeat(300) }))
    for (let count = 0; count < 10; count++) await cluster.run(producer.send('events', { value: 'b'.repeat(300) }))
    await cluster.run(cluster.pause(1500))
    assert.deepEqual(cluster.changedRequests, [])
    assert.equal(cluster.values('events').length, 11)
  })

  it('goes to the new leader, at once where the answer names it', async () => {
    const cluster = given()
    await using producer = cluster.open({ retryBackoffMs: 1000, retryBackoffMaxMs: 1000 })
    await cluster.run(producer.send('events', { value: 'a' }))
    cluster.fate = ({ nodeId }) =>
      nodeId === 2 ? undefined : { error: 'NOT_LEADER_OR_FOLLOWER', leaderId: 2, leaderEpoch: 5 }
    const startMs = cluster.nowMs
    const sent = await cluster.run(producer.send('events', { value: 'b' }))
    assert.equal(sent.offset, 1)
    assert.ok(cluster.nowMs - startMs < 100)
    assert.deepEqual(
      cluster.received.map(({ nodeId }) => nodeId),
      [1, 1, 2],
    )
  })

  it('asks for metadata, and waits before the next attempt, where the answer names no leader', async () => {
    const cluster = given()
    await using producer = cluster.open()
    await cluster.run(producer.send('events', { value: 'a' }))
    cluster.moveLeader('events', 0, 2)
    const startMs = cluster.nowMs
    await cluster.run(producer.send('events', { value: 'b' }))
    assert.equal(cluster.invalidations, 1)
    assert.ok(cluster.nowMs - startMs >= 80, `${cluster.nowMs - startMs}`)
    assert.deepEqual(cluster.values('events'), ['a', 'b'])
  })

  it('waits while a partition has no leader', async () => {
    const cluster = given()
    cluster.moveLeader('events', 0, -1)
    await using producer = cluster.open()
    const sent = producer.send('events', { value: 'a' })
    cluster.world.time.after(2000, 'a leader', () => cluster.moveLeader('events', 0, 3))
    await cluster.run(sent)
    assert.equal(cluster.received[0]?.nodeId, 3)
  })

  it('gives up after delivery.timeout.ms, with what the last attempt met, and goes on', async () => {
    const cluster = given()
    cluster.fate = () => ({ error: 'NOT_ENOUGH_REPLICAS' })
    await using producer = cluster.open({ deliveryTimeoutMs: 2000, requestTimeoutMs: 500 })
    const error = await cluster.run(producer.send('events', { value: 'a' }).catch((caught: unknown) => caught))
    assert.ok(error instanceof Error && error.name === 'DeliveryTimeoutError')
    assert.match(String(error.cause), /NOT_ENOUGH_REPLICAS|in sync/)
    assert.ok(cluster.nowMs >= 2000 && cluster.nowMs < 2100, `${cluster.nowMs}`)
    cluster.fate = () => undefined
    await cluster.run(producer.send('events', { value: 'b' }))
    assert.deepEqual(cluster.values('events'), ['b'])
  })

  it('tries as often as retries says', async () => {
    const cluster = given()
    cluster.fate = () => ({ error: 'NOT_ENOUGH_REPLICAS' })
    await using producer = cluster.open({ retries: 2 })
    await assert.rejects(cluster.run(producer.send('events', { value: 'a' })), { code: 'NOT_ENOUGH_REPLICAS' })
    assert.equal(cluster.requestCount, 3)
  })

  it('splits a batch that is too large for the topic until it fits, in order', async () => {
    for (const compressionType of ['none', 'gzip'] as const) {
      const cluster = given()
      cluster.fate = ({ recordCount }) => (recordCount > 3 ? { error: 'MESSAGE_TOO_LARGE' } : undefined)
      await using producer = cluster.open({ compressionType })
      const values = Array.from({ length: 20 }, (_, index) => `${index}`)
      const sent = await cluster.run(
        producer.sendAll(
          'events',
          values.map((value) => ({ value, headers: [['h', value]] })),
        ),
      )
      assert.deepEqual(cluster.values('events'), values)
      assert.deepEqual(
        sent.map(({ offset }) => offset),
        values.map((_, index) => index),
      )
      assert.ok((producer.metrics()['batch-split-total'] ?? 0) >= 3)
    }
  })

  it('fails a record that is too large for the topic by itself, and not those beside it', async () => {
    const cluster = given()
    cluster.fate = ({ values }) => (values.includes('large') ? { error: 'MESSAGE_TOO_LARGE' } : undefined)
    await using producer = cluster.open()
    const results = await cluster.run(
      Promise.allSettled(['a', 'large', 'b', 'c'].map((value) => producer.send('events', { value }))),
    )
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
    )
    assert.deepEqual(cluster.values('events'), ['a', 'b', 'c'])
  })

  it('tells records of a refused batch apart', async () => {
    const cluster = given()
    cluster.fate = () => ({ error: 'INVALID_RECORD', recordErrors: [[1, 'a compacted topic wants keys']] })
    await using producer = cluster.open()
    const results = await cluster.run(Promise.allSettled(['a', 'b'].map((value) => producer.send('events', { value }))))
    const messages = results.map((result) => (result.status === 'rejected' ? String(result.reason) : ''))
    assert.match(messages[0] ?? '', /other records of its batch/)
    assert.match(messages[1] ?? '', /topic events, partition 0: a compacted topic wants keys/)
  })

  it('goes on under a new epoch after a batch was refused', async () => {
    const cluster = given()
    await using producer = cluster.open()
    await cluster.run(producer.send('events', { value: 'a' }))
    cluster.fate = () => ({ error: 'INVALID_TIMESTAMP' })
    await assert.rejects(cluster.run(producer.send('events', { value: 'b' })), { code: 'INVALID_TIMESTAMP' })
    cluster.fate = () => undefined
    await cluster.run(producer.send('events', { value: 'c' }))
    const last = cluster.received.at(-1)
    assert.equal(`${last?.producerEpoch}/${last?.baseSequence}`, '1/0')
  })

  it('fails everything where it may not have a producer id', async () => {
    const cluster = given()
    cluster.respond = () => ({ throttleTimeMs: 0, errorCode: 31, producerId: -1, producerEpoch: -1 })
    await using producer = cluster.open()
    const code = 'CLUSTER_AUTHORIZATION_FAILED'
    await assert.rejects(cluster.run(producer.send('events', { value: 'a' })), { code, fatal: true })
    await assert.rejects(producer.send('events', { value: 'b' }), { code })
    assert.throws(() => producer.offer('events', { value: 'b' }), { code })
  })

  it('asks again for a producer id while nobody gives one', async () => {
    const cluster = given()
    let count = 0
    cluster.respond = () =>
      count++ < 3 ? { throttleTimeMs: 0, errorCode: 14, producerId: -1, producerEpoch: -1 } : undefined
    await using producer = cluster.open()
    await cluster.run(producer.send('events', { value: 'a' }))
    assert.equal(cluster.requests.length, 4)
  })
})

describe('Producer, without idempotence', () => {
  it('sends no numbers, and waits for the leader alone with acks 1', async () => {
    const cluster = given()
    await using producer = cluster.open({ acks: '1' })
    await cluster.run(producer.send('events', { value: 'a' }))
    const [batch] = cluster.received
    assert.equal(`${batch?.acks} ${batch?.producerId} ${batch?.baseSequence}`, '1 -1 -1')
    assert.equal(cluster.requests.length, 0)
  })

  it('knows no offset with acks 0', async () => {
    const cluster = given()
    await using producer = cluster.open({ acks: '0' })
    const sent = await cluster.run(producer.send('events', { value: 'a', timestamp: 5 }))
    assert.deepEqual(sent, { topic: 'events', partition: 0, offset: -1, timestamp: 5 })
  })

  it('sends again what was lost, and splits what is too large', async () => {
    const cluster = given()
    let count = 0
    cluster.fate = ({ recordCount }) => {
      if (recordCount > 4) return { error: 'MESSAGE_TOO_LARGE' }
      return count++ === 0 ? 'lost before' : undefined
    }
    await using producer = cluster.open({ enableIdempotence: false })
    const values = Array.from({ length: 10 }, (_, index) => `${index}`)
    await cluster.run(
      producer.sendAll(
        'events',
        values.map((value) => ({ value })),
      ),
    )
    assert.deepEqual(cluster.values('events'), values)
  })
})
