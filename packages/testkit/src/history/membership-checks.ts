/**
 * What must hold of who owns what: within a generation or epoch a partition has one owner; and while a member is told
 * that it still is one, nobody else is given what it owns, or can commit it.
 */
import { type Entry, type History, type PartitionId, isDone, keyOf } from './history.ts'
import type { CheckOptions, Violation } from './violation.ts'

interface Ownership {
  readonly member: string
  /** The member, or who it stands for. */
  readonly owner: string
  readonly epoch: number
  readonly migrationCount: number
  /** The partition was given to it after that. */
  readonly asked: number
  /** And before that. */
  readonly from: number
  /** The coordinator took it for the owner after that: the last request of its time that was answered well. */
  readonly until: number
}

/** What an answer takes on a slow network. */
const underWayMs = 1_000

export function membershipViolations(history: History, { isSynced }: CheckOptions): readonly Violation[] {
  const violations: Violation[] = []
  for (const [place, owners] of ownerships(history, isSynced)) {
    violations.push(...sameEpoch(place, owners), ...overlapping(place, owners))
  }
  return violations
}

/** By group, what may have been forgotten in between, and partition; in the order in which they began. */
function ownerships(history: History, isSynced: boolean): ReadonlyMap<string, readonly Ownership[]> {
  const found = new Map<string, Ownership[]>()
  const signs = Map.groupBy(signsOfLife(history), ({ member }) => member)
  const ends = Map.groupBy(history.done('disown'), ({ call }) => call.member)
  const migrations = migrationsBefore(history)
  for (const entry of history.done('own')) {
    if (!isSynced && isOfBefore(history, entry)) continue
    const { call, completed, invoked } = entry
    const migrationCount = migrations.get(invoked) ?? 0
    for (const partition of call.partitions) {
      const place = `${call.group}${incarnation(history, call.group, { order: completed, isSynced })} ${keyOf(partition)}`
      const end = (ends.get(call.member) ?? []).find((one) => one.completed > completed && includes(one, partition))
      const span = { from: completed, to: end?.completed ?? Infinity }
      const until = lastSign(signs.get(call.member) ?? [], partition, span)
      const list = found.get(place) ?? []
      const { member, epoch, instance = member } = call
      list.push({ member, owner: instance, epoch, migrationCount, asked: call.asked, from: completed, until })
      found.set(place, list)
    }
  }
  return found
}

/** The answer may have been under way while the power went, and the group forgot it. */
function isOfBefore(history: History, { completed, completedMs }: Entry<'own'>): boolean {
  return history.done('node').some(({ call, ...loss }) => {
    const isJustLost = loss.completed < completed && completedMs - loss.completedMs < underWayMs
    return call.event === 'lost power' && isJustLost
  })
}

/**
 * How often the group was replaced before each answer that gave something, by its place: an empty group that a member of
 * the other protocol joins is a new one, and its epochs begin anew. Seen here as a change of who is a member.
 */
function migrationsBefore(history: History): ReadonlyMap<number, number> {
  const counts = new Map<number, number>()
  const groups = new Map<string, { readonly protocol: 'classic' | 'consumer'; readonly count: number }>()
  const signs = [...history.of('own'), ...history.of('beat')].toSorted((a, b) => a.invoked - b.invoked)
  for (const { call, invoked } of signs) {
    const { group, protocol } = call
    const before = groups.get(group) ?? { protocol, count: 0 }
    const count = before.protocol === protocol ? before.count : before.count + 1
    groups.set(group, { protocol, count })
    counts.set(invoked, count)
  }
  return counts
}

/** Generations begin anew in a group that was deleted, and where the power was lost and nothing is synced. */
function incarnation(
  history: History,
  group: string,
  at: { readonly order: number; readonly isSynced: boolean },
): string {
  const deletions = history
    .of('delete group')
    .filter((entry) => entry.call.group === group && entry.invoked < at.order)
    .filter((entry) => !isDone(entry) || entry.result.error === 'NONE').length
  const losses = history
    .done('node')
    .filter(({ call, completed }) => !at.isSynced && call.event === 'lost power' && completed < at.order).length
  return `#${deletions}.${losses}`
}

interface Sign {
  readonly member: string
  readonly invoked: number
  readonly owned: ReadonlySet<string>
}

/** What a coordinator answers well to a member only: heartbeats, and commits with a generation or epoch. */
function signsOfLife(history: History): readonly Sign[] {
  const beats = history
    .done('beat')
    .filter(({ result }) => result.error === 'NONE')
    .map(({ call, invoked }) => ({ member: call.member, invoked, owned: new Set(call.owned.map(keyOf)) }))
  const commits = history
    .done('commit offsets')
    .filter(({ call, result }) => call.epoch >= 0 && result.errors.every((error) => error === 'NONE'))
    .map(({ call, invoked }: Entry<'commit offsets'>) => ({
      member: call.member,
      invoked,
      owned: new Set(call.offsets.map(keyOf)),
    }))
  return [...beats, ...commits].toSorted((a, b) => a.invoked - b.invoked)
}

function includes({ call }: Entry<'disown'>, partition: PartitionId): boolean {
  return call.partitions.some((one) => keyOf(one) === keyOf(partition))
}

/** The last one in its time that names the partition. */
function lastSign(
  signs: readonly Sign[],
  partition: PartitionId,
  { from, to }: { readonly from: number; readonly to: number },
): number {
  const within = signs.filter(({ invoked, owned }) => invoked > from && invoked < to && owned.has(keyOf(partition)))
  return within.at(-1)?.invoked ?? from
}

/** M1: one owner in a generation or epoch. */
function sameEpoch(place: string, owners: readonly Ownership[]): readonly Violation[] {
  const byEpoch = Map.groupBy(owners, ({ epoch, migrationCount }) => `${epoch}/${migrationCount}`)
  return [...byEpoch.values()].flatMap((all) => {
    const members = [...new Set(all.map(({ owner }) => owner))]
    return members.length < 2
      ? []
      : [{ invariant: 'M1', message: `${place}: ${members.join(' and ')} own it in epoch ${all[0]?.epoch}` }]
  })
}

/** M2: nobody is given what another one still has. */
function overlapping(place: string, owners: readonly Ownership[]): readonly Violation[] {
  return owners.flatMap((owner) =>
    owners
      .filter(({ member, asked, from }) => member !== owner.member && asked > owner.from && from < owner.until)
      .map(({ member, epoch }) => ({
        invariant: 'M2',
        message: `${place}: ${member} was given it in epoch ${epoch} while ${owner.member} had it`,
      })),
  )
}
