/** What `gregor groups reset` sets: a place as a person writes it, for the partitions of a group. */
import type { Admin, OffsetSpec, TopicPartition } from '@gregor/client'
import {
  byTopicAndPartition,
  committedOffsets,
  logOffsets,
  partitionsOfTopics,
  partitionText,
} from '../tools/consumer-groups/group-offsets.ts'
import { UsageError } from '../usage-error.ts'

export type ResetTarget = { readonly spec: OffsetSpec } | { readonly offset: number } | { readonly shiftBy: number }

export interface PlannedReset extends TopicPartition {
  /** What is committed now. */
  readonly before: number | undefined
  readonly offset: number
}

const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** @throws UsageError where it is no place. */
export function targetFrom(to: string | undefined, nowMs: number): ResetTarget {
  if (to === 'earliest' || to === 'latest') return { spec: to }
  if (to !== undefined && /^\d+$/.test(to)) return { offset: Number(to) }
  if (to !== undefined && /^[+-]\d+$/.test(to)) return { shiftBy: Number(to) }
  const [, count, unit] = /^(\d+)([smhd])$/.exec(to ?? '') ?? []
  if (count !== undefined && unit !== undefined) {
    return { spec: { timestampMs: nowMs - Number(count) * unitMs[unit as keyof typeof unitMs] } }
  }
  const timestampMs = Date.parse(to ?? '')
  if (to !== undefined && /^\d{4}-/.test(to) && !Number.isNaN(timestampMs)) return { spec: { timestampMs } }
  throw new UsageError(
    `--to${to === undefined ? '' : ` ${to}`}: give earliest, latest, an offset, +10 or -10, a time (2026-01-31T12:00:00Z) or how long ago (10m, 2h, 1d)`,
  )
}

/** Sorted. Offsets stay within what the partitions hold. */
export async function planReset(
  groupId: string,
  { target, topics }: { readonly target: ResetTarget; readonly topics: readonly string[] },
  admin: Admin,
): Promise<readonly PlannedReset[]> {
  const options = {}
  const committed = await committedOffsets(groupId, admin, options)
  const chosen: ReadonlyMap<string, TopicPartition> =
    topics.length === 0 ? committed : await partitionsOfTopics(topics, admin, options)
  const partitions = Array.from(chosen.values(), ({ topic, partition }) => ({ topic, partition }))
  const [starts, ends] = await Promise.all([
    logOffsets(partitions, 'earliest', { admin, options }),
    logOffsets(partitions, 'latest', { admin, options }),
  ])
  const found = 'spec' in target ? await logOffsets(partitions, target.spec, { admin, options }) : undefined
  const plan = partitions.map((one) => {
    const key = partitionText(one)
    const [start = 0, end = Infinity, before] = [starts.get(key), ends.get(key), committed.get(key)?.committed?.offset]
    return {
      ...one,
      before,
      offset: Math.max(start, Math.min(end, wanted(target, { found: found?.get(key), before, end }))),
    }
  })
  return plan.toSorted(byTopicAndPartition)
}

/** A time after the last record is the end; what was never committed is shifted from the end. */
function wanted(
  target: ResetTarget,
  {
    found,
    before,
    end,
  }: { readonly found: number | undefined; readonly before: number | undefined; readonly end: number },
): number {
  if ('offset' in target) return target.offset
  if ('shiftBy' in target) return (before ?? end) + target.shiftBy
  return found === undefined || found === -1 ? end : found
}
