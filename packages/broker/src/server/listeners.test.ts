import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ByteWriter } from '@gregor/base'
import { ConfigError } from '@gregor/config'
import {
  AlterClientQuotas,
  CreateTopics,
  DescribeCluster,
  encodeRequest,
  encodeRequestHeader,
  IncrementalAlterConfigs,
  Metadata,
  type Api,
  type RequestInput,
} from '@gregor/protocol'
import { SimulatedWorld } from '@gregor/testkit/simulation'
import { ClientConnection, ConnectionResources } from '@gregor/transport'
import { BrokerFixture } from '../broker-fixture.ts'

interface Client {
  readonly connection: ClientConnection
  /** The answer, without its correlation id. */
  ask<A extends Api>(api: A, version: number, request: RequestInput<A>): Promise<Buffer>
}

const resources = new ConnectionResources()

/** Connects from another host of the broker’s world. */
async function clientOf(fixture: BrokerFixture, world: SimulatedWorld, hostName = 'client'): Promise<Client> {
  const { environment } = world.node(hostName)
  const [address] = fixture.broker.addresses
  assert.ok(address !== undefined)
  const options = { environment, host: 'broker', port: address.port, resources, connectTimeoutMs: 1000 }
  const connection = await fixture.run(ClientConnection.open(options))
  const ask: Client['ask'] = (api, version, request) => {
    const encode = (correlationId: number): readonly Uint8Array[] => {
      const writer = new ByteWriter()
      encodeRequestHeader(api, { apiVersion: version, correlationId, clientId: 'test' }, writer)
      encodeRequest(api, version, request as never, writer)
      return writer.finish()
    }
    return connection.request(encode, { timeoutMs: 600_000 })
  }
  return { connection, ask }
}

async function startIn(
  world: SimulatedWorld,
  properties: Readonly<Record<string, string>> = {},
): Promise<BrokerFixture> {
  const { environment } = world.node('broker')
  return BrokerFixture.start({ environment, properties: { listeners: 'PLAINTEXT://broker:9092', ...properties } })
}

const metadata = { topics: [] }

async function setBrokerConfig(fixture: BrokerFixture, name: string, value: string): Promise<void> {
  const configs = [{ name, configOperation: 0, value }]
  const resource = { resourceType: 4, resourceName: '1', configs }
  const { responses } = await fixture.call(IncrementalAlterConfigs, { resources: [resource], validateOnly: false })
  assert.equal(responses[0]?.errorCode, 0, responses[0]?.errorMessage ?? '')
}

