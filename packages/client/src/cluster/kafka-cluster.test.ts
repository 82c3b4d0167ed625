import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ApiVersions, DescribeCluster, FindCoordinator, Heartbeat, Metadata, Produce } from '@gregor/protocol'
import { heartbeat, newPlace, options } from './cluster-fixture.ts'

describe('a request', () => {
  it('goes in the newest version that both know, with the client id', async () => {
    const { world, cluster, nodes } = await newPlace(1, { node: { versionMax: { Metadata: 7 } } })
    const answer = await world.time.run(cluster.send('any', Metadata, { topics: null }, options))
    assert.equal(answer.version, 7)
    assert.equal(answer.response.clusterId, 'cluster')
    const asked = nodes[0]?.requests.map(({ api, version, clientId }) => [api.name, version, clientId])
    assert.deepEqual(asked, [
      ['ApiVersions', 4, 'me'],
      ['Metadata', 7, 'me'],
    ])
  })

  it('is made for the version, and no newer than asked for', async () => {
    const { world, cluster } = await newPlace(1)
    const versions: number[] = []
    const make = (version: number): { topics: null } => {
      versions.push(version)
      return { topics: null }
    }
    await world.time.run(cluster.send('any', Metadata, make, { ...options, versionMax: 9 }))
    assert.deepEqual(versions, [9])
  })

  it('is refused before it is sent, where the node is too old for it', async () => {
    const { world, cluster, nodes } = await newPlace(1, { node: { versionMax: { DescribeCluster: -1 } } })
    const sent = cluster.send('any', DescribeCluster, { includeClusterAuthorizedOperations: false }, options)
    await assert.rejects(world.time.run(sent), {
      name: 'UnsupportedVersionError',
      message: 'n1:9092 does not serve DescribeCluster.',
    })
    assert.equal(nodes[0]?.asked(DescribeCluster).length, 0)
  })

  it('is refused before it is sent, where the version cannot say it', async () => {
    const { world, cluster } = await newPlace(1, { node: { versionMax: { Heartbeat: 2 } } })
    const sent = cluster.send('any', Heartbeat, { ...heartbeat, groupInstanceId: 'static' }, options)
    await assert.rejects(world.time.run(sent), {
      name: 'UnsupportedVersionError',
      message: /^Heartbeat version 2, the newest/,
    })
  })

  it('waits for the connection, and leaves in the order of the calls', async () => {
    const { world, cluster, nodes } = await newPlace(1)
    await world.time.run(cluster.metadata.refresh(options))
    nodes[0]?.on(Heartbeat, () => ({ errorCode: 0 }))
    nodes[0]?.closeConnections()
    await world.time.advance(5)
    const numbers = [1, 2, 3, 4, 5]
    const sent = numbers.map((generationId) => cluster.send(1, Heartbeat, { ...heartbeat, generationId }, options))
    await world.time.run(Promise.all(sent))
    const asked = nodes[0]?.asked(Heartbeat).map(({ request }) => (request as typeof heartbeat).generationId)
    assert.deepEqual(asked, numbers)
  })

  it('fails when the connection breaks, and is not sent again', async () => {
    const { world, cluster, nodes } = await newPlace(1)
    await world.time.run(cluster.metadata.refresh(options))
    nodes[0]?.on(Heartbeat, () => 'close')
    await assert.rejects(world.time.run(cluster.send(1, Heartbeat, heartbeat, options)), { name: 'ConnectionError' })
    assert.equal(nodes[0]?.asked(Heartbeat).length, 1)
  })

  it('ends when its time is up, and leaves the connection to the others', async () => {
    const { world, cluster, nodes } = await newPlace(1)
    await world.time.run(cluster.metadata.refresh(options))
    let answer = (): void => undefined
    nodes[0]?.on(Heartbeat, async () => {
      await new Promise<void>((resolve) => (answer = resolve))
      return { errorCode: 0 }
    })
    const patient = cluster.send(1, Heartbeat, heartbeat, { timeoutMs: 20_000 })
    const short = cluster.send(1, Heartbeat, heartbeat, { timeoutMs: 100 })
    await assert.rejects(world.time.run(short), {
      name: 'TimeoutError',
      message: 'Heartbeat: no answer from node 1 (n1:9092) within 100 ms.',
    })
    answer()
    assert.equal((await world.time.run(patient)).response.errorCode, 0)
    assert.equal(nodes[0]?.connectionCount, 1)
  })

  it('gives its connection up where nothing was answered for request.timeout.ms', async () => {
    const { world, cluster, nodes } = await newPlace(1)
    await world.time.run(cluster.metadata.refresh(options))
    nodes[0]?.on(Heartbeat, () => 'silence')
    await assert.rejects(world.time.run(cluster.send(1, Heartbeat, heartbeat, options)), { name: 'TimeoutError' })
    assert.equal(nodes[0]?.openCount, 1)
    await world.time.advance(30_000)
    nodes[0]?.on(Heartbeat, () => ({ errorCode: 0 }))
    await world.time.run(cluster.send(1, Heartbeat, heartbeat, options))
    assert.equal(nodes[0]?.connectionCount, 2)
  })

  it('ends with the reason of its signal, in line and in flight', async () => {
    const { world, cluster, nodes } = await newPlace(1)
    const abort = new AbortController()
    const reason = new Error('enough')
    nodes[0]?.on(Heartbeat, () => 'silence')
    const inLine = cluster.send('any', Heartbeat, heartbeat, { ...options, signal: abort.signal })
    abort.abort(reason)
    await assert.rejects(world.time.run(inLine), reason)
    await world.time.run(cluster.metadata.refresh(options))
    const second = new AbortController()
    const inFlight = cluster.send(1, Heartbeat, heartbeat, { ...options, signal: second.signal })
    await world.time.advance(10)
    second.abort(reason)
    await assert.rejects(world.time.run(inFlight), reason)
    await assert.rejects(
      world.time.run(cluster.send(1, Heartbeat, heartbeat, { ...options, signal: second.signal })),
      reason,
    )
  })

  it('that is not answered is done once it is handed over', async () => {
    const { world, cluster, nodes } = await newPlace(1)
    nodes[0]?.on(Produce, () => 'silence')
    await world.time.run(cluster.sendOnly('any', Produce, { acks: 0, timeoutMs: 100, topicData: [] }, options))
    await world.time.advance(10)
    assert.equal(nodes[0]?.asked(Produce).length, 1)
  })

  it('waits while the node wants a pause', async () => {
    const { world, cluster, nodes } = await newPlace(1)
    await world.time.run(cluster.metadata.refresh(options))
    nodes[0]?.on(Heartbeat, () => ({
      errorCode: 0,
      throttleTimeMs: nodes[0]?.asked(Heartbeat).length === 1 ? 2000 : 0,
    }))
    await world.time.run(cluster.send(1, Heartbeat, heartbeat, options))
    const startedAtMs = world.time.nowMs
    await world.time.run(cluster.send(1, Heartbeat, heartbeat, options))
    assert.ok(world.time.nowMs - startedAtMs >= 2000)
  })

  it('of another lane does not wait for those of this one', async () => {
    const { world, cluster, nodes } = await newPlace(1)
    await world.time.run(cluster.metadata.refresh(options))
    let count = 0
    nodes[0]?.on(Heartbeat, () => (count++ === 0 ? new Promise(() => undefined) : { errorCode: 0 }))
    const stuck = cluster.send(1, Heartbeat, heartbeat, { ...options, lane: 'fetch' })
    const failed = assert.rejects(stuck, { name: 'TimeoutError' })
    await world.time.advance(100)
    await world.time.run(cluster.send(1, Heartbeat, heartbeat, options))
    await world.time.run(failed)
  })
})

