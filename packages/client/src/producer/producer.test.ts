import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RecordCursor, attributesAt, compressionOf } from '@gregor/protocol'
import { FakeCluster, forbidden } from './producer-fixture.ts'

function given(partitionCount = 1): FakeCluster {
  const cluster = new FakeCluster()
  cluster.addTopic('events', partitionCount)
  return cluster
}

describe('Producer', () => {
  it('says of each record where it landed', async () => {
    const cluster = given()
    const producer = cluster.open()
    const sent = await cluster.run(
      Promise.all([
        producer.send('events', { value: 'a', timestamp: 17 }),
        producer.send('events', { key: 'k', value: Buffer.from('b'), timestamp: 18 }),
        producer.send('events', { value: null, timestamp: 19 }),
      ]),
    )
    assert.deepEqual(sent, [
      { topic: 'events', partition: 0, offset: 0, timestamp: 17 },
      { topic: 'events', partition: 0, offset: 1, timestamp: 18 },
      { topic: 'events', partition: 0, offset: 2, timestamp: 19 },
    ])
    assert.deepEqual(cluster.values('events'), ['a', 'b', null])
    assert.equal(cluster.requestCount, 1)
    const [batch] = cluster.received
    assert.equal(`${batch?.producerId}/${batch?.producerEpoch}/${batch?.baseSequence}`, '1000/0/0')
    assert.equal(batch?.acks, -1)
    await producer.close()
  })

  it('writes keys, headers and times as they were given', async () => {
    const cluster = given()
    await using producer = cluster.open()
    const headers = [
      ['trace', Buffer.from([1, 2])],
      ['trace', 'twice, ünïcode and longer than what is written letter by letter'],
      ['nothing', null],
    ] as const
    await cluster.run(producer.send('events', { key: 'schlüssel', value: '', headers, timestamp: 1_700_000_000_000 }))
    const cursor = new RecordCursor()
    cursor.resetToBatch(cluster.received[0]?.bytes ?? Buffer.alloc(0), 0, 1000)
    assert.ok(cursor.next())
    assert.equal(cursor.key()?.toString(), 'schlüssel')
    assert.equal(cursor.value()?.length, 0)
    assert.equal(cursor.timestamp, 1_700_000_000_000)
    const found: [string, string | undefined][] = []
    while (cursor.nextHeader()) found.push([cursor.headerKey(), cursor.headerValue()?.toString('hex')])
    assert.deepEqual(found, [
      ['trace', '0102'],
      ['trace', Buffer.from('twice, ünïcode and longer than what is written letter by letter').toString('hex')],
      ['nothing', undefined],
    ])
  })

  for (const compressionType of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    it(`packs batches with ${compressionType}`, async () => {
      const cluster = given()
      await using producer = cluster.open({ compressionType })
      await cluster.run(
        producer.sendAll(
          'events',
          Array.from({ length: 100 }, () => ({ value: 'the same again' })),
        ),
      )
      const [batch] = cluster.received
      assert.equal(compressionOf(attributesAt(batch?.bytes ?? Buffer.alloc(0), 0)), compressionType)
      assert.ok((batch?.bytes.length ?? Infinity) < 1000)
      assert.equal(cluster.values('events').length, 100)
    })
  }

  it('waits for more records as long as linger.ms says, and not when a batch is full', async () => {
    const cluster = given()
    await using producer = cluster.open({ lingerMs: 50, batchSize: 1000 })
    await cluster.run(producer.partitionsFor('events'))
    const startMs = cluster.nowMs
    const first = producer.send('events', { value: 'a' })
    await cluster.run(cluster.pause(20))
    const second = producer.send('events', { value: 'b' })
    await cluster.run(Promise.all([first, second]))
    assert.equal(cluster.requestCount, 1)
    assert.ok(cluster.nowMs - startMs >= 50, `${cluster.nowMs - startMs}`)
    const fullMs = cluster.nowMs
    await cluster.run(producer.sendAll('events', [{ value: 'x'.repeat(700) }, { value: 'y'.repeat(900) }]))
    assert.ok(cluster.nowMs - fullMs < 20, `${cluster.nowMs - fullMs}`)
  })

  it('flushes without lingering, and waits for the answers', async () => {
    const cluster = given()
    await using producer = cluster.open({ lingerMs: 10_000 })
    assert.equal(producer.offer('events', { value: 'a' }), true)
    await cluster.run(producer.flush())
    assert.deepEqual(cluster.values('events'), ['a'])
    assert.ok(cluster.nowMs < 100)
  })

  it('puts records of a key into one partition, and takes the partition that a record names', async () => {
    const cluster = given(8)
    await using producer = cluster.open()
    const records = Array.from({ length: 20 }, (_, index) => ({ key: `key ${index % 2}`, value: `${index}` }))
    const sent = await cluster.run(producer.sendAll('events', [...records, { key: 'key 0', value: 'z', partition: 7 }]))
    assert.equal(new Set(sent.slice(0, 20).map(({ partition }) => partition)).size, 2)
    assert.equal(sent[20]?.partition, 7)
  })

  it('keeps five requests in flight and sends the rest behind them, in order', async () => {
    const cluster = given()
    cluster.latencyMs = 50
    await using producer = cluster.open({ batchSize: 200 })
    const values = Array.from({ length: 40 }, (_, index) => `${index}`.padStart(60, '.'))
    await cluster.run(
      producer.sendAll(
        'events',
        values.map((value) => ({ value })),
      ),
    )
    assert.deepEqual(cluster.values('events'), values)
    assert.ok(cluster.requestCount >= 20)
  })

  it('puts batches of all partitions of a node into one request', async () => {
    const cluster = given(6)
    await using producer = cluster.open()
    const records = Array.from({ length: 6 }, (_, partition) => ({ value: 'x', partition }))
    await cluster.run(producer.sendAll('events', records))
    assert.equal(cluster.requestCount, 1)
    assert.equal(cluster.received.length, 6)
  })

  it('keeps requests below max.request.size', async () => {
    const cluster = given(6)
    await using producer = cluster.open({ maxRequestSize: 1000, batchSize: 1000 })
    const records = Array.from({ length: 6 }, (_, partition) => ({ value: 'x'.repeat(400), partition }))
    await cluster.run(producer.sendAll('events', records))
    assert.equal(cluster.requestCount, 3)
  })

  it('refuses a record that no request can carry, and takes one larger than a batch', async () => {
    const cluster = given()
    await using producer = cluster.open({ maxRequestSize: 5000, batchSize: 1000 })
    await assert.rejects(cluster.run(producer.send('events', { value: Buffer.alloc(5000) })), {
      name: 'RecordTooLargeError',
      message: /max\.request\.size is 5000/,
    })
    const sent = await cluster.run(producer.send('events', { value: Buffer.alloc(4000) }))
    assert.equal(sent.offset, 0)
  })

  it('waits for the metadata of a topic, and keeps the order of records meanwhile', async () => {
    const cluster = new FakeCluster()
    await using producer = cluster.open()
    const all = Promise.all(['a', 'b', 'c'].map((value) => producer.send('late', { value })))
    cluster.world.time.after(500, 'the topic', () => cluster.addTopic('late', 1))
    await cluster.run(all)
    assert.deepEqual(cluster.values('late'), ['a', 'b', 'c'])
  })

  it('gives a topic that nobody creates up after max.block.ms', async () => {
    const cluster = new FakeCluster()
    await using producer = cluster.open({ maxBlockMs: 300 })
    await assert.rejects(cluster.run(producer.send('nowhere', { value: 'a' })), { name: 'TimeoutError' })
    assert.ok(cluster.nowMs >= 300 && cluster.nowMs < 400)
  })

  it('fails at once where the topic is forbidden', async () => {
    const cluster = new FakeCluster()
    cluster.metadataError = forbidden('secret')
    await using producer = cluster.open()
    const code = 'TOPIC_AUTHORIZATION_FAILED'
    await assert.rejects(cluster.run(producer.send('secret', { value: 'a' })), { code })
    producer.offer('secret', { value: 'b' })
    await assert.rejects(cluster.run(producer.flush()), { code })
    await cluster.run(producer.flush())
  })

  it('asks for metadata again where a record names a partition that is new', async () => {
    const cluster = given(1)
    await using producer = cluster.open()
    await cluster.run(producer.send('events', { value: 'a' }))
    cluster.addPartition('events')
    assert.equal((await cluster.run(producer.send('events', { value: 'b', partition: 1 }))).partition, 1)
    await assert.rejects(cluster.run(producer.send('events', { value: 'c', partition: 2 })), {
      code: 'UNKNOWN_TOPIC_OR_PARTITION',
      message: /partition 2 is not one of the 2/,
    })
  })

  it('refuses what is no record', async () => {
    const cluster = given()
    await using producer = cluster.open()
    for (const [record, message] of [
      [{ value: undefined }, /value of a record for events is undefined/],
      [{ value: 12 }, /of type number/],
      [{ value: 'a', key: {} }, /key of a record for events is of type object/],
      [{ value: 'a', partition: -1 }, /-1 is no partition/],
      [{ value: 'a', timestamp: -5 }, /-5 is no timestamp/],
    ] as const) {
      await assert.rejects(producer.send('events', record as never), { name: 'TypeError', message })
      assert.throws(() => producer.offer('events', record as never), { name: 'TypeError', message })
    }
  })

  it('serializes for topics that know how, and says which record failed', async () => {
    const cluster = given()
    await using producer = cluster.open()
    const text = { serialize: (value: string) => Buffer.from(value.toUpperCase()) }
    const number = {
      serialize: (value: number) => {
        if (value < 0) throw new RangeError('too small')
        return Buffer.from(`${value}`)
      },
    }
    const topic = { name: 'events', key: text, value: number }
    await cluster.run(producer.sendAll(topic, [{ key: 'k', value: 7 }, { value: null }]))
    assert.deepEqual(cluster.values('events'), ['7', null])
    await assert.rejects(producer.send(topic, { value: -1 }), {
      name: 'SerializationError',
      message: 'the value of a record for events: too small',
    })
  })
})

