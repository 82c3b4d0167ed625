import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { simulatedEnvironment } from '@gregor/testkit/simulation'
import {
  TOPIC_ID,
  appendTo,
  close,
  create,
  killAndReopen,
  openDirectoriesFixture,
  orders,
  textOf,
} from './directories-fixture.ts'

const HOUR_MS = 3_600_000

describe('opening log directories', () => {
  it('makes them, and makes them this node’s', async () => {
    const fixture = await openDirectoriesFixture({ options: { clusterId: 'my-cluster' } })
    const [a, b] = fixture.directories.directories
    assert.equal(
      textOf(fixture, '/data/a/meta.properties'),
      `cluster.id=my-cluster\ndirectory.id=${a?.directoryId}\nnode.id=1\nversion=1\n`,
    )
    assert.notEqual(a?.directoryId, b?.directoryId)
    assert.equal(fixture.directories.clusterId, 'my-cluster')
  })

  it('gives them a cluster id where there is none, and finds it again', async () => {
    const first = await openDirectoriesFixture()
    assert.match(first.directories.clusterId, /^[\w-]{22}$/)
    const second = await killAndReopen(first)
    assert.equal(second.directories.clusterId, first.directories.clusterId)
    assert.equal(second.directories.directories[0]?.directoryId, first.directories.directories[0]?.directoryId)
  })

  for (const [what, options, message] of [
    ['another node', { nodeId: 2 }, /\/data\/a is of node 1; node\.id is 2\. .*\n.*\/data\/b is of node 1/],
    ['another cluster', { clusterId: 'theirs' }, /\/data\/a is of cluster ours; this node is of cluster theirs/],
  ] as const) {
    it(`refuses those of ${what}, and says which`, async () => {
      const first = await openDirectoriesFixture({ options: { clusterId: 'ours' } })
      await assert.rejects(killAndReopen(first, { options }), { name: 'ConfigError', message })
    })
  }

  it('refuses one that is in use', async () => {
    const { environment } = await openDirectoriesFixture()
    const again = openDirectoriesFixture({ environment })
    await assert.rejects(again, { name: 'ConfigError', message: /\/data\/a is in use by another process/ })
  })

  it('refuses one that holds something and is nobody’s', async () => {
    const environment = simulatedEnvironment(1)
    environment.disk.makeDirectory('/data/b/photos')
    const opening = openDirectoriesFixture({ environment })
    await assert.rejects(opening, {
      name: 'ConfigError',
      message: /\/data\/b is not empty and has no meta\.properties/,
    })
    environment.disk.rename('/data/b/photos', '/data/b/lost+found')
    await openDirectoriesFixture({ environment })
  })

  it('refuses a copy of another, and one that is named twice', async () => {
    const first = await openDirectoriesFixture()
    const { disk } = first.environment
    disk.open('/data/b/meta.properties').write([disk.readFile('/data/a/meta.properties')], 0)
    await assert.rejects(killAndReopen(first), { message: /\/data\/b has the directory\.id of \/data\/a/ })
    const twice = openDirectoriesFixture({ options: { paths: ['/data/a', '/data/b/../a'] } })
    await assert.rejects(twice, { name: 'ConfigError', message: /named twice/ })
  })

  it('gives those of an older form what they lack', async () => {
    const environment = simulatedEnvironment(1)
    environment.disk.makeDirectory('/data/a')
    const old = environment.disk.open('/data/a/meta.properties', { create: true })
    old.write([Buffer.from('version=0\nbroker.id=1\ncluster.id=old\n')], 0)
    const fixture = await openDirectoriesFixture({ environment })
    assert.match(
      textOf(fixture, '/data/a/meta.properties'),
      /cluster\.id=old\ndirectory\.id=.{22}\nnode\.id=1\nversion=1/,
    )
    assert.equal(fixture.directories.clusterId, 'old')
  })

  it('goes on without one whose disk fails, and stops where none is left', async () => {
    const environment = simulatedEnvironment(1)
    environment.disk.faults.add({ operation: 'open', path: /^\/data\/a/, times: Infinity })
    environment.disk.faults.add({ operation: 'makeDirectory', path: /^\/data\/a/, times: Infinity })
    const fixture = await openDirectoriesFixture({ environment })
    assert.deepEqual(
      fixture.directories.describe().map(({ path, error, directoryId }) => [path, error, directoryId === undefined]),
      [
        ['/data/b', 'NONE', false],
        ['/data/a', 'KAFKA_STORAGE_ERROR', true],
      ],
    )
    assert.equal(fixture.directories.previousBrokerEpoch, undefined)
    await close(fixture)
    environment.disk.faults.add({ operation: 'list', path: /^\/data\/b/, times: Infinity })
    await assert.rejects(openDirectoriesFixture({ environment }), { name: 'DiskError' })
    environment.disk.faults.clear()
    await openDirectoriesFixture({ environment })
  })
})