describe('versions', () => {
  it('are asked for again in an older version where the node does not know the newest', async () => {
    const { world, cluster, nodes } = await newPlace(1, { node: { versionMax: { ApiVersions: 2 } } })
    await world.time.run(cluster.metadata.refresh(options))
    assert.deepEqual(
      nodes[0]?.asked(ApiVersions).map(({ version }) => version),
      [4, 2],
    )
  })

  it('tell of the features of the cluster', async () => {
    const { world, cluster, nodes } = await newPlace(1)
    nodes[0]?.on(ApiVersions, () => ({
      errorCode: 0,
      apiKeys: [{ apiKey: Metadata.key, minVersion: 0, maxVersion: 12 }],
      finalizedFeaturesEpoch: 3,
      finalizedFeatures: [{ name: 'transaction.version', maxVersionLevel: 2, minVersionLevel: 2 }],
    }))
    assert.equal(cluster.featureLevel('transaction.version'), 0)
    assert.equal(await world.time.run(cluster.versionOf('any', Metadata, options)), 12)
    assert.equal(cluster.featureLevel('transaction.version'), 2)
    assert.equal(cluster.featureLevel('other'), 0)
    await assert.rejects(world.time.run(cluster.versionOf('any', Heartbeat, options)), {
      name: 'UnsupportedVersionError',
    })
  })
})

