import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ByteReader, ByteWriter, MalformedMessageError } from '@gregor/base'
import { CreateTopics, decodeResponse, DescribeQuorum, encodeRequest, errorCode } from '@gregor/protocol'
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
