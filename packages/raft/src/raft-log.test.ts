import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokerConfig, resolveLogConfig } from '@gregor/config'
import type { CommittedBatch, MetadataLeader, SnapshotReader } from '@gregor/metadata'
import { decodeMetadataRecord, type MetadataRecordInput } from '@gregor/protocol'
import { SimulatedWorld, type SimulatedNode } from '@gregor/testkit/simulation'
import { formatMetadataDirectory } from './format.ts'
import { RaftLog } from './raft-log.ts'
import { MultipleVotersError, type RaftLogOptions } from './raft-opening.ts'
import type { Voter } from './voters.ts'

const directory = '/data'
const directoryId = 'pzR60247RzSbuXeJNvcXOA'
const voter: Voter = { id: 1, directoryId, endpoints: [{ name: 'CONTROLLER', host: 'localhost', port: 9093 }] }
const bootstrap: readonly MetadataRecordInput[] = [
  { type: 'FeatureLevelRecord', name: 'metadata.version', featureLevel: 30 },
  { type: 'FeatureLevelRecord', name: 'group.version', featureLevel: 1 },
]

/** Writes down what a listener is told. */
class Witness {
  readonly batches: CommittedBatch[] = []
  readonly leaders: MetadataLeader[] = []
  snapshot: SnapshotReader | undefined
  bootstrap: readonly string[] | undefined

  onBatch(batch: CommittedBatch): void {
    this.batches.push({ ...batch, records: batch.records.map((record) => Buffer.from(record)) })
  }

  onLeader(leader: MetadataLeader): void {
    this.leaders.push(leader)
  }

  onSnapshot(snapshot: SnapshotReader): void {
    this.snapshot = snapshot
  }

  onBootstrap(records: readonly Buffer[]): void {
    this.bootstrap = records.map((record) => decodeMetadataRecord(record).type)
  }

  get records(): string[] {
    return this.batches.flatMap(({ records }) => records.map(String))
  }
}

interface Opened {
  readonly raft: RaftLog
  readonly witness: Witness
  readonly failures: unknown[]
}

function newNode(seed = 1): SimulatedNode {
  const node = new SimulatedWorld({ seed }).node('n')
  node.disk.makeDirectory(directory)
  return node
}

async function format(node: SimulatedNode, voters: readonly Voter[] = [voter]): Promise<void> {
  await node.environment.time.run(node.disk.syncDirectory('/'))
  await node.environment.time.run(formatMetadataDirectory(node.environment, { directory, records: bootstrap, voters }))
}

async function open(node: SimulatedNode, more: Partial<RaftLogOptions> = {}): Promise<Opened> {
  const { environment } = node
  const failures: unknown[] = []
  const raft = await environment.time.run(
    RaftLog.open({
      environment,
      directory,
      nodeId: 1,
      directoryId,
      config: resolveLogConfig(BrokerConfig.load(), new Map()),
      isClean: false,
      retentionBytes: 100 * 1_048_576,
      retentionMs: 604_800_000,
      staticVoters: [],
      onFailure: (cause) => failures.push(cause),
      ...more,
    }),
  )
  const witness = new Witness()
  raft.subscribe(witness)
  await environment.time.runUntil(() => witness.leaders.length > 0)
  return { raft, witness, failures }
}

async function commit(node: SimulatedNode, { raft }: Opened, texts: readonly string[]): Promise<number> {
  const { lastOffset } = raft.prepare(
    raft.leader().epoch,
    texts.map((text) => Buffer.from(text)),
  )
  raft.submit()
  await node.environment.time.runUntil(() => raft.committedOffset > lastOffset)
  return lastOffset
}