describe('logs in their directories', () => {
  it('are made where there are the fewest, with the topic’s id', async () => {
    const fixture = await openDirectoriesFixture()
    for (let partition = 0; partition < 3; partition++) await create(fixture, partition)
    assert.deepEqual(
      [0, 1, 2].map((partition) => fixture.directories.get(orders(partition))?.directory),
      ['/data/a/orders-0', '/data/b/orders-1', '/data/a/orders-2'],
    )
    assert.equal(textOf(fixture, '/data/b/orders-1/partition.metadata'), `version: 0\ntopic_id: ${TOPIC_ID}`)
    assert.equal(fixture.directories.directoryOf(orders(1))?.path, '/data/b')
  })

  it('are made where they are wanted, and not in directories that are cordoned', async () => {
    const fixture = await openDirectoriesFixture({
      settings: { 'cordoned.log.dirs': '/data/a', 'log.dirs': '/data/a,/data/b' },
    })
    const [a] = fixture.directories.directories
    for (let partition = 0; partition < 3; partition++) await create(fixture, partition)
    await create(fixture, 3, a?.directoryId)
    assert.deepEqual(
      [0, 1, 2, 3].map((partition) => fixture.directories.directoryOf(orders(partition))?.path),
      ['/data/b', '/data/b', '/data/b', '/data/a'],
    )
    await assert.rejects(create(fixture, 4, 'no-such-directory'), { name: 'StorageError' })
  })

  it('are not put into a directory that is kept for the metadata log', async () => {
    const paths = ['/data/a', '/data/b', '/data/metadata']
    const fixture = await openDirectoriesFixture({ options: { paths, reservedPaths: ['/data/metadata'] } })
    const [, , metadata] = fixture.directories.directories
    for (let partition = 0; partition < 4; partition++) await create(fixture, partition)
    assert.equal(metadata?.path, '/data/metadata')
    assert.equal(metadata.logs.size, 0)
    await assert.rejects(create(fixture, 5, metadata.directoryId), { name: 'StorageError' })
    assert.deepEqual(
      fixture.directories.describe().map(({ path }) => path),
      ['/data/a', '/data/b'],
    )
    await close(fixture)
    assert.ok(fixture.environment.disk.stat('/data/metadata/.kafka_cleanshutdown'))
  })

  it('are made once, however many ask', async () => {
    const fixture = await openDirectoriesFixture()
    const [first, second] = await Promise.all([create(fixture, 0), create(fixture, 0)])
    assert.equal(first, second)
    assert.equal(await create(fixture, 0), first)
  })

  it('survive a power cut right after they were made', async () => {
    const fixture = await openDirectoriesFixture()
    await create(fixture, 0)
    fixture.environment.disk.crash('nothing')
    const again = await openDirectoriesFixture({ environment: fixture.environment })
    assert.equal(again.directories.get(orders(0))?.topicId, TOPIC_ID)
  })

  it('are there again after a clean end, which leaves its mark last', async () => {
    const first = await openDirectoriesFixture()
    appendTo(first, await create(first, 0), 'a', 'b')
    await close(first)
    await close(first)
    assert.equal(textOf(first, '/data/a/.kafka_cleanshutdown'), '{"version":0,"brokerEpoch":5}')
    assert.equal(textOf(first, '/data/a/recovery-point-offset-checkpoint'), '0\n1\norders 0 2\n')
    assert.equal(textOf(first, '/data/a/replication-offset-checkpoint'), '0\n1\norders 0 2\n')
    const second = await openDirectoriesFixture({ environment: first.environment })
    const log = second.directories.get(orders(0))
    assert.deepEqual([log?.logEndOffset, log?.highWatermark, log?.syncedOffset], [2, 2, 2])
    assert.equal(second.directories.previousBrokerEpoch, 5)
    assert.equal(first.environment.disk.stat('/data/a/.kafka_cleanshutdown'), undefined)
  })

  it('are said to be open after a clean end, where there was none before, too', async () => {
    const first = await openDirectoriesFixture()
    await create(first, 0)
    await close(first)
    const second = await openDirectoriesFixture({ environment: first.environment })
    const third = await killAndReopen(second)
    const said = third.environment.logger.entries.filter(({ message }) => message === 'the logs are open')
    assert.deepEqual(
      said.map(({ fields }) => [fields['count'], fields['isClean']]),
      [
        [0, true],
        [1, true],
        [1, false],
      ],
    )
  })

  it('are there again after a crash', async () => {
    const first = await openDirectoriesFixture()
    appendTo(first, await create(first, 0), 'a', 'b')
    const second = await killAndReopen(first)
    assert.equal(second.directories.get(orders(0))?.logEndOffset, 2)
    assert.equal(second.directories.previousBrokerEpoch, undefined)
  })

  it('do without checkpoints that are damaged', async () => {
    const first = await openDirectoriesFixture()
    appendTo(first, await create(first, 0), 'a', 'b')
    await close(first)
    for (const name of ['recovery-point', 'log-start', 'replication', 'cleaner']) {
      const path = `/data/a/${name}-offset-checkpoint`
      first.environment.disk.open(path, { create: true }).write([Buffer.from('rubbish')], 0)
    }
    const second = await openDirectoriesFixture({ environment: first.environment })
    assert.equal(second.directories.get(orders(0))?.logEndOffset, 2)
    const warned = first.environment.logger.entries.filter(({ message }) =>
      message.startsWith('a checkpoint is damaged'),
    )
    assert.equal(warned.length, 4)
  })

  it('get a lost topic id from the metadata, and keep it', async () => {
    const first = await openDirectoriesFixture()
    await create(first, 0)
    await close(first)
    await first.environment.disk.remove('/data/a/orders-0/partition.metadata')
    const second = await openDirectoriesFixture({ environment: first.environment, load: { topicIdOf: () => TOPIC_ID } })
    assert.equal(second.directories.get(orders(0))?.topicId, TOPIC_ID)
    const third = await killAndReopen(second)
    assert.equal(third.directories.get(orders(0))?.topicId, TOPIC_ID)
  })

  it('are not looked for in what is no partition’s directory', async () => {
    const first = await openDirectoriesFixture()
    await close(first)
    for (const name of [
      '__cluster_metadata-0',
      'remote-log-index-cache',
      'lost+found',
      'photos',
      'orders-007',
      'orders',
    ]) {
      first.environment.disk.makeDirectory(`/data/a/${name}`)
    }
    const { directories } = await openDirectoriesFixture({ environment: first.environment })
    assert.deepEqual([...directories.logs()], [])
    assert.deepEqual(
      first.environment.logger.entries
        .filter(({ message }) => message.startsWith('passing by'))
        .map(({ fields }) => fields['directory']),
      ['/data/a/orders', '/data/a/orders-007', '/data/a/photos'],
    )
  })

  it('are described with sizes and space', async () => {
    const fixture = await openDirectoriesFixture()
    appendTo(fixture, await create(fixture, 0), 'a')
    const [a, b] = fixture.directories.describe()
    assert.equal(a?.error, 'NONE')
    assert.equal(a?.logs[0]?.log.sizeBytes, 69)
    assert.ok(a !== undefined && a.usableBytes > 0 && a.usableBytes <= a.totalBytes)
    assert.deepEqual(b?.logs, [])
  })
})

