import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Metadata, Produce, type ProduceRequest } from '@gregor/protocol'
import { SimulatedWorld } from '@gregor/testkit/simulation'
import { type RequestTrace, requestTraces } from './cluster/request-trace.ts'
import { ScriptedNode } from './cluster/scripted-node.ts'
import type { ConsumerRecord } from './consumer/consumer-record.ts'
import type { HandlerContext } from './consumer/processing/record-processor.ts'
import { type ConnectOptions, type Kafka, connect } from './kafka.ts'
import { type ProcessTrace, type SendTrace, processTraces, sendTraces, tracedHandler } from './record-traces.ts'

class Place {
  readonly world = new SimulatedWorld({ seed: 1 })
  readonly environment = this.world.node('client').environment
  node: ScriptedNode | undefined

  static async open(): Promise<Place> {
    const place = new Place()
    place.node = await ScriptedNode.listen({ network: place.world.node('n1').environment.network, port: 9092 })
    place.node
      .on(Metadata, ({ topics }) => ({
        brokers: [{ nodeId: 1, host: 'n1', port: 9092 }],
        controllerId: 1,
        clusterId: 'c',
        topics: (topics ?? []).map(({ name }) => ({
          name: name ?? 't',
          errorCode: 0,
          partitions: [
            {
              partitionIndex: 0,
              errorCode: 0,
              leaderId: 1,
              leaderEpoch: 0,
              replicaNodes: [1],
              isrNodes: [1],
              offlineReplicas: [],
            },
          ],
        })),
      }))
      .on(Produce, ({ topicData }) => ({
        responses: topicData.map(({ name, topicId }) => ({
          name,
          topicId,
          partitionResponses: [{ index: 0, errorCode: 0, baseOffset: 7 }],
        })),
      }))
    return place
  }

  connect(options: ConnectOptions = {}): Promise<Kafka> {
    return this.world.time.run(connect({ bootstrap: 'n1:9092', environment: this.environment, ...options }))
  }

  get logged(): readonly string[] {
    return this.environment.logger.entries.filter(({ level }) => level === 'warn').map(({ message }) => message)
  }
}

describe('connect', () => {
  it('is over once a node has answered', async () => {
    const place = await Place.open()
    const kafka = await place.connect({ clientId: 'me' })
    assert.equal(kafka.cluster.metadata.clusterId, 'c')
    assert.equal(place.node?.requests[0]?.clientId, 'me')
    await place.world.time.run(kafka.close())
  })

  it('waits for a cluster that comes later, and says meanwhile what is wrong', async () => {
    const place = await Place.open()
    await place.node?.stop()
    place.environment.clock.schedule(5000, () => void place.node?.start())
    const kafka = await place.connect()
    assert.ok(place.world.time.nowMs >= 5000 && place.world.time.nowMs < 7000, `${place.world.time.nowMs}`)
    assert.deepEqual(place.logged, ['A connection could not be set up'])
    await place.world.time.run(kafka.close())
  })

  it('gives up when its time is up, with the reason of each address', async () => {
    const place = await Place.open()
    await assert.rejects(place.connect({ bootstrap: ['n1:1', 'n1:2'], timeoutMs: 3000 }), {
      name: 'TimeoutError',
      message: /^connecting was not done within 3000 ms .*n1:[12] could not be connected to: nobody listens there/,
    })
    assert.ok(place.world.time.nowMs <= 3000)
  })

  it('ends with the reason of the signal', async () => {
    const place = await Place.open()
    const abort = new AbortController()
    const reason = new Error('enough')
    place.environment.clock.schedule(50, () => abort.abort(reason))
    await assert.rejects(place.connect({ bootstrap: 'n1:1', signal: abort.signal }), reason)
  })

  for (const [options, message] of [
    [{ bootstrap: [] }, /names no server/],
    [{ bootstrapServer: 'n1:9092' }, /^connect: there is no option bootstrapServer\. Did you mean bootstrapServers\?$/],
    [{ properties: { 'linger.mss': 5 } }, /^properties: there is no option linger\.mss\. Did you mean linger\.ms\?$/],
    [{ securityProtocol: 'SASL_SSL' }, /^Invalid value GSSAPI for configuration sasl\.mechanism/],
    [{ requestTimeoutMs: -1 }, /request\.timeout\.ms: Value must be at least 0/],
  ] as const) {
    it(`refuses ${JSON.stringify(options)}`, async () => {
      const place = await Place.open()
      await assert.rejects(place.connect(options as ConnectOptions), { name: 'ConfigError', message })
    })
  }

  it('takes a file of the ecosystem, and warns of what it cannot use', async () => {
    const place = await Place.open()
    const properties = new Map([
      ['bootstrap.servers', 'n1:9092'],
      ['acks', '1'],
      ['group.id', 'g'],
      ['key.serializer', 'x'],
      ['foo', 'bar'],
    ])
    const kafka = await place.connect({ bootstrap: undefined, properties, unknownProperties: 'warn' })
    assert.deepEqual(place.logged, [
      'properties: key.serializer changes nothing here: give a serializer to the producer.',
      'properties: there is no option foo. Remove it.',
    ])
    await place.world.time.run(kafka.close())
  })
})

