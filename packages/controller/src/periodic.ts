/**
 * What the active controller does by itself: fences brokers that have gone silent, moves leadership back to preferred
 * replicas, finds leaders for partitions that lost theirs, and writes a record now and then so that followers can tell
 * how far behind they are.
 */
import type { BrokerConfig } from '@gregor/config'
import type { SetTimer } from '@gregor/machine'
import { NO_LEADER } from '@gregor/metadata'
import type { MetadataRecordInput } from '@gregor/protocol'
import { isUncleanElectionEnabled, partitionsWhere } from './deliberation.ts'
import type { Deliberation, PlacedPartition } from './deliberation.ts'
import { changeIn, fenceRecords } from './leadership.ts'
import type { Election } from './partition-change.ts'

export const periodicTasks = ['FenceStaleBroker', 'ElectPreferred', 'ElectUnclean', 'WriteNoOp'] as const
export type PeriodicTask = (typeof periodicTasks)[number]

/** Over it the rest waits for the next turn, which then comes at once. */
const electionsPerTurnMax = 1_000

export interface PeriodicOutcome {
  readonly records: readonly MetadataRecordInput[]
  /** There is more to do. */
  readonly isAgainAtOnce: boolean
  /** As in `Outcome`. */
  readonly afterwards?: () => void
}

/** `undefined`: this task is not run at all. */
export function periodMs(task: PeriodicTask, config: BrokerConfig): number | undefined {
  switch (task) {
    case 'FenceStaleBroker':
      return Math.max(1, Math.floor(config.get('broker.session.timeout.ms') / 8))
    case 'ElectPreferred':
      if (!config.get('auto.leader.rebalance.enable')) return undefined
      return config.get('leader.imbalance.check.interval.seconds') * 1_000
    case 'ElectUnclean':
      return config.get('unclean.leader.election.interval.ms')
    default:
      return config.get('metadata.max.idle.interval.ms') || undefined
  }
}

export function timerFor(task: PeriodicTask, delayMs: number, generation: number): SetTimer {
  return { type: 'SetTimer', key: task, delayMs, generation }
}

export function runPeriodic(task: PeriodicTask, deliberation: Deliberation): PeriodicOutcome {
  switch (task) {
    case 'FenceStaleBroker':
      return fenceOneStaleBroker(deliberation)
    case 'ElectPreferred':
      return electIn(
        deliberation,
        partitionsWhere(deliberation.image, ({ leader, replicas }) => leader !== replicas[0]),
        'preferred',
      )
    case 'ElectUnclean':
      return electIn(deliberation, uncleanCandidates(deliberation), 'unclean')
    default:
      return { records: [{ type: 'NoOpRecord' }], isAgainAtOnce: false }
  }
}

/** One at a time, so that the next decision sees what this one has changed. */
function fenceOneStaleBroker(deliberation: Deliberation): PeriodicOutcome {
  const { sessions, image, given } = deliberation
  const expired = sessions.expired(given.monotonicMs)
  if (expired === undefined) return { records: [], isAgainAtOnce: false }
  const broker = image.brokers.get(expired.brokerId)
  const isStale = broker !== undefined && broker.epoch === expired.epoch && !broker.fenced
  return {
    records: isStale ? fenceRecords(deliberation, broker) : [],
    isAgainAtOnce: true,
    afterwards: () => sessions.end(expired.brokerId),
  }
}

function* uncleanCandidates(deliberation: Deliberation): Generator<PlacedPartition> {
  for (const placed of partitionsWhere(deliberation.image, ({ leader }) => leader === NO_LEADER)) {
    if (isUncleanElectionEnabled(deliberation, placed.topic.name)) yield placed
  }
}

function electIn(
  deliberation: Deliberation,
  partitions: Iterable<PlacedPartition>,
  election: Election,
): PeriodicOutcome {
  const records: MetadataRecordInput[] = []
  for (const placed of partitions) {
    const record = changeIn(deliberation, placed, { election })
    if (record !== undefined) records.push(record)
    if (records.length === electionsPerTurnMax) return { records, isAgainAtOnce: true }
  }
  return { records, isAgainAtOnce: false }
}