describe('the metadata log of one voter', () => {
  it('starts a formatted directory with leader change, version and voters, and tells its bootstrap records', async () => {
    const node = newNode()
    await format(node)
    const { raft, witness } = await open(node)
    assert.deepEqual(raft.leader(), { epoch: 1, id: 1, isMine: true })
    assert.equal(raft.endOffset, 3)
    assert.equal(raft.committedOffset, 3)
    assert.deepEqual(
      witness.batches.map(({ baseOffset, lastOffset, records }) => [baseOffset, lastOffset, records.length]),
      [[0, 2, 0]],
    )
    assert.deepEqual(witness.bootstrap, ['FeatureLevelRecord', 'FeatureLevelRecord'])
  })

  it('commits what is synced, in order, and tells it once', async () => {
    const node = newNode()
    await format(node)
    const opened = await open(node)
    const { raft, witness } = opened
    raft.prepare(1, [Buffer.from('a'), Buffer.from('b')])
    raft.prepare(1, [Buffer.from('c')])
    assert.deepEqual(witness.records, [])
    assert.equal(raft.committedOffset, 3)
    raft.submit()
    await node.environment.time.runUntil(() => raft.committedOffset === 6)
    assert.deepEqual(witness.records, ['a', 'b', 'c'])
    assert.deepEqual(
      witness.batches.slice(1).map(({ baseOffset, lastOffset }) => [baseOffset, lastOffset]),
      [
        [3, 4],
        [5, 5],
      ],
    )
  })

  it('refuses what is prepared under another epoch', async () => {
    const node = newNode()
    await format(node)
    const { raft } = await open(node)
    assert.throws(() => raft.prepare(7, [Buffer.from('x')]), { name: 'NotLeaderError' })
  })

  it('tells everything again after a restart, under a new epoch, without bootstrap records', async () => {
    const node = newNode()
    await format(node)
    const first = await open(node)
    await commit(node, first, ['a', 'b'])
    await node.environment.time.run(first.raft.close())
    const { raft, witness } = await open(node, { isClean: true })
    assert.deepEqual(witness.records, ['a', 'b'])
    assert.equal(raft.leader().epoch, 2)
    assert.equal(witness.bootstrap, undefined)
    // Voters are in the log already: only the leader change is new.
    assert.equal(raft.endOffset, 6)
  })

  it('keeps all that was committed when the power is lost, and never uses an epoch twice', async () => {
    for (let seed = 1; seed <= 25; seed++) {
      const node = newNode(seed)
      await format(node)
      const first = await open(node)
      await commit(node, first, ['a', 'b'])
      first.raft.prepare(1, [Buffer.from('lost or not')])
      node.losePower()
      node.restart()
      const { raft, witness } = await open(node)
      assert.deepEqual(witness.records.slice(0, 2), ['a', 'b'], `seed ${seed}`)
      assert.equal(raft.leader().epoch, 2, `seed ${seed}`)
    }
  })

  it('writes a snapshot once per offset, starts from it, and goes on behind it', async () => {
    const node = newNode()
    await format(node)
    const first = await open(node)
    const lastOffset = await commit(node, first, ['a', 'b'])
    const writer = first.raft.createSnapshot({ offset: lastOffset + 1, epoch: 1 })
    assert.ok(writer !== undefined)
    writer.append([Buffer.from('ab')])
    await node.environment.time.run(writer.finish())
    assert.deepEqual(first.raft.latestSnapshot(), { offset: lastOffset + 1, epoch: 1 })
    assert.equal(first.raft.createSnapshot({ offset: lastOffset + 1, epoch: 1 }), undefined)
    assert.equal(first.raft.createSnapshot({ offset: 900, epoch: 1 }), undefined)
    await commit(node, first, ['c'])
    node.kill()
    const { witness } = await open(node)
    assert.deepEqual([...(witness.snapshot?.records() ?? [])].map(String), ['ab'])
    assert.deepEqual(witness.records, ['c'])
  })

  it('gives up the log below a snapshot once there is too much of it', async () => {
    const node = newNode()
    await format(node)
    const opened = await open(node, { retentionBytes: 1 })
    for (const text of ['a', 'b']) {
      const lastOffset = await commit(node, opened, [text])
      const writer = opened.raft.createSnapshot({ offset: lastOffset + 1, epoch: 1 })
      await node.environment.time.run(writer?.finish() ?? Promise.resolve())
    }
    assert.equal(opened.raft.logStartOffset, 5)
    node.kill()
    const { witness } = await open(node)
    assert.equal(witness.snapshot?.id.offset, 5)
  })

  it('passes over a snapshot that is damaged', async () => {
    const node = newNode()
    await format(node)
    const first = await open(node)
    const lastOffset = await commit(node, first, ['a'])
    const writer = first.raft.createSnapshot({ offset: lastOffset + 1, epoch: 1 })
    await node.environment.time.run(writer?.finish() ?? Promise.resolve())
    node.kill()
    node.disk.flipBit(`${directory}/__cluster_metadata-0/00000000000000000004-0000000001.checkpoint`, 100, 3)
    const { witness } = await open(node)
    assert.equal(witness.snapshot, undefined)
    assert.deepEqual(witness.records, ['a'])
    assert.ok(node.environment.logger.lines('warn').some((line) => line.includes('not usable')))
  })

  it('leads a log whose only voter is named by configuration, as Apache Kafka formats it', async () => {
    const node = newNode()
    const { raft, witness } = await open(node, { staticVoters: [voter] })
    assert.equal(raft.endOffset, 1)
    assert.deepEqual(witness.bootstrap, [])
    await commit(node, { raft, witness, failures: [] }, ['a'])
    assert.match(String(node.disk.readFile(`${directory}/__cluster_metadata-0/quorum-state`)), /"data_version":0/)
  })

  it('refuses a log of which it is not the only voter', async () => {
    const node = newNode()
    await format(node, [voter, { ...voter, id: 2 }])
    await assert.rejects(open(node), MultipleVotersError)
    const other = newNode()
    await format(other, [{ ...voter, id: 2 }])
    await assert.rejects(open(other), { name: 'MultipleVotersError', message: /runs a quorum of one/ })
  })

  it('gives up leading when a sync fails, and says so once', async () => {
    const node = newNode()
    await format(node)
    const { raft, witness, failures } = await open(node)
    node.disk.faults.add({ operation: 'sync', code: 'EIO' })
    raft.prepare(1, [Buffer.from('a')])
    raft.submit()
    await node.environment.time.runUntil(() => failures.length > 0)
    assert.equal(failures.length, 1)
    assert.equal(raft.leader().isMine, false)
    assert.equal(witness.leaders.at(-1)?.isMine, false)
    assert.deepEqual(witness.records, [])
    assert.throws(() => raft.prepare(1, [Buffer.from('b')]), { name: 'NotLeaderError' })
  })

  it('refuses what a full disk has no room for, and goes on when there is room', async () => {
    const node = newNode()
    await format(node)
    const { raft, witness, failures } = await open(node)
    const { endOffset } = raft
    node.disk.faults.add({ operation: 'write', path: /\.log$/, code: 'ENOSPC', writtenBytes: 20 })
    assert.throws(() => raft.prepare(1, [Buffer.from('a')]), { name: 'MetadataLogFullError' })
    assert.deepEqual([raft.endOffset, raft.leader().isMine], [endOffset, true])
    raft.prepare(1, [Buffer.from('b')])
    raft.submit()
    await node.environment.time.runUntil(() => witness.records.length > 0)
    assert.deepEqual(failures, [])
    assert.equal(raft.committedOffset, endOffset + 1)
  })

  it('describes itself as the one voter, caught up', async () => {
    const node = newNode()
    await format(node)
    const { raft } = await open(node)
    const { leader, highWatermark, voters, observers } = raft.describe()
    assert.equal(leader.id, 1)
    assert.equal(highWatermark, 3)
    assert.deepEqual(
      voters.map(({ id, logEndOffset }) => [id, logEndOffset]),
      [[1, 3]],
    )
    assert.deepEqual(observers, [])
  })
})

