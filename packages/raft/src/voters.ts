/**
 * Who votes on the metadata log, and the log’s own version: what Raft keeps of itself in control records.
 * kraft.version 0: voters are named by configuration only. 1: by these records, with the id of the directory that
 * holds each voter’s log, so that a wiped disk is another voter (KIP-853).
 */
import { decodeRaftRecord, encodeRaftRecord, type RaftRecordType } from '@gregor/protocol'

export interface Voter {
  readonly id: number
  readonly directoryId: string
  readonly endpoints: readonly { readonly name: string; readonly host: string; readonly port: number }[]
}

export interface ControlRecord {
  readonly type: RaftRecordType
  readonly value: Buffer
}

/** The highest kraft.version this node writes and reads. */
export const KRAFT_VERSION_MAX = 1

export function leaderChange(leaderId: number, voterIds: readonly number[]): ControlRecord {
  const voters = voterIds.map((voterId) => ({ voterId }))
  return { type: 'LeaderChange', value: encodeRaftRecord('LeaderChange', { leaderId, voters, grantingVoters: voters }) }
}

export function kraftVersionRecord(kRaftVersion: number): ControlRecord {
  return { type: 'KRaftVersion', value: encodeRaftRecord('KRaftVersion', { kRaftVersion }) }
}

export function kraftVersionFrom(value: Buffer): number {
  return decodeRaftRecord('KRaftVersion', value).kRaftVersion
}

export function votersRecord(voters: readonly Voter[]): ControlRecord {
  const value = encodeRaftRecord('KRaftVoters', {
    voters: voters.map(({ id, directoryId, endpoints }) => ({
      voterId: id,
      voterDirectoryId: directoryId,
      endpoints: endpoints.map(({ name, host, port }) => ({ name, host, port })),
      kRaftVersionFeature: { minSupportedVersion: 0, maxSupportedVersion: KRAFT_VERSION_MAX },
    })),
  })
  return { type: 'KRaftVoters', value }
}

export function votersFrom(value: Buffer): readonly Voter[] {
  return decodeRaftRecord('KRaftVoters', value).voters.map(({ voterId, voterDirectoryId, endpoints }) => ({
    id: voterId,
    directoryId: voterDirectoryId,
    endpoints,
  }))
}
