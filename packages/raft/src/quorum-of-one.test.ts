import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { electSelf, expiredSnapshots, firstRecords } from './quorum-of-one.ts'
import { initialQuorumState } from './quorum-state.ts'

const self = { nodeId: 3, directoryId: 'pzR60247RzSbuXeJNvcXOA' }
const voters = [{ id: 3, directoryId: self.directoryId, endpoints: [] }]

describe('a quorum of one', () => {
  it('leads under an epoch above the one it persisted and the last in its log', () => {
    assert.equal(electSelf(self, { persisted: initialQuorumState, lastLogEpoch: 0 }).leaderEpoch, 1)
    assert.equal(
      electSelf(self, { persisted: { ...initialQuorumState, leaderEpoch: 5 }, lastLogEpoch: 2 }).leaderEpoch,
      6,
    )
    assert.equal(
      electSelf(self, { persisted: { ...initialQuorumState, leaderEpoch: 5 }, lastLogEpoch: 9 }).leaderEpoch,
      10,
    )
  })

  it('votes for itself, with its directory', () => {
    assert.deepEqual(electSelf(self, { persisted: initialQuorumState, lastLogEpoch: 0 }), {
      leaderEpoch: 1,
      leaderId: 3,
      votedId: 3,
      votedDirectoryId: self.directoryId,
    })
  })

  it('writes version and voters into a log that does not name them yet, where the version has voters in it', () => {
    const types = (kraftVersion: number, isInLog: boolean): string[] =>
      firstRecords(3, { kraftVersion, voters, isInLog }).map(({ type }) => type)
    assert.deepEqual(types(1, false), ['LeaderChange', 'KRaftVersion', 'KRaftVoters'])
    assert.deepEqual(types(1, true), ['LeaderChange'])
    assert.deepEqual(types(0, false), ['LeaderChange'])
  })

  it('gives up old snapshots by size and by age, never the newest', () => {
    const snapshots = [1, 2, 3].map((n) => ({ offset: n * 10, bytes: 100, lastContainedTimeMs: n * 1000 }))
    const given = { logBytes: 50, nowMs: 4000, retentionBytes: -1, retentionMs: -1 }
    assert.equal(expiredSnapshots(snapshots, given), 0)
    assert.equal(expiredSnapshots(snapshots, { ...given, retentionBytes: 300 }), 1)
    assert.equal(expiredSnapshots(snapshots, { ...given, retentionBytes: 1 }), 2)
    assert.equal(expiredSnapshots(snapshots, { ...given, retentionMs: 2500 }), 1)
    assert.equal(expiredSnapshots([], { ...given, retentionBytes: 1 }), 0)
  })
})