describe('Producer, with more than fits', () => {
  it('lets send wait for room, in order, and no longer than max.block.ms', async () => {
    const cluster = given()
    await using producer = cluster.open({ bufferMemory: 2000, batchSize: 1000, maxBlockMs: 700 })
    const values = Array.from({ length: 40 }, (_, index) => `${index}`.padStart(150, '.'))
    await cluster.run(
      producer.sendAll(
        'events',
        values.map((value) => ({ value })),
      ),
    )
    assert.deepEqual(cluster.values('events'), values)
    cluster.fate = () => ({ error: 'NOT_ENOUGH_REPLICAS' })
    const results = cluster.run(Promise.allSettled(values.map((value) => producer.send('events', { value }))))
    await cluster.run(cluster.pause(800))
    cluster.fate = () => undefined
    const refused = (await results).filter((result) => result.status === 'rejected')
    assert.ok(refused.length > 20)
    for (const { reason } of refused) assert.equal((reason as Error).name, 'BufferFullError')
  })

  it('says false to an offer that takes the last room, and drains', async () => {
    const cluster = given()
    await using producer = cluster.open({ bufferMemory: 2000, batchSize: 1000, lingerMs: 100_000 })
    await cluster.run(producer.partitionsFor('events'))
    let count = 0
    while (producer.offer('events', { value: 'x'.repeat(150) })) count++
    assert.ok(count >= 10 && count <= 13, `${count}`)
    await cluster.run(producer.drained())
    assert.ok((producer.metrics()['buffer-available-bytes'] ?? 0) >= 1000)
    assert.equal(producer.offer('events', { value: 'a' }), true)
    await cluster.run(producer.close())
  })

  it('says false to an offer for a topic that is not known yet, and drains when it is', async () => {
    const cluster = new FakeCluster()
    await using producer = cluster.open({ maxBlockMs: 2000 })
    assert.equal(producer.offer('late', { value: 'a' }), false)
    cluster.world.time.after(500, 'the topic', () => cluster.addTopic('late', 1))
    await cluster.run(producer.drained())
    assert.equal(producer.offer('late', { value: 'b' }), true)
    await cluster.run(producer.flush())
    assert.deepEqual(cluster.values('late'), ['a', 'b'])
    for (let count = 0; count < 10_000; count++) producer.offer('nowhere', { value: 'c' })
    assert.throws(() => producer.offer('nowhere', { value: 'd' }), { name: 'BufferFullError' })
    await assert.rejects(cluster.run(producer.drained()), { name: 'TimeoutError' })
  })

  it('refuses offers of somebody who does not listen', async () => {
    const cluster = given()
    await using producer = cluster.open({ bufferMemory: 2000, batchSize: 1000 })
    await cluster.run(producer.partitionsFor('events'))
    assert.throws(
      () => {
        for (let count = 0; count < 100; count++) producer.offer('events', { value: 'x'.repeat(150) })
      },
      { name: 'BufferFullError', message: /wait for drained/ },
    )
    await cluster.run(producer.flush())
  })

  it('tells of offered records that failed', async () => {
    const cluster = given()
    cluster.fate = () => ({ error: 'INVALID_RECORD' })
    const failures: unknown[] = []
    await using producer = cluster.open({
      onDeliveryFailure: ({ error, ...rest }) => failures.push({ ...rest, name: error.name }),
    })
    producer.offer('events', { value: 'a' })
    producer.offer('events', { value: 'b' })
    await cluster.run(producer.flush())
    assert.deepEqual(failures, [{ topic: 'events', partition: 0, recordCount: 2, name: 'KafkaError' }])
  })
})

