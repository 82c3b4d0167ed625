/**
 * Committed offsets, and those that wait for the end of a transaction (KIP-98). Logged state: only `apply…` changes it,
 * and it is what replaying the partition from its start gives.
 *
 * Of two commits the later one in the log counts, also where the earlier one belongs to a transaction that ends after
 * it: each offset knows the offset of its record.
 */
import { ZERO_UUID } from '@gregor/base'
import type { GroupRecordKey, GroupRecordValue } from '../group-log-record.ts'
import { PartitionTable } from './partition-table.ts'
import type { EntryOf } from './partition-table.ts'

export interface CommittedOffset {
  /** Of the record in `__consumer_offsets`. */
  readonly recordOffset: number
  readonly offset: number
  /** -1: unknown. */
  readonly leaderEpoch: number
  readonly metadata: string
  readonly commitTimestampMs: number
  /** -1: as `offsets.retention.minutes` says. */
  readonly expireTimestampMs: number
  /** Zero where the committer did not say, as in transactions. */
  readonly topicId: string
}

export class OffsetStore {
  readonly #committed = new PartitionTable<CommittedOffset>()
  readonly #pendingByProducer = new Map<number, PartitionTable<CommittedOffset>>()
  /** The producers with a pending offset of that partition. */
  readonly #open = new PartitionTable<Set<number>>()

  /** How many are committed. */
  get size(): number {
    return this.#committed.size
  }

  get(groupId: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.#committed.get(groupId, topic, partition)
  }

  /** What is committed, by topic and partition. */
  ofGroup(groupId: string): ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>> {
    return this.#committed.group(groupId)
  }

  isPending(groupId: string, topic: string, partition: number): boolean {
    return this.#open.get(groupId, topic, partition) !== undefined
  }

  hasPending(groupId: string): boolean {
    return this.#open.hasGroup(groupId)
  }

  pendingOf(producerId: number, groupId: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.#pendingByProducer.get(producerId)?.get(groupId, topic, partition)
  }

  /** All that is committed. */
  entries(): Generator<EntryOf<CommittedOffset>> {
    return this.#committed.entries()
  }

  /** All that waits for a marker. */
  *pendingEntries(): Generator<readonly [producerId: number, ...EntryOf<CommittedOffset>]> {
    for (const [producerId, pending] of this.#pendingByProducer) {
      for (const entry of pending.entries()) yield [producerId, ...entry]
    }
  }

  /** Committed or pending, each once. */
  *partitionsOf(groupId: string): Generator<readonly [topic: string, partition: number]> {
    for (const [topic, partitions] of this.#committed.group(groupId)) {
      for (const partition of partitions.keys()) yield [topic, partition]
    }
    for (const [topic, partitions] of this.#open.group(groupId)) {
      for (const partition of partitions.keys()) {
        if (this.#committed.get(groupId, topic, partition) === undefined) yield [topic, partition]
      }
    }
  }

  /** Committed and pending ones of a topic that has gone, each partition once. Offsets without a topic id go by name. */
  *partitionsOfTopic(topic: {
    readonly name: string
    readonly topicId: string
  }): Generator<readonly [groupId: string, partition: number]> {
    const isOf = ({ topicId }: CommittedOffset) => topicId === ZERO_UUID || topicId === topic.topicId
    for (const groupId of this.#committed.groupIds()) {
      for (const [partition, offset] of this.#committed.group(groupId).get(topic.name) ?? []) {
        if (isOf(offset)) yield [groupId, partition]
      }
    }
    for (const groupId of this.#open.groupIds()) {
      for (const [partition, producerIds] of this.#open.group(groupId).get(topic.name) ?? []) {
        const committed = this.get(groupId, topic.name, partition)
        if (committed !== undefined && isOf(committed)) continue
        const pending = [...producerIds].map((id) => this.pendingOf(id, groupId, topic.name, partition))
        if (pending.some((offset) => offset !== undefined && isOf(offset))) yield [groupId, partition]
      }
    }
  }

  applyCommit(
    { group, topic, partition }: GroupRecordKey<'OffsetCommit'>,
    value: GroupRecordValue<'OffsetCommit'>,
    { recordOffset, producerId }: { readonly recordOffset: number; readonly producerId: number | undefined },
  ): void {
    const offset = offsetFromRecord(recordOffset, value)
    if (producerId === undefined) {
      this.#committed.set(group, topic, partition, offset)
      return
    }
    let pending = this.#pendingByProducer.get(producerId)
    if (pending === undefined) this.#pendingByProducer.set(producerId, (pending = new PartitionTable()))
    pending.set(group, topic, partition, offset)
    const open = this.#open.get(group, topic, partition)
    if (open === undefined) this.#open.set(group, topic, partition, new Set([producerId]))
    else open.add(producerId)
  }

  /** What is pending of that partition goes, too. */
  applyTombstone({ group, topic, partition }: GroupRecordKey<'OffsetCommit'>): void {
    this.#committed.delete(group, topic, partition)
    for (const producerId of this.#open.delete(group, topic, partition) ?? []) {
      this.#pendingByProducer.get(producerId)?.delete(group, topic, partition)
    }
  }

  applyMarker(producerId: number, outcome: 'Commit' | 'Abort'): void {
    const pending = this.#pendingByProducer.get(producerId)
    if (pending === undefined) return
    this.#pendingByProducer.delete(producerId)
    for (const [groupId, topic, partition, offset] of pending.entries()) {
      this.#close(groupId, topic, partition, producerId)
      if (outcome === 'Abort') continue
      const committed = this.#committed.get(groupId, topic, partition)
      const isLater = committed === undefined || offset.recordOffset > committed.recordOffset
      if (isLater) this.#committed.set(groupId, topic, partition, offset)
    }
  }

  #close(groupId: string, topic: string, partition: number, producerId: number): void {
    const open = this.#open.get(groupId, topic, partition)
    open?.delete(producerId)
    if (open?.size === 0) this.#open.delete(groupId, topic, partition)
  }
}

function offsetFromRecord(recordOffset: number, value: GroupRecordValue<'OffsetCommit'>): CommittedOffset {
  return {
    recordOffset,
    offset: value.offset,
    leaderEpoch: value.leaderEpoch,
    metadata: value.metadata,
    commitTimestampMs: value.commitTimestamp,
    expireTimestampMs: value.expireTimestamp,
    topicId: value.topicId,
  }
}