describe('the listeners of a broker', () => {
  it('answer requests over the network, and tell of the address that the client came to', async () => {
    const world = new SimulatedWorld({ seed: 1 })
    await using fixture = await startIn(world)
    const { ask } = await clientOf(fixture, world)
    assert.ok((await fixture.run(ask(Metadata, 12, metadata))).length > 0)
    assert.deepEqual(
      fixture.broker.addresses.map(({ host, port }) => [host, port]),
      [['broker', 9092]],
    )
  })

  it('leave a client over its quota unread for the time it was told', async () => {
    const world = new SimulatedWorld({ seed: 1 })
    await using fixture = await startIn(world)
    const entity = [{ entityType: 'user', entityName: 'ANONYMOUS' }]
    const ops = [{ key: 'controller_mutation_rate', value: 1, remove: false }]
    await fixture.call(AlterClientQuotas, { entries: [{ entity, ops }], validateOnly: false })
    const { ask } = await clientOf(fixture, world)
    const topic = (name: string) => ({ name, numPartitions: 16, replicationFactor: 1, assignments: [], configs: [] })
    await fixture.run(ask(CreateTopics, 7, { topics: [topic('a'), topic('b')], timeoutMs: 1000 }))
    const askedMs = world.time.nowMs
    await fixture.run(ask(Metadata, 12, metadata))
    // 11 tokens, 16 partitions: the second topic is 5 s too early.
    const waitedMs = world.time.nowMs - askedMs
    assert.ok(waitedMs > 4_900 && waitedMs < 5_100, `${waitedMs}`)
  })

  it('hold to limits that change while they are open', async () => {
    const world = new SimulatedWorld({ seed: 1 })
    await using fixture = await startIn(world)
    await setBrokerConfig(fixture, 'max.connections', '1')
    const first = await clientOf(fixture, world)
    await fixture.run(first.ask(Metadata, 12, metadata))
    const second = await clientOf(fixture, world)
    let isAnswered = false
    const answer = second.ask(Metadata, 12, metadata).then(() => (isAnswered = true))
    await fixture.advance(5_000)
    assert.equal(isAnswered, false)
    await setBrokerConfig(fixture, 'max.connections', '2')
    await fixture.run(answer)
  })

  it('close what an address has too many of', async () => {
    const world = new SimulatedWorld({ seed: 1 })
    await using fixture = await startIn(world, { 'max.connections.per.ip': '1' })
    const first = await clientOf(fixture, world)
    await fixture.run(first.ask(Metadata, 12, metadata))
    const second = await clientOf(fixture, world)
    await assert.rejects(fixture.run(second.ask(Metadata, 12, metadata)), /closed|broke/)
    const elsewhere = await clientOf(fixture, world, 'elsewhere')
    await fixture.run(elsewhere.ask(Metadata, 12, metadata))
  })

  it('give an address its own limit where max.connections.per.ip.overrides names it', async () => {
    const world = new SimulatedWorld({ seed: 1 })
    const overrides = { 'max.connections.per.ip': '0', 'max.connections.per.ip.overrides': '10.0.0.3:1,10.0.0.4:1' }
    await using fixture = await startIn(world, overrides)
    const refused = await clientOf(fixture, world, 'one')
    await assert.rejects(fixture.run(refused.ask(Metadata, 12, metadata)), /closed|broke/)
    const allowed = await clientOf(fixture, world, 'two')
    await fixture.run(allowed.ask(Metadata, 12, metadata))
  })

  it('slow down who connects too often, by address', async () => {
    const world = new SimulatedWorld({ seed: 1 })
    await using fixture = await startIn(world)
    const entity = [{ entityType: 'ip', entityName: null }]
    const ops = [{ key: 'connection_creation_rate', value: 1, remove: false }]
    await fixture.call(AlterClientQuotas, { entries: [{ entity, ops }], validateOnly: false })
    const connections: ClientConnection[] = []
    for (let count = 0; count < 15; count++) connections.push((await clientOf(fixture, world)).connection)
    await fixture.advance(2_000)
    // Ten at once are one a second in a window of ten; the next may come after a while.
    assert.equal(connections.filter(({ isOpen }) => isOpen).length, 10)
    const elsewhere = await clientOf(fixture, world, 'elsewhere')
    await fixture.run(elsewhere.ask(Metadata, 12, metadata))
  })

  it('do not open for a protocol that is not served, and say which', async () => {
    const properties = { listeners: 'SSL://broker:9092', 'inter.broker.listener.name': 'SSL' }
    await assert.rejects(startIn(new SimulatedWorld({ seed: 1 }), properties), (error: unknown) => {
      assert.ok(error instanceof ConfigError)
      assert.match(error.message, /listeners: SSL:\/\/broker:9092 needs TLS or SASL, .*; allowed is PLAINTEXT/)
      return true
    })
  })

  it('leave nothing open where one of them cannot be', async () => {
    const world = new SimulatedWorld({ seed: 1 })
    await using other = await startIn(world)
    const properties = { 'log.dirs': '/elsewhere', listeners: 'A://broker:9094,B://broker:9092' }
    const map = { 'listener.security.protocol.map': 'A:PLAINTEXT,B:PLAINTEXT', 'inter.broker.listener.name': 'A' }
    await assert.rejects(startIn(world, { ...properties, ...map }), { name: 'NetworkError' })
    assert.ok(other.broker.addresses.length > 0)
    // The address and the directory are free again.
    await using third = await startIn(world, { 'log.dirs': '/elsewhere', listeners: 'PLAINTEXT://broker:9094' })
    assert.equal(third.broker.addresses[0]?.port, 9094)
  })
})

describe('the listener of the controller', () => {
  const withController = {
    listeners: 'PLAINTEXT://broker:9092,CONTROLLER://broker:9093',
    'controller.listener.names': 'CONTROLLER',
  }

  it('is bound where it is named, and known to the cluster with its port', async () => {
    const world = new SimulatedWorld({ seed: 1 })
    await using fixture = await startIn(world, withController)
    const { controllers } = fixture.broker.services.metadata.image
    assert.deepEqual(
      [...(controllers.get(1)?.listeners.values() ?? [])],
      [{ name: 'CONTROLLER', host: 'broker', port: 9093, securityProtocol: 0 }],
    )
    const environment = world.node('client').environment
    const options = { environment, host: 'broker', port: 9093, resources, connectTimeoutMs: 1000 }
    const connection = await fixture.run(ClientConnection.open(options))
    const encode = (correlationId: number): readonly Uint8Array[] => {
      const writer = new ByteWriter()
      encodeRequestHeader(DescribeCluster, { apiVersion: 1, correlationId, clientId: 'test' }, writer)
      encodeRequest(DescribeCluster, 1, { includeClusterAuthorizedOperations: false, endpointType: 2 }, writer)
      return writer.finish()
    }
    const answer = await fixture.run(connection.request(encode, { timeoutMs: 1000 }))
    assert.ok(answer.includes('broker'))
    // What only brokers answer ends the connection.
    const asked = connection.request(
      (correlationId) => {
        const writer = new ByteWriter()
        encodeRequestHeader(Metadata, { apiVersion: 12, correlationId, clientId: 'test' }, writer)
        encodeRequest(Metadata, 12, metadata, writer)
        return writer.finish()
      },
      { timeoutMs: 1000 },
    )
    await assert.rejects(fixture.run(asked), /closed|broke/)
  })

  it('is not there where nobody named it', async () => {
    await using fixture = await startIn(new SimulatedWorld({ seed: 1 }))
    assert.equal(fixture.broker.services.metadata.image.controllers.size, 0)
  })
})
