import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { simulatedEnvironment } from '@gregor/testkit/simulation'
import { Fetch, Metadata } from '@gregor/protocol'
import { FixtureProducer, fewPartitions, produceInTransaction, unverified } from '../apis/transaction-fixture.ts'
import { BrokerFixture } from '../broker-fixture.ts'
import { Monitoring } from './monitoring.ts'
import { NodeState } from './node-state.ts'

const port = 9404
const properties = { 'gregor.monitoring.address': `127.0.0.1:${port}` }

async function metricsOf({ environment }: BrokerFixture): Promise<ReadonlyMap<string, number>> {
  const { status, contentType, body } = await environment.http.get(port, '/metrics')
  assert.deepEqual([status, contentType], [200, 'text/plain; version=0.0.4; charset=utf-8'])
  const lines = String(body)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]))
}

async function healthOf({
  environment,
}: Pick<BrokerFixture, 'environment'>): Promise<[number, Record<string, unknown>]> {
  const { status, body } = await environment.http.get(port, '/health')
  return [status, JSON.parse(String(body)) as Record<string, unknown>]
}

describe('/health', () => {
  it('answers 200 and says what is served while the node is running', async () => {
    await using node = await BrokerFixture.start({ properties })
    await node.createTopic('orders', { partitions: 3 })
    const [status, { since, ...health }] = await healthOf(node)
    assert.equal(status, 200)
    assert.match(String(since), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    assert.deepEqual(health, {
      state: 'running',
      nodeId: 1,
      clusterId: node.broker.clusterId,
      partitions: 3,
      offlinePartitions: 0,
      offlineDirectories: [],
    })
  })

  it('answers 503 before there is a node', async () => {
    const environment = simulatedEnvironment(1)
    const monitoring = await Monitoring.open({
      environment,
      address: `127.0.0.1:${port}`,
      state: new NodeState(environment.clock),
    })
    assert.equal(monitoring.url, `http://127.0.0.1:${port}`)
    const [status, { state }] = await healthOf({ environment })
    assert.deepEqual([status, state], [503, 'starting'])
    await monitoring.close()
    assert.equal(monitoring.url, undefined)
    await assert.rejects(environment.http.get(port, '/health'))
  })

  it('names the directory that has failed, and counts its partitions', async () => {
    await using node = await BrokerFixture.start({ properties: { ...properties, 'log.dirs': '/first,/second' } })
    const topicId = await node.createTopic('orders', { partitions: 2 })
    node.environment.disk.faults.add({ operation: 'write', path: /^\/second\/orders-/, times: Infinity })
    await Promise.allSettled([node.produce(topicId, 0, ['one']), node.produce(topicId, 1, ['one'])])
    const [status, { state, partitions, offlinePartitions, offlineDirectories }] = await healthOf(node)
    assert.deepEqual([status, state, partitions, offlinePartitions], [200, 'running', 1, 1])
    assert.deepEqual(offlineDirectories, ['/second'])
  })
})

describe('/metrics', () => {
  it('counts what topics take in and give out, in all and by topic', async () => {
    await using node = await BrokerFixture.start({ properties })
    const topicId = await node.createTopic('orders')
    await node.produce(topicId, 0, ['one', 'two'])
    await node.call(Fetch, {
      maxWaitMs: 0,
      minBytes: 0,
      topics: [{ topicId, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000 }] }],
      forgottenTopicsData: [],
    })
    const metrics = await metricsOf(node)
    for (const topic of ['', 'orders']) {
      const of = (name: string): number | undefined =>
        metrics.get(`kafka_server_brokertopicmetrics_${name}_total{topic="${topic}"}`)
      assert.equal(of('messagesin'), 2)
      assert.equal(of('bytesin'), of('bytesout'))
      assert.equal(of('totalproducerequests'), 1)
      assert.equal(of('totalfetchrequests'), 1)
      assert.equal(of('failedproducerequests'), 0)
    }
  })

  it('counts requests and the errors in their answers', async () => {
    await using node = await BrokerFixture.start({
      properties: { ...properties, 'auto.create.topics.enable': 'false' },
    })
    await node.call(Metadata, { topics: [{ name: 'nowhere' }] })
    const metrics = await metricsOf(node)
    assert.equal(metrics.get('kafka_network_requestmetrics_requests_total{request="Metadata",version="13"}'), 1)
    assert.equal(
      metrics.get('kafka_network_requestmetrics_errors_total{request="Metadata",error="UNKNOWN_TOPIC_OR_PARTITION"}'),
      1,
    )
    const names = [...metrics.keys()].filter((name) => name.startsWith('kafka_network_requestmetrics_requests_total'))
    assert.deepEqual(names, ['kafka_network_requestmetrics_requests_total{request="Metadata",version="13"}'])
  })

  it('tells partitions, leaders, the controller and the quorum', async () => {
    await using node = await BrokerFixture.start({ properties })
    const topicId = await node.createTopic('orders', { partitions: 2 })
    await node.produce(topicId, 1, ['one', 'two', 'three'])
    const metrics = await metricsOf(node)
    const expected = {
      kafka_server_kafkaserver_brokerstate: 3,
      kafka_server_replicamanager_partitioncount: 2,
      kafka_server_replicamanager_leadercount: 2,
      kafka_server_replicamanager_offlinereplicacount: 0,
      kafka_server_replicamanager_underreplicatedpartitions: 0,
      kafka_server_replicamanager_underminisrpartitioncount: 0,
      kafka_server_replicamanager_atminisrpartitioncount: 2,
      kafka_controller_kafkacontroller_activecontrollercount: 1,
      kafka_controller_kafkacontroller_globaltopiccount: 1,
      kafka_controller_kafkacontroller_globalpartitioncount: 2,
      kafka_controller_kafkacontroller_offlinepartitionscount: 0,
      kafka_controller_kafkacontroller_preferredreplicaimbalancecount: 0,
      kafka_controller_kafkacontroller_activebrokercount: 1,
      kafka_controller_kafkacontroller_fencedbrokercount: 0,
      'kafka_server_raftmetrics_current_state{state="leader"}': 1,
      kafka_server_raftmetrics_current_leader: 1,
      'kafka_log_log_logendoffset{topic="orders",partition="1"}': 3,
      'kafka_log_log_logstartoffset{topic="orders",partition="1"}': 0,
      'kafka_log_log_numlogsegments{topic="orders",partition="0"}': 1,
      kafka_log_logmanager_offlinelogdirectorycount: 0,
      'kafka_log_logmanager_logdirectoryoffline{logDirectory="/gregor"}': 0,
    }
    assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, metrics.get(name)])), expected)
  })

  it('tells transactions, what coordinators would not confirm, and what hangs', async () => {
    await using node = await BrokerFixture.start({ properties: { ...properties, ...fewPartitions } })
    const topic = { topic: 't', topicId: await node.createTopic('t') }
    const producers = ['a', 'b'].map((id) => new FixtureProducer(node, id, { bumpsEpoch: false }))
    for (const producer of producers) await producer.init()
    await producers[0]?.send(topic, ['open'])
    const stranger = { producerId: 424_242, transactionalId: 'b' }
    assert.equal((await produceInTransaction(node, topic, ['no'], stranger)).error, 'INVALID_PRODUCER_ID_MAPPING')
    const before = await metricsOf(node)
    const partitions = 'kafka_server_addpartitionstotxnmanager'
    const expected = {
      'gregor_transactions{state="Ongoing"}': 1,
      'gregor_transactions{state="Empty"}': 1,
      [`${partitions}_verificationfailure_total`]: 1,
      [`${partitions}_verificationtimems_count`]: 2,
      kafka_server_replicamanager_partitionswithlatetransactionscount: 0,
    }
    assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, before.get(name)])), expected)
  })

  it('counts partitions with transactions that nobody ends', async () => {
    await using node = await BrokerFixture.start({ properties: { ...properties, ...unverified } })
    const topic = { topic: 't', topicId: await node.createTopic('t') }
    await produceInTransaction(node, topic, ['left alone'], { producerId: 424_242 })
    const late = 'kafka_server_replicamanager_partitionswithlatetransactionscount'
    await node.advance(1_190_000)
    assert.equal((await metricsOf(node)).get(late), 0)
    await node.advance(20_000)
    assert.equal((await metricsOf(node)).get(late), 1)
  })

  it('are gone from the registry when the node has stopped', async () => {
    const node = await BrokerFixture.start({ properties })
    await node.run(node.broker.stop())
    assert.equal(await node.environment.metrics.exposition(), '')
  })
})

describe('what is neither', () => {
  it('is answered with what there is', async () => {
    await using node = await BrokerFixture.start({ properties })
    const { status, body } = await node.environment.http.get(port, '/')
    assert.deepEqual([status, body], [404, 'There are /health, /metrics, /groups and /groups/GROUP/events.\n'])
  })
})
