/**
 * What a broker knows of one partition besides its log, and what follows from it. Pure.
 * The controller decides leadership and ISR; this file only says what a broker may do under that decision.
 *
 * Invariants: the high watermark never goes back, and never passes what every in-sync replica holds
 * (held durably, where the policy is to sync before acknowledging).
 */

/** The controller’s decision, as the metadata log has it. */
export interface Leadership {
  /** -1: nobody leads. */
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly partitionEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
}

/** The fewest in-sync replicas that `acks=all` proceeds with: the config, but never more than there are replicas. */
export function effectiveMinIsr(leadership: Leadership, minIsr: number): number {
  return Math.min(minIsr, leadership.replicas.length)
}

export function hasEnoughIsr(leadership: Leadership, minIsr: number): boolean {
  return leadership.isr.length >= effectiveMinIsr(leadership, minIsr)
}

/**
 * @param given.localEnd - one past the last record this node holds: durably, where acknowledgements wait for that.
 * @returns where the high watermark goes now. It stays while other in-sync replicas are not known to have more.
 */
export function nextHighWatermark(
  leadership: Leadership,
  given: { nodeId: number; highWatermark: number; localEnd: number },
): number {
  const isAlone = leadership.isr.length === 1 && leadership.isr[0] === given.nodeId
  return isAlone ? Math.max(given.highWatermark, given.localEnd) : given.highWatermark
}

/** What a client’s idea of the leader epoch says about itself (KIP-320). -1: it has none, and is not checked. */
export function checkLeaderEpoch(
  leadership: Leadership,
  currentLeaderEpoch: number,
): 'NONE' | 'FENCED_LEADER_EPOCH' | 'UNKNOWN_LEADER_EPOCH' {
  if (currentLeaderEpoch === -1 || currentLeaderEpoch === leadership.leaderEpoch) return 'NONE'
  return currentLeaderEpoch < leadership.leaderEpoch ? 'FENCED_LEADER_EPOCH' : 'UNKNOWN_LEADER_EPOCH'
}
