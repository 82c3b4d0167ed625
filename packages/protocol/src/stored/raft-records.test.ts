import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { MalformedMessageError } from '@gregor/base'

import { decodeRaftRecord, encodeRaftRecord } from './raft-records.ts'
import { UnknownRecordError } from './unknown-record-error.ts'

describe('a control record of Raft', () => {
  const leaderChange = { leaderId: 1, voters: [{ voterId: 1 }], grantingVoters: [{ voterId: 1 }] }
  const voters = [
    {
      voterId: 1,
      voterDirectoryId: 'J8aAPcfLQt2bqs1JT_rMgQ',
      endpoints: [{ name: 'CONTROLLER', host: 'localhost', port: 9093 }],
      kRaftVersionFeature: { minSupportedVersion: 0, maxSupportedVersion: 1 },
    },
  ]

  it('has the bytes that Apache Kafka writes', () => {
    assert.equal(
      encodeRaftRecord('LeaderChange', leaderChange).toString('hex'),
      '00000000000102000000010002000000010000',
    )
    assert.equal(
      encodeRaftRecord('KRaftVoters', { voters }).toString('hex'),
      '0000020000000127c6803dc7cb42dd9baacd494ffacc81020b434f4e54524f4c4c45520a6c6f63616c686f737423850000000001000000',
    )
    assert.equal(
      encodeRaftRecord('SnapshotHeader', { lastContainedLogTimestamp: 1_700_000_000_000 }).toString('hex'),
      '00000000018bcfe5680000',
    )
  })

  it('is read back', () => {
    assert.deepEqual(decodeRaftRecord('KRaftVoters', encodeRaftRecord('KRaftVoters', { voters })), {
      version: 0,
      voters,
    })
    assert.deepEqual(decodeRaftRecord('KRaftVersion', encodeRaftRecord('KRaftVersion', { kRaftVersion: 1 })), {
      version: 0,
      kRaftVersion: 1,
    })
    assert.deepEqual(decodeRaftRecord('SnapshotFooter', encodeRaftRecord('SnapshotFooter', {})), { version: 0 })
  })

  it('is read in the version it says it has', () => {
    const directory = 'J8aAPcfLQt2bqs1JT_rMgQ'
    const value = encodeRaftRecord('LeaderChange', {
      version: 1,
      leaderId: 1,
      voters: [{ voterId: 1, voterDirectoryId: directory }],
      grantingVoters: [],
    })
    assert.equal(decodeRaftRecord('LeaderChange', value).voters[0]?.voterDirectoryId, directory)
  })

  it('of a version from the future is unknown', () => {
    assert.throws(() => decodeRaftRecord('SnapshotFooter', Buffer.from('000100', 'hex')), UnknownRecordError)
  })

  it('is malformed when it is cut off, or goes on', () => {
    assert.throws(() => decodeRaftRecord('SnapshotFooter', Buffer.from('00', 'hex')), MalformedMessageError)
    assert.throws(() => decodeRaftRecord('KRaftVersion', Buffer.from('000000', 'hex')), MalformedMessageError)
    assert.throws(() => decodeRaftRecord('SnapshotFooter', Buffer.from('00000000', 'hex')), MalformedMessageError)
  })
})
