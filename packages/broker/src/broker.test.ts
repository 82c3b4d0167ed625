import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConfigError } from '@gregor/config'
import { Metadata } from '@gregor/protocol'
import { SimulatedWorld, simulatedEnvironment } from '@gregor/testkit/simulation'
import { Broker } from './broker.ts'
import { BrokerFixture, fixtureConfig } from './broker-fixture.ts'

describe('a broker', () => {
  it('finds its topics and their records again after a stop', async () => {
    const first = await BrokerFixture.start()
    const id = await first.createTopic('orders', { partitions: 2 })
    assert.equal(await first.produce(id, 1, ['a', 'b']), 0)
    await first[Symbol.asyncDispose]()

    await using second = await BrokerFixture.start({ environment: first.environment })
    const { topics } = await second.call(Metadata, { topics: null })
    assert.deepEqual(
      topics.map(({ name, topicId, partitions }) => [name, topicId, partitions.length]),
      [['orders', id, 2]],
    )
    assert.equal(await second.produce(id, 1, ['c']), 2)
  })

  it('finds them after it was killed', async () => {
    const world = new SimulatedWorld({ seed: 3 })
    const node = world.node('broker')
    const first = await BrokerFixture.start({ environment: node.environment })
    const id = await first.createTopic('orders')
    assert.equal(await first.produce(id, 0, ['a', 'b']), 0)
    node.kill()
    await using second = await BrokerFixture.start({ environment: node.environment })
    assert.equal(await second.produce(id, 0, ['c']), 2)
  })

  it('stops once, however often it is asked to', async () => {
    const fixture = await BrokerFixture.start()
    assert.equal(fixture.broker.stop(), fixture.broker.stop())
    await fixture.run(fixture.broker.stop())
    assert.deepEqual(
      fixture.environment.logger.lines('info').filter((line) => line === 'INFO Stopped'),
      ['INFO Stopped'],
    )
  })

  it('keeps the cluster id it began with', async () => {
    const first = await BrokerFixture.start()
    const { clusterId } = first.broker
    await first[Symbol.asyncDispose]()
    await using second = await BrokerFixture.start({ environment: first.environment })
    assert.equal(second.broker.clusterId, clusterId)
  })

  it('refuses the directory of another node, and leaves it free', async () => {
    const first = await BrokerFixture.start()
    await first[Symbol.asyncDispose]()
    const { environment } = first
    const properties = { 'process.roles': 'broker,controller', 'node.id': '2', 'controller.quorum.voters': '2@h:1' }
    const cluster = { ...properties, 'controller.listener.names': 'CONTROLLER' }
    await assert.rejects(BrokerFixture.start({ environment, properties: cluster }), ConfigError)
    await using second = await BrokerFixture.start({ environment })
    assert.equal(second.broker.services.nodeId, 1)
  })

  it('does not start without a place for its metadata, and says what to do', async () => {
    const environment = simulatedEnvironment(1)
    environment.disk.faults.add({ operation: 'makeDirectory', path: /gregor/, times: 10 })
    const config = fixtureConfig({})
    await assert.rejects(environment.time.run(Broker.start({ environment, config })))
    environment.disk.faults.clear()
    await using fixture = await BrokerFixture.start({ environment })
    assert.ok(fixture.broker.clusterId.length > 0)
  })

  it('takes what its config warns of to the log', async () => {
    await using fixture = await BrokerFixture.start({ properties: { 'no.such.config': '1' } })
    assert.ok(fixture.environment.logger.lines('warn').some((line) => line.includes('no.such.config')))
  })

  it('lets time pass without a client, and stays registered', async () => {
    await using fixture = await BrokerFixture.start()
    await fixture.advance(1_300_000)
    assert.equal(fixture.broker.services.metadata.image.brokers.get(1)?.fenced, false)
    assert.deepEqual(fixture.environment.logger.lines('error'), [])
  })
})