describe('clients', () => {
  it('start from what was given for all, and from what was given for them', async () => {
    const place = await Place.open()
    const kafka = await place.connect({ properties: { acks: 1, 'linger.ms': 0 }, requestTimeoutMs: 1234 })
    const sent = kafka.producer().send('t', { value: 'v' })
    assert.equal((await place.world.time.run(sent)).offset, 7)
    const sentSlowly = kafka
      .producer({ acks: 'all', enableIdempotence: false, requestTimeoutMs: 4321 })
      .send('t', { value: 'v' })
    await place.world.time.run(sentSlowly)
    const requests = place.node?.asked(Produce).map(({ request }) => request as { acks: number; timeoutMs: number })
    assert.deepEqual(
      requests?.map(({ acks, timeoutMs }) => [acks, timeoutMs]),
      [
        [1, 1234],
        [-1, 4321],
      ],
    )
    await place.world.time.run(kafka.close())
  })

  it('are closed with it, once', async () => {
    const place = await Place.open()
    const kafka = await place.connect()
    const producer = kafka.producer({ acks: '1' })
    kafka.admin()
    kafka.consumer({ groupId: 'g' })
    await place.world.time.run(Promise.all([kafka.close(), kafka[Symbol.asyncDispose]()]))
    await assert.rejects(place.world.time.run(producer.send('t', { value: 'v' })), { name: 'ClosedError' })
    await place.world.time.advance(100)
    assert.equal(place.node?.openCount, 0)
  })
})

