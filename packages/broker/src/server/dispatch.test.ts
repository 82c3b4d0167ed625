import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ByteWriter } from '@gregor/base'
import {
  ApiVersions,
  CreateTopics,
  DescribeCluster,
  encodeRequestHeader,
  errorCode,
  Fetch,
  Metadata,
  Produce,
} from '@gregor/protocol'
import { BrokerFixture, batchOf, FixtureConnection, frameOf } from '../broker-fixture.ts'
import { Dispatcher } from './dispatch.ts'
import { defineHandler } from './handler.ts'
import { RequestMetrics } from './request-metrics.ts'

const software = { clientSoftwareName: 'test', clientSoftwareVersion: '1.0' }

function headerOf(apiKey: number, apiVersion: number, body: Buffer = Buffer.alloc(0)): Buffer {
  const writer = new ByteWriter()
  writer.int16(apiKey)
  writer.int16(apiVersion)
  writer.int32(1)
  writer.int16(-1)
  writer.append(body)
  return writer.toBuffer()
}

describe('dispatch', () => {
  it('closes the connection of an API that nobody knows, and says so once in the log', async () => {
    await using fixture = await BrokerFixture.start()
    assert.equal(await fixture.exchange(headerOf(999, 0)), 'close')
    assert.equal(fixture.broker.requestMetrics.rejected, 1)
    const line = 'INFO Closing a connection whose request is not understood'
    assert.equal(fixture.environment.logger.lines('info').filter((each) => each === line).length, 1)
  })

  it('closes the connection of a version that is not served, advertised or not', async () => {
    await using fixture = await BrokerFixture.start()
    assert.equal(await fixture.exchange(headerOf(Metadata.key, 99)), 'close')
    // Produce 0 is advertised for the sake of old clients, and refused.
    assert.equal(await fixture.exchange(headerOf(Produce.key, 0)), 'close')
    assert.equal(await fixture.exchange(headerOf(Metadata.key, -1)), 'close')
  })

  it('closes the connection of a frame that is cut off, at every byte', async () => {
    await using fixture = await BrokerFixture.start()
    const topics = [{ name: 't', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }]
    const frame = frameOf(CreateTopics, 7, { topics, timeoutMs: 1 })
    for (let length = 0; length < frame.length; length++) {
      assert.equal(await fixture.exchange(frame.subarray(0, length)), 'close', `${length} bytes`)
    }
  })

  it('answers ApiVersions in a version from the future in version 0, whatever stands behind the header', async () => {
    await using fixture = await BrokerFixture.start()
    const answer = await fixture.exchange(headerOf(ApiVersions.key, 99, Buffer.from('\0 whatever')))
    // Correlation id 1, error 35, one API: 18, 0 to 4.
    assert.deepEqual(answer, Buffer.from('00000001' + '0023' + '00000001' + '0012' + '0000' + '0004', 'hex'))
  })

  it('refuses a request that is larger than what its API can have to say', async () => {
    await using fixture = await BrokerFixture.start()
    const frame = Buffer.concat([frameOf(DescribeCluster, 0, { includeClusterAuthorizedOperations: false })])
    assert.ok((await fixture.exchange(frame)) instanceof Buffer)
    const large = Buffer.concat([frame, Buffer.alloc(8 * 1_048_576)])
    assert.equal(await fixture.exchange(large), 'close')
  })

  it('refuses a request that would unpack to more than a million elements', async () => {
    await using fixture = await BrokerFixture.start()
    const writer = new ByteWriter()
    encodeRequestHeader(Metadata, { apiVersion: 9, correlationId: 1, clientId: null }, writer)
    writer.uvarint(1_000_002)
    // Each topic: an empty name and an empty tag buffer.
    writer.append(Buffer.from('0100'.repeat(1_000_001), 'hex'))
    writer.append(Buffer.from('00000000', 'hex'))
    assert.equal(await fixture.exchange(writer.toBuffer()), 'close')
  })

  it('takes a large Produce: its records are not unpacked', async () => {
    await using fixture = await BrokerFixture.start()
    const topicId = await fixture.createTopic('t', { configs: { 'max.message.bytes': '20000000' } })
    assert.equal(await fixture.produce(topicId, 0, ['x'.repeat(9_000_000)]), 0)
  })

  it('answers nothing to a Produce with acks=0, and closes where it failed', async () => {
    await using fixture = await BrokerFixture.start()
    const topicId = await fixture.createTopic('t')
    const produce = (index: number) => ({
      transactionalId: null,
      acks: 0,
      timeoutMs: 1000,
      topicData: [{ topicId, partitionData: [{ index, records: batchOf(['a']) }] }],
    })
    assert.equal(await fixture.exchange(frameOf(Produce, 13, produce(0))), null)
    assert.equal(await fixture.exchange(frameOf(Produce, 13, produce(7))), 'close')
  })

  it('lets what comes before the node is ready wait for its answer', async () => {
    await using fixture = await BrokerFixture.start()
    const { services, requestMetrics } = fixture.broker
    const echo = defineHandler(ApiVersions, {
      handle: () => ({ errorCode: 0, apiKeys: [] }),
      refuse: () => ({ errorCode: 1, apiKeys: [] }),
    })
    const dispatcher = new Dispatcher({ handlers: [echo], services, metrics: requestMetrics })
    const frame = frameOf(ApiVersions, 4, software)
    let isAnswered = false
    const answer = dispatcher.exchange(frame, new FixtureConnection()).then(() => (isAnswered = true))
    await fixture.advance(10_000)
    assert.equal(isAnswered, false)
    dispatcher.open()
    await fixture.run(answer)
    assert.equal(isAnswered, true)
  })

  it('answers what a handler throws, now or later, with UNKNOWN_SERVER_ERROR, and logs it once', async () => {
    await using fixture = await BrokerFixture.start()
    for (const isLate of [false, true]) {
      const failing = defineHandler(ApiVersions, {
        handle() {
          const error = new Error('broken')
          if (isLate) return Promise.reject(error)
          throw error
        },
        refuse: (_request, error) => ({ errorCode: errorCode(error), apiKeys: [] }),
      })
      const metrics = new RequestMetrics()
      const dispatcher = new Dispatcher({ handlers: [failing], services: fixture.broker.services, metrics })
      dispatcher.open()
      const answer = await fixture.run(dispatcher.exchange(frameOf(ApiVersions, 0, software), new FixtureConnection()))
      assert.ok(Array.isArray(answer))
      assert.equal(Buffer.concat(answer).readInt16BE(4), -1)
      assert.deepEqual([...metrics.of('ApiVersions').errors], [[-1, 1]])
    }
    assert.deepEqual(fixture.environment.logger.lines('error'), [
      'ERROR ApiVersions failed',
      'ERROR ApiVersions failed',
    ])
  })

  it('answers each request in the version it came in', async () => {
    await using fixture = await BrokerFixture.start()
    for (const version of [4, 8, 11, 12, 13, 17]) {
      const request = { maxWaitMs: 0, minBytes: 0, topics: [] }
      const answer = await fixture.call(Fetch, request, { version })
      assert.equal(answer.responses.length, 0, `v${version}`)
    }
  })
})
