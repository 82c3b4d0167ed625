import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ApiVersions, DescribeCluster, DescribeQuorum, FindCoordinator, Heartbeat, Metadata } from '@gregor/protocol'
import { heartbeat, newPlace, options, timing } from './cluster-fixture.ts'
import { openCluster } from './kafka-cluster.ts'

describe('a node', () => {
  it('that was a bootstrap server keeps its connection', async () => {
    const { world, cluster, nodes } = await newPlace(1)
    nodes[0]?.on(Heartbeat, () => ({ errorCode: 0 }))
    await world.time.run(cluster.metadata.refresh(options))
    await world.time.run(cluster.send(1, Heartbeat, heartbeat, options))
    assert.equal(nodes[0]?.connectionCount, 1)
  })

  it('that nobody knows is not waited for', async () => {
    const { world, cluster } = await newPlace(1)
    await world.time.run(cluster.metadata.refresh(options))
    await assert.rejects(world.time.run(cluster.send(9, Heartbeat, heartbeat, options)), {
      name: 'ConnectionError',
      message: 'node 9 is none of those that the cluster names.',
    })
  })

  it('is the controller where that is asked for', async () => {
    const { world, cluster, nodes } = await newPlace(2)
    nodes[1]?.on(Heartbeat, () => ({ errorCode: 0 }))
    const { nodeId } = await world.time.run(cluster.send('controller', Heartbeat, heartbeat, options))
    assert.equal(nodeId, 2)
  })

  it('that moved is connected to where it is', async () => {
    const { world, cluster, nodes } = await newPlace(2)
    for (const node of nodes) node.on(Heartbeat, () => ({ errorCode: 0 }))
    await world.time.run(cluster.metadata.refresh(options))
    await world.time.run(cluster.send(1, Heartbeat, heartbeat, options))
    for (const node of nodes) {
      node.on(Metadata, () => ({
        brokers: [{ nodeId: 1, host: 'n2', port: 9092 }],
        clusterId: 'c',
        controllerId: 1,
        topics: [],
      }))
    }
    await world.time.run(cluster.metadata.refresh(options))
    await world.time.run(cluster.send(1, Heartbeat, heartbeat, options))
    assert.equal(nodes[1]?.asked(Heartbeat).length, 1)
  })

  it('that cannot be reached is tried at growing distances', async () => {
    const { world, cluster, nodes } = await newPlace(2)
    await world.time.run(cluster.metadata.refresh(options))
    await nodes[0]?.stop()
    const { time } = world
    const tookMs: number[] = []
    for (let attempt = 0; attempt < 7; attempt++) {
      const startedAtMs = time.nowMs
      await assert.rejects(time.run(cluster.send(1, Heartbeat, heartbeat, { timeoutMs: 10_000 })))
      tookMs.push(time.nowMs - startedAtMs)
    }
    assert.ok((tookMs[0] ?? 0) < 100, tookMs.join(' '))
    assert.ok((tookMs[3] ?? 0) > 100 && (tookMs[6] ?? 0) > 750 && (tookMs[6] ?? 0) < 1300, tookMs.join(' '))
    await nodes[0]?.start()
    nodes[0]?.on(Heartbeat, () => ({ errorCode: 0 }))
    await time.run(cluster.send(1, Heartbeat, heartbeat, options))
  })

  it('that does not come back is waited for a little only', async () => {
    const { world, cluster, nodes } = await newPlace(2)
    await world.time.run(cluster.metadata.refresh(options))
    for (const node of nodes) node.on(Heartbeat, () => ({ errorCode: 0 }))
    await world.time.run(cluster.send(1, Heartbeat, heartbeat, options))
    nodes[0]?.on(ApiVersions, () => 'silence')
    nodes[0]?.closeConnections()
    await world.time.advance(100)
    const calledAtMs = world.time.nowMs
    await assert.rejects(world.time.run(cluster.send(1, Heartbeat, heartbeat, { timeoutMs: 30_000 })), {
      name: 'ConnectionError',
      message: 'node 1 (n1:9092) does not come back: no connection for 3000 ms.',
    })
    assert.ok(world.time.nowMs - calledAtMs < 3200)
  })

  it('that takes long to connect to at first is waited for', async () => {
    const { world, cluster, nodes } = await newPlace(1)
    const { clock } = world.node('client').environment
    nodes[0]?.on(Heartbeat, () => ({ errorCode: 0 }))
    nodes[0]?.on(ApiVersions, async () => {
      await new Promise<void>((resolve) => void clock.schedule(6000, resolve))
      return { errorCode: 0, apiKeys: [{ apiKey: Heartbeat.key, minVersion: 0, maxVersion: 4 }] }
    })
    await world.time.run(cluster.send('any', Heartbeat, heartbeat, { timeoutMs: 30_000 }))
    assert.equal(nodes[0]?.connectionCount, 1)
  })

  it('that is not used for long is let go, and connected to again', async () => {
    const { world, cluster, nodes } = await newPlace(1, {
      timing: { connectionsMaxIdleMs: 10_000, metadataMaxAgeMs: 10 ** 9 },
    })
    nodes[0]?.on(Heartbeat, () => ({ errorCode: 0 }))
    await world.time.run(cluster.metadata.refresh(options))
    await world.time.advance(9000)
    await world.time.run(cluster.send(1, Heartbeat, heartbeat, options))
    await world.time.advance(9000)
    assert.equal(nodes[0]?.openCount, 1)
    await world.time.advance(2000)
    assert.equal(nodes[0]?.openCount, 0)
    await world.time.run(cluster.send(1, Heartbeat, heartbeat, options))
    assert.equal(nodes[0]?.connectionCount, 2)
  })
})