describe('removing a log', () => {
  it('takes it away at once, and from the disk after a minute', async () => {
    const fixture = await openDirectoriesFixture()
    const { environment, directories } = fixture
    const log = await create(fixture, 0)
    appendTo(fixture, log, 'a')
    await environment.time.run(directories.remove(orders(0)))
    assert.equal(directories.get(orders(0)), undefined)
    assert.match(log.directory, /^\/data\/a\/orders-0\.[0-9a-f]{32}-delete$/)
    assert.equal(
      log.append(Buffer.alloc(100), { leaderEpoch: 0, origin: 'client', nowMs: 0 }).error,
      'KAFKA_STORAGE_ERROR',
    )
    assert.ok(environment.disk.stat(log.directory))
    await environment.time.advance(60_000)
    assert.equal(environment.disk.stat(log.directory), undefined)
    await environment.time.run(directories.remove(orders(0)))
  })

  it('lets the topic be made anew at once', async () => {
    const fixture = await openDirectoriesFixture()
    appendTo(fixture, await create(fixture, 0), 'a')
    await fixture.environment.time.run(fixture.directories.remove(orders(0)))
    assert.equal((await create(fixture, 0)).logEndOffset, 0)
  })

  it('is finished after a restart', async () => {
    const first = await openDirectoriesFixture()
    const log = await create(first, 0)
    await first.environment.time.run(first.directories.remove(orders(0)))
    await close(first)
    await first.environment.time.advance(HOUR_MS)
    assert.ok(first.environment.disk.stat(log.directory))
    const second = await openDirectoriesFixture({ environment: first.environment })
    assert.equal(second.directories.get(orders(0)), undefined)
    await second.environment.time.advance(60_000)
    assert.equal(second.environment.disk.stat(log.directory), undefined)
  })

  it('forgets its checkpoints', async () => {
    const first = await openDirectoriesFixture()
    appendTo(first, await create(first, 0), 'a')
    await close(first)
    const second = await openDirectoriesFixture({ environment: first.environment })
    await second.environment.time.run(second.directories.remove(orders(0)))
    assert.equal(textOf(second, '/data/a/recovery-point-offset-checkpoint'), '0\n0\n')
  })

  it('sets aside, with its data, what the cluster does not know', async () => {
    const first = await openDirectoriesFixture()
    appendTo(first, await create(first, 0), 'a')
    await first.environment.time.run(first.directories.setAside(orders(0)))
    await first.environment.time.run(first.directories.setAside(orders(0)))
    assert.equal(first.directories.get(orders(0)), undefined)
    const second = await killAndReopen(first)
    const [stray] = second.directories.strays
    assert.match(stray ?? '', /^\/data\/a\/orders-0\.[0-9a-f]{32}-stray$/)
    assert.equal(second.environment.disk.stat(`${stray}/00000000000000000000.log`)?.size, 69)
  })
})

