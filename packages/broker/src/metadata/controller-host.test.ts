import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { ByteReader, ByteWriter, MalformedMessageError } from '@gregor/base'
import {
  CreateTopics,
  decodeResponse,
  DescribeQuorum,
  encodeRequest,
  errorCode,
  errorName,
  InitProducerId,
  UpdateFeatures,
} from '@gregor/protocol'
import { controllerHandlers } from '@gregor/controller'
import { anonymous } from '@gregor/security'
import { simulatedEnvironment } from '@gregor/testkit/simulation'
import { TimeoutError } from '@gregor/transport'
import { Broker } from '../broker.ts'
import { BrokerFixture, fixtureConfig } from '../broker-fixture.ts'

function callOf(fixture: BrokerFixture, name: string, timeoutMs: number) {
  const writer = new ByteWriter()
  const topic = { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
  encodeRequest(CreateTopics, 7, { topics: [topic], timeoutMs: 1 }, writer)
  return fixture.broker.quorum.controller.call({
    apiKey: CreateTopics.key,
    apiVersion: 7,
    body: writer.toBuffer(),
    principal: anonymous,
    clientId: 'test',
    clientAddress: '10.0.0.9',
    deadlineMs: fixture.environment.clock.monotonicMs() + timeoutMs,
  })
}

describe('the controller of a node', () => {
  it('answers once what it decided is on the disk', async () => {
    await using fixture = await BrokerFixture.start()
    fixture.environment.disk.setLatency({ minMs: 300, maxMs: 300 })
    const askedMs = fixture.environment.clock.monotonicMs()
    const body = await fixture.run(callOf(fixture, 't', 10_000))
    assert.equal(decodeResponse(CreateTopics, 7, new ByteReader(body)).topics[0]?.errorCode, 0)
    assert.ok(fixture.environment.clock.monotonicMs() - askedMs >= 300)
  })

  it('gives up at the deadline, though what was asked may still be done', async () => {
    await using fixture = await BrokerFixture.start()
    fixture.environment.disk.setLatency({ minMs: 5_000, maxMs: 5_000 })
    await assert.rejects(fixture.run(callOf(fixture, 't', 1_000)), TimeoutError)
    fixture.environment.disk.setLatency(undefined)
    await fixture.advance(10_000)
    assert.ok(fixture.broker.services.metadata.image.topics.byName.has('t'))
  })

  it('does not take an API or a version that it does not serve', async () => {
    await using fixture = await BrokerFixture.start()
    const { controller } = fixture.broker.quorum
    const request = {
      body: Buffer.alloc(0),
      principal: anonymous,
      clientId: '',
      clientAddress: '',
      deadlineMs: Infinity,
    }
    const asked = [
      { apiKey: 3, apiVersion: 0 },
      { apiKey: CreateTopics.key, apiVersion: 99 },
    ]
    for (const one of asked)
      await assert.rejects(fixture.run(controller.call({ ...request, ...one })), MalformedMessageError)
    assert.deepEqual(
      [controller.versionsOf(3), controller.versionsOf(DescribeQuorum.key)],
      [undefined, { min: 0, max: 2 }],
    )
  })

  it('describes the quorum in every version, and to those only who may know', async () => {
    const properties = {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:root',
    }
    await using fixture = await BrokerFixture.start({ properties })
    const request = { topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }] }
    const denied = await fixture.call(DescribeQuorum, request)
    assert.equal(denied.errorCode, errorCode('CLUSTER_AUTHORIZATION_FAILED'))
    const principal = { type: 'User', name: 'root', tokenAuthenticated: false }
    for (const version of [0, 1, 2]) {
      const { topics, nodes } = await fixture.call(DescribeQuorum, request, { version, principal })
      const [partition] = topics[0]?.partitions ?? []
      assert.deepEqual([partition?.leaderId, partition?.currentVoters.length], [1, 1])
      assert.equal(nodes.length, version < 2 ? 0 : 1)
    }
  })

  it('takes the node down with the disk of its log', async () => {
    const environment = simulatedEnvironment(1)
    const failures: unknown[] = []
    const onFatal = (cause: unknown): void => void failures.push(cause)
    const broker = await environment.time.run(Broker.start({ environment, config: fixtureConfig({}), onFatal }))
    environment.disk.faults.add({ operation: 'sync', path: /__cluster_metadata/ })
    const topic = { name: 't', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
    const writer = new ByteWriter()
    encodeRequest(CreateTopics, 7, { topics: [topic], timeoutMs: 1 }, writer)
    const deadlineMs = environment.clock.monotonicMs() + 1_000
    const asked = { principal: anonymous, clientId: '', clientAddress: '', deadlineMs }
    const body = writer.toBuffer()
    const call = broker.quorum.controller.call({ apiKey: CreateTopics.key, apiVersion: 7, body, ...asked })
    await assert.rejects(environment.time.run(call))
    assert.ok(failures.length > 0)
    await environment.time.run(broker.stop())
  })
})