describe('a coordinator', () => {
  it('is asked for once and remembered until it is forgotten', async () => {
    const { world, cluster, nodes } = await newPlace(1)
    nodes[0]?.on(FindCoordinator, ({ coordinatorKeys }) => ({
      coordinators: coordinatorKeys.map((key) => ({ key, nodeId: 5, host: 'n1', port: 9092, errorCode: 0 })),
    }))
    const find = (): Promise<number> => world.time.run(cluster.coordinator('group', 'g', options))
    assert.deepEqual(await Promise.all([find(), find()]), [5, 5])
    assert.equal(await find(), 5)
    assert.equal(nodes[0]?.asked(FindCoordinator).length, 1)
    cluster.forgetCoordinator('group', 'g')
    await find()
    assert.equal(nodes[0]?.asked(FindCoordinator).length, 2)
    nodes[0]?.on(Heartbeat, () => ({ errorCode: 0 }))
    await world.time.run(cluster.send(5, Heartbeat, heartbeat, options))
  })

  it('is asked for again once the connection to it broke', async () => {
    const { world, cluster, nodes } = await newPlace(2)
    for (const node of nodes) {
      node.on(Heartbeat, () => ({ errorCode: 0 }))
      node.on(FindCoordinator, ({ coordinatorKeys }) => ({
        coordinators: coordinatorKeys.map((key) => ({ key, nodeId: 1, host: 'n1', port: 9092, errorCode: 0 })),
      }))
    }
    const find = (): Promise<number> => world.time.run(cluster.coordinator('group', 'g', options))
    await world.time.run(cluster.send(await find(), Heartbeat, heartbeat, options))
    nodes[0]?.closeConnections()
    await world.time.advance(100)
    await find()
    const askedCount = nodes.reduce((sum, node) => sum + node.asked(FindCoordinator).length, 0)
    assert.equal(askedCount, 2)
  })

  it('of many groups takes one request, or one each where the node is old', async () => {
    for (const [versionMax, requestCount] of [
      [6, 1],
      [3, 3],
    ] as const) {
      const { world, cluster, nodes } = await newPlace(1, { node: { versionMax: { FindCoordinator: versionMax } } })
      nodes[0]?.on(FindCoordinator, ({ coordinatorKeys, key }, version) =>
        version >= 4
          ? {
              coordinators: coordinatorKeys.map((each) => ({
                key: each,
                nodeId: each.length,
                host: 'n1',
                port: 9092,
                errorCode: 0,
              })),
            }
          : { errorCode: 0, nodeId: key.length, host: 'n1', port: 9092 },
      )
      const found = ['a', 'bb', 'ccc'].map((group) => cluster.coordinator('group', group, options))
      assert.deepEqual(await world.time.run(Promise.all(found)), [1, 2, 3])
      assert.equal(nodes[0]?.asked(FindCoordinator).length, requestCount)
    }
  })

  it('that is not there yet is an error that may be tried again', async () => {
    const { world, cluster, nodes } = await newPlace(1)
    nodes[0]?.on(FindCoordinator, ({ coordinatorKeys }) => ({
      coordinators: coordinatorKeys.map((key) => ({ key, nodeId: -1, host: '', port: -1, errorCode: 15 })),
    }))
    await assert.rejects(world.time.run(cluster.coordinator('transaction', 't', options)), {
      code: 'COORDINATOR_NOT_AVAILABLE',
      retriable: true,
    })
  })
})

describe('a cluster of controllers', () => {
  it('is learned from DescribeCluster, and all but who they are is asked of the active one', async () => {
    const { world, nodes } = await newPlace(3)
    for (const node of nodes) {
      node.on(DescribeCluster, () => ({
        errorCode: 0,
        clusterId: 'cluster',
        controllerId: 2,
        brokers: [1, 2, 3].map((brokerId) => ({ brokerId, host: `n${brokerId}`, port: 9092 })),
      }))
      node.on(DescribeQuorum, () => ({ errorCode: 0, errorMessage: null, topics: [], nodes: [] }))
    }
    const cluster = openCluster({
      environment: world.node('admin').environment,
      bootstrapServers: [],
      bootstrapControllers: ['n3:9092'],
      clientId: 'me',
      timing,
    })
    const { nodeId } = await world.time.run(cluster.send('any', DescribeQuorum, { topics: [] }, options))
    assert.equal(nodeId, 2)
    assert.deepEqual([...cluster.metadata.nodes.keys()], [1, 2, 3])
    assert.deepEqual(
      nodes.map((node) => node.asked(Metadata).length),
      [0, 0, 0],
    )
    assert.equal(nodes[2]?.asked(DescribeCluster).length, 1)
    await world.time.run(cluster.close())
  })
})

describe('closing', () => {
  it('ends what is under way, and what comes later', async () => {
    const { world, cluster, nodes } = await newPlace(1)
    await world.time.run(cluster.metadata.refresh(options))
    nodes[0]?.on(Heartbeat, () => 'silence')
    const ended = [
      cluster.send(1, Heartbeat, heartbeat, options),
      cluster.send(9, Heartbeat, heartbeat, { ...options, lane: 'other' }),
      cluster.metadata.refresh(options),
    ].map((promise) => assert.rejects(promise, /./))
    await world.time.run(cluster.close())
    await world.time.run(cluster.close())
    await world.time.run(Promise.all(ended))
    const closed = { name: 'ClosedError' }
    await assert.rejects(world.time.run(cluster.send('any', Metadata, { topics: [] }, options)), closed)
    await assert.rejects(world.time.run(cluster.metadata.refresh(options)), closed)
    await assert.rejects(world.time.run(cluster.coordinator('group', 'g', options)), closed)
    await world.time.advance(100)
    assert.equal(nodes[0]?.openCount, 0)
  })
})
