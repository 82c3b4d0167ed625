import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MemoryDisk } from '@gregor/platform'
import { decodeMetadataRecord } from '@gregor/protocol'
import { apacheBootstrap, apacheVotersSnapshot } from './apache-snapshots.test-data.ts'
import {
  listSnapshots,
  parseSnapshot,
  readSnapshot,
  SnapshotBuilder,
  SnapshotError,
  snapshotFileName,
  snapshotIdFromFileName,
  writeSnapshot,
} from './snapshot-file.ts'
import { kraftVersionFrom, kraftVersionRecord, votersFrom, votersRecord, type Voter } from './voters.ts'

const voter: Voter = {
  id: 1,
  directoryId: 'pzR60247RzSbuXeJNvcXOA',
  endpoints: [{ name: 'CONTROLLER', host: '127.0.0.1', port: 30093 }],
}
const headerBatchBytes = 166

describe('snapshot files', () => {
  it('have the names Apache Kafka gives them', () => {
    assert.equal(snapshotFileName({ offset: 24, epoch: 1 }), '00000000000000000024-0000000001.checkpoint')
    assert.deepEqual(snapshotIdFromFileName('00000000000000000024-0000000001.checkpoint'), { offset: 24, epoch: 1 })
    assert.equal(snapshotIdFromFileName('00000000000000000024-0000000001.checkpoint.part'), undefined)
  })

  it('read what Apache Kafka wrote', () => {
    const voters = parseSnapshot(apacheVotersSnapshot, 'voters')
    assert.equal(voters.lastAppendTimeMs, 1795274529012)
    assert.deepEqual(voters.records, [])
    assert.deepEqual(
      voters.control.map(({ type }) => type),
      ['KRaftVersion', 'KRaftVoters'],
    )
    assert.equal(kraftVersionFrom(voters.control[0]?.value ?? Buffer.alloc(0)), 1)
    assert.deepEqual(votersFrom(voters.control[1]?.value ?? Buffer.alloc(0)), [voter])
    const levels = parseSnapshot(apacheBootstrap, 'bootstrap').records.map((record) => decodeMetadataRecord(record))
    assert.deepEqual(
      levels.map((record) => (record.type === 'FeatureLevelRecord' ? [record.name, record.featureLevel] : record.type)),
      [
        ['metadata.version', 30],
        ['eligible.leader.replicas.version', 1],
        ['group.version', 1],
        ['share.version', 1],
        ['streams.version', 1],
        ['transaction.version', 2],
      ],
    )
  })

  it('begin with the bytes Apache Kafka writes', () => {
    const control = [kraftVersionRecord(1), votersRecord([voter])]
    const builder = new SnapshotBuilder(
      { lastAppendTimeMs: 1795274529012, control },
      { epoch: 0, nowMs: 1795274529024 },
    )
    const bytes = Buffer.concat(builder.finish())
    assert.equal(
      bytes.subarray(0, headerBatchBytes).toString('hex'),
      apacheVotersSnapshot.subarray(0, headerBatchBytes).toString('hex'),
    )
    assert.equal(bytes.length, apacheVotersSnapshot.length)
  })

  it('come back from the disk as they were written, oldest first', async () => {
    const disk = new MemoryDisk()
    disk.makeDirectory('/log')
    for (const offset of [40, 8]) {
      const builder = new SnapshotBuilder({ lastAppendTimeMs: 5, control: [] }, { epoch: 2, nowMs: 6 })
      builder.append([Buffer.from(`a${offset}`), Buffer.from('b')])
      await writeSnapshot(disk, '/log', { offset, epoch: 2 }, builder.finish())
    }
    assert.deepEqual(listSnapshots(disk, '/log'), [
      { offset: 8, epoch: 2 },
      { offset: 40, epoch: 2 },
    ])
    const { records, lastAppendTimeMs } = readSnapshot(disk, '/log', { offset: 40, epoch: 2 })
    assert.deepEqual(records.map(String), ['a40', 'b'])
    assert.equal(lastAppendTimeMs, 5)
  })

  it('hold large contents in several batches', () => {
    const builder = new SnapshotBuilder({ lastAppendTimeMs: 0, control: [] }, { epoch: 0, nowMs: 0 })
    const record = Buffer.alloc(3 * 1_048_576, 7)
    builder.append([record, record, record])
    const batches = builder.finish()
    assert.equal(batches.length, 4)
    assert.equal(parseSnapshot(Buffer.concat(batches), 'large').records.length, 3)
  })

  it('count for nothing when cut short, damaged, or without header', () => {
    const cut = apacheBootstrap.subarray(0, apacheBootstrap.length - 75)
    assert.throws(() => parseSnapshot(cut, 'cut'), {
      name: 'SnapshotError',
      message: 'snapshot cut: it has no footer: it was not written to its end',
    })
    const damaged = Buffer.from(apacheBootstrap)
    damaged.writeUInt8(damaged.readUInt8(200) ^ 1, 200)
    assert.throws(() => parseSnapshot(damaged, 'damaged'), SnapshotError)
    assert.throws(() => parseSnapshot(apacheBootstrap.subarray(83), 'headless'), {
      message: 'snapshot headless: it has no header',
    })
    assert.throws(() => parseSnapshot(Buffer.concat([apacheBootstrap, apacheBootstrap]), 'twice'), SnapshotError)
  })
})