describe('a controller whose log has no room', () => {
  it('refuses what would change the metadata, and takes it when there is room again', async () => {
    const properties = { 'metadata.max.idle.interval.ms': '500' }
    await using fixture = await BrokerFixture.start({ properties })
    const topicId = await fixture.createTopic('before')
    const { disk, logger } = fixture.environment
    disk.faults.add({ operation: 'write', path: /__cluster_metadata.*log$/, code: 'ENOSPC', times: Infinity })
    const topic = { name: 'meanwhile', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
    const refused = await fixture.call(CreateTopics, { topics: [topic], timeoutMs: 1_000 })
    assert.equal(errorName(refused.topics[0]?.errorCode ?? 0), 'KAFKA_STORAGE_ERROR')
    const newProducer = { transactionalId: null, transactionTimeoutMs: 0, producerId: -1, producerEpoch: -1 }
    const { errorCode: code } = await fixture.call(InitProducerId, newProducer)
    assert.equal(errorName(code), 'COORDINATOR_LOAD_IN_PROGRESS')
    await fixture.advance(120_000)
    assert.equal(await fixture.produce(topicId, 0, ['a']), 0)
    assert.equal(fixture.broker.services.metadata.image.brokers.get(1)?.fenced, false)
    disk.faults.clear()
    const { endOffset } = fixture.broker.quorum.log
    await fixture.createTopic('meanwhile')
    assert.equal((await fixture.call(InitProducerId, newProducer)).errorCode, 0)
    await fixture.advance(5_000)
    assert.ok(fixture.broker.quorum.log.endOffset > endOffset + 5, 'the idle records go on')
    const told = logger.lines('error').filter((line) => !line.includes('the disk is full'))
    assert.deepEqual(told, [])
  })
})

describe('a controller that throws', () => {
  async function started() {
    const environment = simulatedEnvironment(1)
    const failures: unknown[] = []
    const onFatal = (cause: unknown): void => void failures.push(cause)
    const broker = await environment.time.run(Broker.start({ environment, config: fixtureConfig({}), onFatal }))
    const { controller } = broker.quorum
    const call = (name: string, timeoutMs = 5_000): Promise<number | undefined> => {
      const writer = new ByteWriter()
      const topic = { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
      encodeRequest(CreateTopics, 7, { topics: [topic], timeoutMs: 1 }, writer)
      const deadlineMs = environment.clock.monotonicMs() + timeoutMs
      const asked = { principal: anonymous, clientId: '', clientAddress: '', deadlineMs }
      return controller
        .call({ apiKey: CreateTopics.key, apiVersion: 7, body: writer.toBuffer(), ...asked })
        .then((body) => decodeResponse(CreateTopics, 7, new ByteReader(body)).topics[0]?.errorCode)
    }
    return { environment, broker, failures, call }
  }

  /** The next `count` decisions about topics throw. */
  function breakCreateTopics(t: TestContext, count: number): void {
    const handler = controllerHandlers.find(({ api }) => api.key === CreateTopics.key)
    assert.ok(handler !== undefined)
    const { decide } = handler
    let left = count
    t.mock.method(handler, 'decide', (request: unknown, asked: Parameters<typeof decide>[1]) => {
      if (left-- > 0) throw new Error('a fault of ours')
      return decide.call(handler, request, asked)
    })
  }

  it('says so, and goes on with what is committed', async (t) => {
    const { environment, broker, failures, call } = await started()
    breakCreateTopics(t, 1)
    await assert.rejects(environment.time.run(call('lost')), { reason: 'failed' })
    assert.equal(await environment.time.run(call('next')), 0)
    assert.deepEqual([...broker.services.metadata.image.topics.byName.keys()], ['next'])
    assert.deepEqual(failures, [])
    await environment.time.run(broker.stop())
  })

  it('knows what it had written and not yet seen committed', async (t) => {
    const { environment, broker, failures, call } = await started()
    environment.disk.setLatency({ minMs: 200, maxMs: 200 })
    const written = call('written')
    breakCreateTopics(t, 1)
    const outcomes = await environment.time.run(Promise.allSettled([written, call('lost'), call('after')]))
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['rejected', 'rejected', 'fulfilled'],
    )
    assert.equal(await environment.time.run(call('written')), errorCode('TOPIC_ALREADY_EXISTS'))
    environment.disk.setLatency(undefined)
    await environment.time.advance(1_000)
    assert.deepEqual([...broker.services.metadata.image.topics.byName.keys()].toSorted(), ['after', 'written'])
    assert.deepEqual(failures, [])
    await environment.time.run(broker.stop())
  })

  it('again and again takes the node down', async (t) => {
    const { environment, broker, failures, call } = await started()
    breakCreateTopics(t, 100)
    for (let times = 1; times <= 6; times++) {
      assert.equal(failures.length, 0, `after ${times - 1} failures`)
      await assert.rejects(environment.time.run(call('lost')))
    }
    assert.equal(failures.length, 1)
    await environment.time.run(broker.stop())
  })

  it('now and then does not', async (t) => {
    const { environment, broker, failures, call } = await started()
    breakCreateTopics(t, 12)
    for (let times = 1; times <= 12; times++) {
      await assert.rejects(environment.time.run(call('lost')), { reason: 'failed' })
      await environment.time.advance(20_000)
    }
    assert.equal(await environment.time.run(call('good')), 0)
    assert.deepEqual(failures, [])
    await environment.time.run(broker.stop())
  })
})

describe('an upgrade of kraft.version', () => {
  it('is answered once the log has it', async (t) => {
    await using fixture = await BrokerFixture.start()
    const { log } = fixture.broker.quorum
    t.mock.getter(log, 'kraftVersion', () => 0)
    fixture.environment.disk.setLatency({ minMs: 100, maxMs: 100 })
    const featureUpdates = [{ feature: 'kraft.version', maxVersionLevel: 1, upgradeType: 1 }]
    const before = log.endOffset
    const body = await fixture.run(fixture.begin(UpdateFeatures, { featureUpdates }))
    assert.ok(Buffer.isBuffer(body))
    // A record to wait for, then the version and the voters.
    assert.deepEqual([log.endOffset, log.committedOffset], [before + 3, before + 3])
  })
})
