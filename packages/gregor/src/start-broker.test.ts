import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { ConfigError } from '@gregor/config'
import { DiskError, NetworkError } from '@gregor/platform'
import { ClientFixture } from './client-fixture.ts'
import { startBroker } from './index.ts'

describe('a broker in memory', () => {
  it('listens on a free port of loopback, and takes and gives records', async () => {
    await using broker = await startBroker({ memory: true })
    assert.equal(broker.host, '127.0.0.1')
    assert.equal(broker.bootstrapServers, `127.0.0.1:${broker.port}`)
    assert.match(broker.clusterId, /^[\w-]{22}$/)
    await using client = await ClientFixture.connect(broker)
    const topicId = await client.createTopic('orders')
    assert.equal(await client.produce(topicId, ['one', 'two']), 'NONE')
    assert.deepEqual(await client.consume(topicId), ['one', 'two'])
  })

  it('has its port for itself until it stops, and stops once', async () => {
    const broker = await startBroker({ memory: true })
    const second = startBroker({ memory: true, port: broker.port })
    await assert.rejects(second, (error) => error instanceof NetworkError && error.code === 'EADDRINUSE')
    await Promise.all([broker.stop(), broker.stop()])
    await using third = await startBroker({ memory: true, port: broker.port })
    assert.equal(third.port, broker.port)
  })

  it('tells its metrics without serving them', async () => {
    await using broker = await startBroker({ memory: true })
    await using client = await ClientFixture.connect(broker)
    await client.produce(await client.createTopic('orders'), ['one', 'two'])
    const metrics = (await broker.metrics()).split('\n')
    assert.ok(metrics.includes('kafka_server_brokertopicmetrics_messagesin_total{topic="orders"} 2'))
    assert.ok(metrics.includes('kafka_server_kafkaserver_brokerstate 3'))
  })

  it('is told what to do by properties, which go before the other options', async () => {
    await using broker = await startBroker({
      memory: true,
      port: 1,
      properties: { listeners: 'PLAINTEXT://127.0.0.1:0', 'node.id': 7 },
    })
    assert.notEqual(broker.port, 1)
  })
})

describe('several brokers in one process', () => {
  it('know nothing of each other', async () => {
    await using first = await startBroker({ memory: true })
    await using second = await startBroker({ memory: true })
    assert.notEqual(first.port, second.port)
    assert.notEqual(first.clusterId, second.clusterId)
    await using client = await ClientFixture.connect(first)
    await using other = await ClientFixture.connect(second)
    await client.createTopic('here')
    await other.createTopic('there')
    assert.deepEqual(await client.topicNames(), ['here'])
    assert.deepEqual(await other.topicNames(), ['there'])
    assert.ok(!(await second.metrics()).includes('topic="here"'))
  })
})

describe('a broker on the disk', () => {
  let directory: string
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'gregor-test-'))
  })
  after(() => rmSync(directory, { recursive: true, force: true }))

  it('goes on with what is in its directory', async () => {
    let topicId: string
    let clusterId: string
    {
      await using broker = await startBroker({ directory })
      clusterId = broker.clusterId
      await using client = await ClientFixture.connect(broker)
      topicId = await client.createTopic('kept')
      await client.produce(topicId, ['one', 'two', 'three'])
    }
    await using broker = await startBroker({ directory })
    await using client = await ClientFixture.connect(broker)
    assert.equal(broker.clusterId, clusterId)
    assert.deepEqual(await client.consume(topicId), ['one', 'two', 'three'])
  })

  it('has its directory for itself', async () => {
    await using broker = await startBroker({ directory })
    assert.ok(broker.port > 0)
    await assert.rejects(startBroker({ directory }), (error) => {
      assert.ok(error instanceof ConfigError)
      assert.match(error.message, /is in use/)
      return true
    })
  })

  it('keeps a temporary directory only while it runs', async () => {
    const broker = await startBroker()
    const [path] = /[^"]*gregor-[^"]*/.exec(await broker.metrics()) ?? ['']
    assert.ok(existsSync(join(path, 'meta.properties')))
    await broker.stop()
    assert.ok(!existsSync(path))
  })

  it('says why it cannot use a directory', async () => {
    const lines: string[] = []
    const starting = startBroker({ directory: '/dev/null/data', writeLog: (line) => void lines.push(line) })
    await assert.rejects(starting, (error) => error instanceof DiskError && error.code === 'ENOTDIR')
    assert.match(lines.join(''), /a log directory cannot be used directory=\/dev\/null\/data/)
  })
})

describe('options that cannot be', () => {
  it('are refused with the key, the value and what is allowed', async () => {
    await assert.rejects(startBroker({ memory: true, properties: { 'num.partitions': 0 } }), (error) => {
      assert.ok(error instanceof ConfigError)
      assert.match(error.message, /^num\.partitions=0: .*1/)
      return true
    })
  })

  it('are warned about in the log where nobody knows the key', async () => {
    const lines: string[] = []
    await using broker = await startBroker({
      memory: true,
      properties: { 'num.partition': 3 },
      writeLog: (line) => void lines.push(line),
    })
    assert.ok(broker.port > 0)
    assert.equal(lines.length, 1)
    assert.match(lines[0] ?? '', /WARN num\.partition: is not known; did you mean num\.partitions\?/)
  })
})
