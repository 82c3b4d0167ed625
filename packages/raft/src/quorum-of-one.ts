/**
 * The decisions of a quorum that has one voter: pure. It leads as soon as it starts, under a new epoch, and what it
 * has on disk is committed. Nothing else may follow from there being one voter: the log, its epochs and its records are
 * those of any quorum, so that more voters can join it later.
 *
 * Invariant (R12): an epoch is used by one start of the node only; so (offset, epoch) never names two batches.
 */
import type { QuorumState } from './quorum-state.ts'
import { kraftVersionRecord, leaderChange, votersRecord, type ControlRecord, type Voter } from './voters.ts'

export interface KnownQuorum {
  readonly kraftVersion: number
  readonly voters: readonly Voter[]
  /** Whether the log itself, not only the bootstrap snapshot, names the voters. */
  readonly isInLog: boolean
}

/** The state to persist before anything is appended under the new epoch. */
export function electSelf(
  self: { readonly nodeId: number; readonly directoryId: string },
  given: { readonly persisted: QuorumState; readonly lastLogEpoch: number },
): QuorumState {
  return {
    leaderEpoch: Math.max(given.persisted.leaderEpoch, given.lastLogEpoch) + 1,
    leaderId: self.nodeId,
    votedId: self.nodeId,
    votedDirectoryId: self.directoryId,
  }
}

/** What a new leader writes first: that it leads, and who votes where the log does not say so yet (KIP-853). */
export function firstRecords(
  leaderId: number,
  { kraftVersion, voters, isInLog }: KnownQuorum,
): readonly ControlRecord[] {
  const change = leaderChange(
    leaderId,
    voters.map(({ id }) => id),
  )
  if (kraftVersion === 0 || isInLog) return [change]
  return [change, kraftVersionRecord(kraftVersion), votersRecord(voters)]
}

/** Which snapshots a log may lose: the oldest, while all is too large or it is too old, but never the newest. */
export function expiredSnapshots(
  snapshots: readonly { readonly offset: number; readonly bytes: number; readonly lastContainedTimeMs: number }[],
  given: {
    readonly logBytes: number
    readonly nowMs: number
    readonly retentionBytes: number
    readonly retentionMs: number
  },
): number {
  let totalBytes = given.logBytes + snapshots.reduce((sum, { bytes }) => sum + bytes, 0)
  let count = 0
  while (count < snapshots.length - 1) {
    const oldest = snapshots[count]
    if (oldest === undefined) break
    const isTooLarge = given.retentionBytes >= 0 && totalBytes > given.retentionBytes
    const isTooOld = given.retentionMs >= 0 && given.nowMs - oldest.lastContainedTimeMs > given.retentionMs
    if (!isTooLarge && !isTooOld) break
    totalBytes -= oldest.bytes
    count++
  }
  return count
}
