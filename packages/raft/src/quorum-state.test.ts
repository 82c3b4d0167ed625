import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MemoryDisk } from '@gregor/platform'
import { readQuorumState, writeQuorumState } from './quorum-state.ts'

const path = '/log/quorum-state'

function diskWith(text?: string): MemoryDisk {
  const disk = new MemoryDisk()
  disk.makeDirectory('/log')
  if (text !== undefined) {
    const file = disk.open(path, { create: true })
    file.write([Buffer.from(text)], 0)
    file.close()
  }
  return disk
}

describe('quorum-state', () => {
  it('reads both forms that Apache Kafka writes', () => {
    const version0 =
      '{"clusterId":"","leaderId":1,"leaderEpoch":1,"votedId":-1,"appliedOffset":0,"currentVoters":[{"voterId":1}],"data_version":0}'
    assert.deepEqual(readQuorumState(diskWith(version0), path), {
      leaderEpoch: 1,
      leaderId: 1,
      votedId: -1,
      votedDirectoryId: 'AAAAAAAAAAAAAAAAAAAAAA',
    })
    const version1 =
      '{"leaderId":1,"leaderEpoch":7,"votedId":1,"votedDirectoryId":"pzR60247RzSbuXeJNvcXOA","data_version":1}'
    assert.deepEqual(readQuorumState(diskWith(version1), path), {
      leaderEpoch: 7,
      leaderId: 1,
      votedId: 1,
      votedDirectoryId: 'pzR60247RzSbuXeJNvcXOA',
    })
  })

  it('is not there before it was written', () => {
    assert.equal(readQuorumState(diskWith(), path), undefined)
  })

  it('writes the form of its kraft.version, byte for byte as Apache Kafka does', async () => {
    const disk = diskWith()
    const state = { leaderEpoch: 1, leaderId: 1, votedId: -1, votedDirectoryId: 'AAAAAAAAAAAAAAAAAAAAAA' }
    await writeQuorumState(disk, path, state, { kraftVersion: 0, voterIds: [1] })
    assert.equal(
      String(disk.readFile(path)),
      '{"clusterId":"","leaderId":1,"leaderEpoch":1,"votedId":-1,"appliedOffset":0,"currentVoters":[{"voterId":1}],"data_version":0}',
    )
    await writeQuorumState(disk, path, state, { kraftVersion: 1, voterIds: [1] })
    assert.equal(
      String(disk.readFile(path)),
      '{"leaderId":1,"leaderEpoch":1,"votedId":-1,"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA","data_version":1}',
    )
  })

  it('refuses a file that is damaged, and says what to do', () => {
    for (const text of [
      '',
      '{',
      '7',
      'null',
      '{"data_version":2,"leaderEpoch":1,"leaderId":1,"votedId":1}',
      '{"data_version":1,"leaderId":1,"votedId":1}',
    ]) {
      assert.throws(() => readQuorumState(diskWith(text), path), {
        name: 'QuorumStateError',
        message: /Restore the file/,
      })
    }
  })
})