describe('any node', () => {
  it('is the next one where the first cannot be reached', async () => {
    const { world, cluster } = await newPlace(1, { bootstrapServers: ['n8:9092', 'n1:1', 'n1:9092'] })
    await world.time.run(cluster.metadata.refresh(options))
    assert.equal(cluster.metadata.nodes.size, 1)
  })

  it('is not waited for where it does not answer at all', async () => {
    const { world, cluster, nodes } = await newPlace(3)
    nodes[0]?.on(ApiVersions, () => 'silence')
    nodes[1]?.on(ApiVersions, () => 'silence')
    const startedAtMs = world.time.nowMs
    await world.time.run(cluster.metadata.refresh({ timeoutMs: 10_000 }))
    assert.ok(world.time.nowMs - startedAtMs < 3000)
  })

  it('that cannot be reached is named with the reason', async () => {
    const { world, cluster } = await newPlace(1, { bootstrapServers: ['n1:1', 'nowhere:9092'] })
    await assert.rejects(world.time.run(cluster.metadata.refresh(options)), (error: Error) => {
      assert.equal(error.name, 'ConnectionError')
      assert.match(error.message, /n1:1 could not be connected to: nobody listens there \(ECONNREFUSED\)\./)
      assert.match(error.message, /nowhere:9092 could not be connected to: the name is not known \(ENOTFOUND\)\./)
      return true
    })
  })

  it('is one that is connected, and of these the one with least to do', async () => {
    const { world, cluster, nodes } = await newPlace(2)
    await world.time.run(cluster.metadata.refresh(options))
    for (const node of nodes) node.on(Heartbeat, () => ({ errorCode: 0 }))
    await world.time.run(
      Promise.all([cluster.send(1, Heartbeat, heartbeat, options), cluster.send(2, Heartbeat, heartbeat, options)]),
    )
    nodes[0]?.on(Heartbeat, () => 'silence')
    const stuck = cluster.send(1, Heartbeat, heartbeat, options)
    const failed = assert.rejects(stuck)
    for (let count = 0; count < 3; count++) {
      const { nodeId } = await world.time.run(cluster.send('any', Metadata, { topics: [] }, options))
      assert.equal(nodeId, 2)
    }
    await world.time.run(failed)
  })

  it('is another one where a node hangs, for what may be asked twice', async () => {
    const { world, cluster, nodes } = await newPlace(3)
    await world.time.run(cluster.metadata.refresh(options))
    for (const node of nodes) node.on(Heartbeat, () => ({ errorCode: 0 }))
    await world.time.run(Promise.all([1, 2, 3].map((id) => cluster.send(id, Heartbeat, heartbeat, options))))
    nodes[0]?.on(Metadata, () => 'silence')
    nodes[1]?.on(Metadata, () => 'silence')
    nodes[0]?.on(FindCoordinator, () => 'silence')
    for (const node of nodes.slice(1)) {
      node.on(FindCoordinator, ({ coordinatorKeys }) => ({
        coordinators: coordinatorKeys.map((key) => ({ key, nodeId: 3, host: 'n3', port: 9092, errorCode: 0 })),
      }))
    }
    const calledAtMs = world.time.nowMs
    await world.time.run(cluster.metadata.refresh({ timeoutMs: 60_000 }))
    await world.time.run(cluster.coordinator('group', 'g', { timeoutMs: 60_000 }))
    assert.ok(world.time.nowMs - calledAtMs < 10_000, `${world.time.nowMs - calledAtMs}`)
  })

  it('is none that has been silent for long, however much the others have to do', async () => {
    const { world, cluster, nodes } = await newPlace(2)
    await world.time.run(cluster.metadata.refresh(options))
    for (const node of nodes) node.on(Heartbeat, () => ({ errorCode: 0 }))
    await world.time.run(Promise.all([1, 2].map((id) => cluster.send(id, Heartbeat, heartbeat, options))))
    nodes[0]?.on(Heartbeat, () => 'silence')
    const stuck = assert.rejects(cluster.send(1, Heartbeat, heartbeat, { timeoutMs: 20_000 }), { name: 'TimeoutError' })
    await world.time.advance(4000)
    const busy = Array.from({ length: 9 }, () => cluster.send(2, Heartbeat, heartbeat, options))
    const { nodeId } = await world.time.run(cluster.send('any', Metadata, { topics: [] }, options))
    assert.equal(nodeId, 2)
    await world.time.run(Promise.all([...busy, stuck]))
  })

  it('is a bootstrap server again where no known node can be reached', async () => {
    const { world, cluster, nodes } = await newPlace(2, { bootstrapServers: ['n1:9092'] })
    await world.time.run(cluster.metadata.refresh(options))
    nodes[0]?.on(Metadata, () => ({
      brokers: [{ nodeId: 7, host: 'n2', port: 1 }],
      clusterId: 'c',
      controllerId: -1,
      topics: [],
    }))
    await world.time.run(cluster.metadata.refresh(options))
    assert.deepEqual([...cluster.metadata.nodes.keys()], [7])
    nodes[0]?.on(Metadata, () => ({
      brokers: [{ nodeId: 1, host: 'n1', port: 9092 }],
      clusterId: 'c',
      controllerId: -1,
      topics: [],
    }))
    await world.time.run(cluster.metadata.refresh({ timeoutMs: 20_000 }))
    assert.deepEqual([...cluster.metadata.nodes.keys()], [1])
  })

  it('is a known node again where that comes back and the bootstrap server does not', async () => {
    const { world, cluster, nodes } = await newPlace(2, { bootstrapServers: ['n1:9092'] })
    const known = { brokers: [{ nodeId: 7, host: 'n2', port: 9092 }], clusterId: 'c', controllerId: -1, topics: [] }
    for (const node of nodes) node.on(Metadata, () => known)
    await world.time.run(cluster.metadata.refresh(options))
    for (const node of nodes) await node.stop()
    await assert.rejects(world.time.run(cluster.metadata.refresh(options)), { name: 'ConnectionError' })
    await nodes[1]?.start()
    await world.time.advance(2000)
    await world.time.run(cluster.metadata.refresh(options))
    assert.equal(nodes[0]?.openCount, 0)
  })

  it('is a bootstrap server only where a node says that it knows nothing any more', async () => {
    const { world, cluster, nodes } = await newPlace(2, { bootstrapServers: ['n1:9092'] })
    const named = (nodeId: number, host: string): object => ({
      brokers: [{ nodeId, host, port: 9092 }],
      clusterId: 'c',
      controllerId: -1,
      topics: [],
    })
    nodes[0]?.on(Metadata, () => named(7, 'n2') as never)
    nodes[1]?.on(Metadata, () => ({ ...named(7, 'n2'), errorCode: 129 }) as never)
    await world.time.run(cluster.metadata.refresh(options))
    nodes[0]?.on(Metadata, () => named(1, 'n1') as never)
    await assert.rejects(world.time.run(cluster.metadata.refresh(options)), { code: 'REBOOTSTRAP_REQUIRED' })
    await world.time.run(cluster.metadata.refresh(options))
    assert.deepEqual([...cluster.metadata.nodes.keys()], [1])
    assert.equal(nodes[1]?.asked(Metadata).length, 1)
  })

  it('is no bootstrap server again where that is switched off', async () => {
    const { world, cluster, nodes } = await newPlace(2, {
      bootstrapServers: ['n1:9092'],
      timing: { metadataRecoveryStrategy: 'none' as never },
    })
    nodes[0]?.on(Metadata, () => ({
      brokers: [{ nodeId: 7, host: 'n2', port: 1 }],
      clusterId: 'c',
      controllerId: -1,
      topics: [],
    }))
    await world.time.run(cluster.metadata.refresh(options))
    await assert.rejects(world.time.run(cluster.metadata.refresh(options)), {
      name: 'ConnectionError',
      message: /^node 7 \(n2:1\)/,
    })
  })
})