describe('Producer.offer, with a callback that throws', () => {
  it('tells the others all the same, and throws it from flush', async () => {
    const cluster = given(2)
    cluster.fate = () => ({ error: 'INVALID_RECORD' })
    await using producer = cluster.open({
      onDeliveryFailure: () => {
        throw new RangeError('mine')
      },
    })
    producer.offer('events', { value: 'a', partition: 0 })
    producer.offer('events', { value: 'b', partition: 1 })
    const refused = assert.rejects(producer.send('events', { value: 'c', partition: 1 }), { code: 'INVALID_RECORD' })
    await assert.rejects(cluster.run(producer.flush()), RangeError)
    await refused
  })
})

describe('Producer.close', () => {
  it('sends what waits', async () => {
    const cluster = given()
    const producer = cluster.open({ lingerMs: 10_000 })
    const sent = producer.send('events', { value: 'a' })
    await cluster.run(producer.close())
    assert.equal((await sent).offset, 0)
    await assert.rejects(producer.send('events', { value: 'b' }), { name: 'ClosedError' })
    assert.throws(() => producer.offer('events', { value: 'b' }), { name: 'ClosedError' })
    await producer.close()
  })

  it('gives up what is not acknowledged in time', async () => {
    const cluster = given()
    cluster.fate = () => 'lost before'
    const producer = cluster.open()
    const sent = producer.send('events', { value: 'a' })
    const failed = assert.rejects(sent, { name: 'ClosedError' })
    await cluster.run(producer.close({ timeoutMs: 500 }))
    await failed
  })
})