describe('metrics', () => {
  it('count connections and requests, under Kafka’s names', async () => {
    const place = await Place.open()
    const kafka = await place.connect({ clientId: 'me' })
    await place.world.time.run(kafka.producer({ acks: '1', lingerMs: 0 }).send('t', { value: 'v' }))
    const metrics = kafka.metrics()
    assert.equal(metrics['connection-count'], 1)
    assert.equal(metrics['connection-creation-total'], 1)
    assert.equal(metrics['connection-failure-total'], 0)
    // Metadata of the cluster, of the topic, and Produce; ApiVersions is sent before counting begins.
    assert.equal(metrics['request-total'], 3)
    assert.equal(metrics['response-total'], 3)
    assert.ok((metrics['outgoing-byte-total'] ?? 0) > 100 && (metrics['incoming-byte-total'] ?? 0) > 100)
    assert.ok((metrics['request-latency-max'] ?? 0) >= (metrics['request-latency-avg'] ?? Infinity))
    const text = await kafka.exposition()
    assert.match(text, /^kafka_client_connection_creation_total\{client_id="me"\} 1$/m)
    assert.match(text, /^# TYPE kafka_client_connection_count gauge$/m)
    assert.match(text, /^kafka_producer_record_send_total\{client_id="me"\} 1$/m)
    await place.world.time.run(kafka.close())
    assert.equal(await kafka.exposition(), '')
  })

  it('count connections that failed or are gone', async () => {
    const place = await Place.open()
    const kafka = await place.connect({ bootstrap: ['n1:9092'] })
    await place.node?.stop()
    await place.world.time.advance(500)
    const metrics = kafka.metrics()
    assert.equal(metrics['connection-count'], 0)
    assert.equal(metrics['connection-close-total'], 1)
    assert.ok((metrics['connection-failure-total'] ?? 0) >= 2)
    await place.world.time.run(kafka.close())
  })
})

describe('a trace', () => {
  it('tells of each request and its answer, where somebody listens', async () => {
    const place = await Place.open()
    const told: string[] = []
    const tell =
      (event: string) =>
      ({ api, apiVersion, node, nodeId, error }: RequestTrace): void => {
        told.push(
          `${event} ${api} v${apiVersion} ${node} ${nodeId}${error === undefined ? '' : ` ${(error as Error).name}`}`,
        )
      }
    const listeners = { start: tell('start'), asyncEnd: tell('end'), error: tell('error') }
    const unused = (): void => undefined
    const all = { ...listeners, end: unused, asyncStart: unused }
    requestTraces.subscribe(all)
    try {
      const kafka = await place.connect()
      place.node?.on(Metadata, () => 'close')
      await assert.rejects(place.world.time.run(kafka.cluster.metadata.refresh({ timeoutMs: 1000 })))
      await place.world.time.run(kafka.close())
    } finally {
      requestTraces.unsubscribe(all)
    }
    assert.deepEqual(told.slice(0, 5), [
      'start Metadata v13 n1:9092 -1',
      'end Metadata v13 n1:9092 -1',
      'start Metadata v13 node 1 (n1:9092) 1',
      'error Metadata v13 node 1 (n1:9092) 1 ConnectionError',
      'end Metadata v13 node 1 (n1:9092) 1 ConnectionError',
    ])
  })
})

describe('a trace of a record', () => {
  it('goes from send to its acknowledgement, with headers of who listens', async () => {
    const place = await Place.open()
    const kafka = await place.connect()
    const producer = kafka.producer({ acks: '1', lingerMs: 0 })
    const told: string[] = []
    const all = {
      start: ({ topic, headers }: SendTrace) => {
        told.push(`start ${topic}`)
        headers.push(['traceparent', '00-1'])
      },
      end: () => undefined,
      asyncStart: () => undefined,
      asyncEnd: ({ result }: SendTrace) => void told.push(`end ${result?.offset}`),
      error: ({ error }: SendTrace) => void told.push(`error ${(error as Error).name}`),
    }
    sendTraces.subscribe(all)
    try {
      await place.world.time.run(producer.send('t', { value: 'v', headers: [['own', '1']] }))
      await assert.rejects(place.world.time.run(producer.send('t', { value: 'v'.repeat(2_000_000) })))
    } finally {
      sendTraces.unsubscribe(all)
    }
    await place.world.time.run(producer.send('t', { value: 'untraced' }))
    assert.deepEqual(told, ['start t', 'end 7', 'start t', 'error RecordTooLargeError', 'end undefined'])
    const [first, second] =
      place.node?.asked(Produce).map(({ request }) => (request as ProduceRequest).topicData[0]) ?? []
    const batch = first?.partitionData[0]?.records?.toString('latin1') ?? ''
    assert.match(batch, /own.*traceparent.*00-1/s)
    assert.doesNotMatch(second?.partitionData[0]?.records?.toString('latin1') ?? '', /traceparent/)
    await place.world.time.run(kafka.close())
  })

  it('goes around a handler, whether that promises something or not', async () => {
    const told: string[] = []
    const all = {
      start: ({ record }: ProcessTrace) => void told.push(`start ${record.topic}`),
      end: () => undefined,
      asyncStart: () => undefined,
      asyncEnd: () => void told.push('end'),
      error: ({ error }: ProcessTrace) => void told.push(`error ${(error as Error).message}`),
    }
    // What is not asked for need not be there.
    const record = { topic: 't' } as ConsumerRecord<string, string>
    const context = { signal: new AbortController().signal } as HandlerContext
    const failing = tracedHandler<string, string>(() => {
      throw new Error('no')
    })
    assert.throws(() => failing(record, context), { message: 'no' })
    processTraces.subscribe(all)
    try {
      assert.equal(await tracedHandler(() => 5)(record, context), 5)
      await assert.rejects(async () => failing(record, context), { message: 'no' })
    } finally {
      processTraces.unsubscribe(all)
    }
    assert.deepEqual(told, ['start t', 'end', 'start t', 'error no', 'end'])
  })
})