describe('moving a log to another directory', () => {
  it('fills a future log beside it, and swaps', async () => {
    const fixture = await openDirectoriesFixture()
    const { environment, directories } = fixture
    const log = await create(fixture, 0)
    appendTo(fixture, log, 'a', 'b')
    const [, b] = directories.directories
    const future = await environment.time.run(directories.createFuture(orders(0), b?.directoryId ?? ''))
    assert.match(future.directory, /^\/data\/b\/orders-0\.[0-9a-f]{32}-future$/)
    assert.deepEqual(
      directories.describe()[1]?.logs.map(({ isFuture }) => isFuture),
      [true],
    )
    const read = await log.read({ fetchOffset: 0, maxBytes: 1000, upTo: 2, minOneBatch: true })
    assert.equal(read.error, 'NONE')
    for (const records of read.error === 'NONE' ? read.records : [])
      future.appendAsFollower(records, { leaderEpoch: 0, nowMs: 0 })
    assert.equal(await environment.time.run(directories.replaceWithFuture(orders(0))), future)
    assert.equal(directories.get(orders(0)), future)
    assert.equal(directories.getFuture(orders(0)), undefined)
    assert.equal(future.directory, '/data/b/orders-0')
    assert.deepEqual([future.logEndOffset, future.highWatermark], [2, 2])
    assert.match(log.directory, /-delete$/)
    const again = await killAndReopen(fixture)
    assert.equal(again.directories.get(orders(0))?.directory, '/data/b/orders-0')
  })

  it('goes on after a restart, and can be given up', async () => {
    const first = await openDirectoriesFixture()
    await create(first, 0)
    const [, b] = first.directories.directories
    await first.environment.time.run(first.directories.createFuture(orders(0), b?.directoryId ?? ''))
    const second = await killAndReopen(first)
    assert.match(second.directories.getFuture(orders(0))?.directory ?? '', /-future$/)
    await second.environment.time.run(second.directories.removeFuture(orders(0)))
    await second.environment.time.run(second.directories.removeFuture(orders(0)))
    assert.equal(second.directories.getFuture(orders(0)), undefined)
    assert.equal(second.directories.get(orders(0))?.directory, '/data/a/orders-0')
  })

  it('is refused where there is nothing to move, or it would move nowhere', async () => {
    const fixture = await openDirectoriesFixture()
    const { environment, directories } = fixture
    const [a, b] = directories.directories
    const move = (directory: typeof a) =>
      environment.time.run(directories.createFuture(orders(0), directory?.directoryId ?? ''))
    await assert.rejects(move(b), { name: 'StorageError' })
    await create(fixture, 0)
    await assert.rejects(move(a), { name: 'StorageError' })
    await move(b)
    await assert.rejects(move(b), { name: 'StorageError' })
    await assert.rejects(environment.time.run(directories.replaceWithFuture(orders(1))), { name: 'StorageError' })
  })

  it('that a crash left with two logs ends with the one in the right place', async () => {
    const first = await openDirectoriesFixture()
    appendTo(first, await create(first, 0), 'a')
    await close(first)
    const { disk } = first.environment
    disk.makeDirectory('/data/b/orders-0')
    for (const name of disk.list('/data/a/orders-0')) {
      disk.open(`/data/b/orders-0/${name}`, { create: true }).write([disk.readFile(`/data/a/orders-0/${name}`)], 0)
    }
    const { environment } = first
    await assert.rejects(openDirectoriesFixture({ environment }), {
      name: 'StorageError',
      message: /orders-0 is in \/data\/a and in \/data\/b/,
    })
    disk.killHolders()
    const rightId = first.directories.directories[1]?.directoryId
    const second = await openDirectoriesFixture({ environment, load: { directoryIdOf: () => rightId } })
    assert.equal(second.directories.get(orders(0))?.directory, '/data/b/orders-0')
    assert.match(second.directories.strays[0] ?? '', /^\/data\/a\/orders-0.*-stray$/)
  })
})