describe('an upgrade of kraft.version', () => {
  const named: Voter = { ...voter, directoryId: 'AAAAAAAAAAAAAAAAAAAAAA' }

  /** As Apache Kafka leaves it that was formatted with voters in its configuration. */
  async function openedAtZero(node: SimulatedNode): Promise<Opened> {
    await node.environment.time.run(node.disk.syncDirectory('/'))
    return open(node, { staticVoters: [named] })
  }

  it('writes the version and the voters, with their directory, and is committed when it resolves', async () => {
    const node = newNode()
    const opened = await openedAtZero(node)
    const { raft, witness } = opened
    assert.equal(raft.kraftVersion, 0)
    const before = raft.endOffset
    await node.environment.time.run(raft.upgradeKraftVersion(raft.leader().epoch, 1))
    assert.deepEqual([raft.kraftVersion, raft.committedOffset], [1, before + 2])
    assert.deepEqual(raft.describe().voters[0]?.directoryId, directoryId)
    assert.deepEqual(
      witness.batches.slice(-1).map(({ baseOffset, lastOffset, records }) => [baseOffset, lastOffset, records.length]),
      [[before, before + 1, 0]],
    )
    await commit(node, opened, ['behind it'])
    assert.deepEqual(witness.records, ['behind it'])
  })

  it('is there after a start, whatever the configuration says', async () => {
    const node = newNode()
    const { raft } = await openedAtZero(node)
    await node.environment.time.run(raft.upgradeKraftVersion(1, 1))
    await node.environment.time.run(raft.close())
    const again = await open(node, { staticVoters: [] })
    assert.equal(again.raft.kraftVersion, 1)
    assert.deepEqual(again.raft.describe().voters[0], { ...again.raft.describe().voters[0], id: 1, directoryId })
  })

  it('fails with the disk', async () => {
    const node = newNode()
    const { raft, failures } = await openedAtZero(node)
    node.disk.faults.add({ operation: 'sync', path: /__cluster_metadata/ })
    await assert.rejects(node.environment.time.run(raft.upgradeKraftVersion(1, 1)))
    assert.equal(failures.length, 1)
  })

  it('is left to the leader', async () => {
    const { raft } = await openedAtZero(newNode())
    assert.throws(() => raft.upgradeKraftVersion(7, 1), /NotLeaderError|epoch/)
  })
})