describe('a directory whose disk fails', () => {
  it('goes offline with its logs, and the others go on', async () => {
    const fixture = await openDirectoriesFixture()
    const { environment, directories, failed } = fixture
    const [inA, inB] = [await create(fixture, 0), await create(fixture, 1)]
    await create(fixture, 2)
    environment.disk.faults.add({ operation: 'sync', path: /^\/data\/a\/orders-0/ })
    appendTo(fixture, inA, 'a')
    appendTo(fixture, inB, 'b')
    await assert.rejects(environment.time.run(inA.sync()), { name: 'DiskError' })
    await environment.time.run(inB.sync())
    assert.deepEqual(
      failed.map(({ path, partitions }) => [path, partitions]),
      [['/data/a', [orders(0), orders(2)]]],
    )
    assert.equal(directories.get(orders(0)), undefined)
    assert.equal(directories.get(orders(2)), undefined)
    assert.equal(directories.get(orders(1)), inB)
    assert.equal(
      (await inA.read({ fetchOffset: 0, maxBytes: 1, upTo: 1, minOneBatch: true })).error,
      'KAFKA_STORAGE_ERROR',
    )
    assert.deepEqual(
      directories.describe().map(({ error }) => error),
      ['KAFKA_STORAGE_ERROR', 'NONE'],
    )
    assert.equal((await create(fixture, 3)).directory, '/data/b/orders-3')
    await close(fixture)
    assert.equal(environment.disk.stat('/data/a/.kafka_cleanshutdown'), undefined)
    assert.ok(environment.disk.stat('/data/b/.kafka_cleanshutdown'))
  })

  it('while a log is made there sends the log elsewhere', async () => {
    const fixture = await openDirectoriesFixture()
    fixture.environment.disk.faults.add({ operation: 'makeDirectory', path: /^\/data\/a/ })
    assert.equal((await create(fixture, 0)).directory, '/data/b/orders-0')
    assert.equal(fixture.failed.length, 1)
    fixture.environment.disk.faults.add({ operation: 'makeDirectory', path: /^\/data\/b/ })
    await assert.rejects(create(fixture, 1), { name: 'DiskError' })
    await assert.rejects(create(fixture, 1), { name: 'StorageError', message: /no log directory is online/ })
  })

  it('stays online when it is only full', async () => {
    const fixture = await openDirectoriesFixture()
    fixture.environment.disk.faults.add({ operation: 'write', path: /^\/data\/[ab]\/orders/, code: 'ENOSPC', times: 2 })
    await assert.rejects(create(fixture, 0), { name: 'DiskError', code: 'ENOSPC' })
    assert.deepEqual(fixture.failed, [])
    assert.equal((await create(fixture, 0)).logEndOffset, 0)
  })

  it('and is only full when the node stops gets no mark of a clean end, and is whole at the next start', async () => {
    const fixture = await openDirectoriesFixture()
    appendTo(fixture, await create(fixture, 0), 'a')
    fixture.environment.disk.faults.add({ operation: 'write', path: /a\/recovery-point/, code: 'ENOSPC' })
    await close(fixture)
    assert.deepEqual(fixture.failed, [])
    assert.equal(fixture.environment.disk.stat('/data/a/.kafka_cleanshutdown'), undefined)
    const again = await openDirectoriesFixture({ environment: fixture.environment })
    assert.equal(again.directories.get(orders(0))?.logEndOffset, 1)
  })

  it('while logs are loaded goes offline', async () => {
    const first = await openDirectoriesFixture()
    await create(first, 0)
    await create(first, 1)
    first.environment.disk.killHolders()
    first.environment.disk.faults.add({ operation: 'list', path: /^\/data\/a\/orders-0/ })
    const second = await openDirectoriesFixture({ environment: first.environment })
    assert.deepEqual(
      second.failed.map(({ path }) => path),
      ['/data/a'],
    )
    assert.equal(second.directories.get(orders(1))?.directory, '/data/b/orders-1')
  })
})

describe('cutting a log', () => {
  it('moves recovery point and cleaner checkpoint back', async () => {
    const fixture = await openDirectoriesFixture()
    const { environment, directories } = fixture
    const log = await create(fixture, 0)
    appendTo(fixture, log, 'a', 'b')
    log.roll(0)
    appendTo(fixture, log, 'c')
    await environment.time.run(log.sync())
    const [a] = directories.directories
    a?.checkpoints.cleaner.set(orders(0), 2)
    await environment.time.run(directories.truncateTo(orders(0), 1))
    assert.equal(log.logEndOffset, 1)
    assert.equal(a?.checkpoints.cleaner.get(orders(0)), 0)
    assert.equal(textOf(fixture, '/data/a/recovery-point-offset-checkpoint'), '0\n1\norders 0 1\n')
    await environment.time.run(directories.truncateFullyAndStartAt(orders(0), 70))
    assert.deepEqual([log.logStartOffset, log.logEndOffset], [70, 70])
    await environment.time.run(directories.truncateTo(orders(9), 1))
  })
})
