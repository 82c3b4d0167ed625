/** What the work of a transaction gets: its producer, as far as it may use it there; and offsets as they are given. */
import type { Producer } from './producer.ts'
import type { ProducerRecord, TypedTopic } from './producer-record.ts'
import type { SentRecord } from './receipt.ts'
import type { GroupOffset, GroupOffsets } from './transaction.ts'

/** Of a consumer whose offsets a transaction commits. */
export interface ConsumerGroupMetadata {
  readonly groupId: string
  /** Of the classic protocol, or the member epoch. Default: -1, not checked: for offsets that no member consumed. */
  readonly generationId?: number | undefined
  readonly memberId?: string | undefined
  readonly groupInstanceId?: string | null | undefined
}

/** Records that were read, as a consumer gives them: the offset to commit is that of the record behind them. */
export interface ConsumedBatch {
  readonly topic: string
  readonly partition: number
  readonly next: { readonly offset: number; readonly leaderEpoch?: number | undefined }
}

/** What `transaction` gives its work. */
export interface TransactionHandle {
  /** As `Producer.send`; what fails fails the commit too, whether it is awaited or not. */
  send(topic: string, record: ProducerRecord): Promise<SentRecord>
  send<K, V>(topic: TypedTopic<K, V>, record: ProducerRecord<K, V>): Promise<SentRecord>
  sendAll(topic: string, records: Iterable<ProducerRecord>): Promise<readonly SentRecord[]>
  sendAll<K, V>(topic: TypedTopic<K, V>, records: Iterable<ProducerRecord<K, V>>): Promise<readonly SentRecord[]>
  offer(topic: string, record: ProducerRecord): boolean
  offer<K, V>(topic: TypedTopic<K, V>, record: ProducerRecord<K, V>): boolean
  drained(): Promise<void>
  /** As `Producer.sendOffsets`; the commit waits for it, and what fails fails the commit. */
  sendOffsets(offsets: Iterable<GroupOffset | ConsumedBatch>, group: ConsumerGroupMetadata): Promise<void>
}

export function transactionHandle(producer: Producer): TransactionHandle {
  return {
    send: <K, V>(topic: string | TypedTopic<K, V>, record: ProducerRecord<K, V> | ProducerRecord) =>
      quietly(producer.send(topic as TypedTopic<K, V>, record as ProducerRecord<K, V>)),
    sendAll: <K, V>(topic: string | TypedTopic<K, V>, records: Iterable<ProducerRecord<K, V> | ProducerRecord>) =>
      quietly(producer.sendAll(topic as TypedTopic<K, V>, records as Iterable<ProducerRecord<K, V>>)),
    offer: <K, V>(topic: string | TypedTopic<K, V>, record: ProducerRecord<K, V> | ProducerRecord) =>
      producer.offer(topic as TypedTopic<K, V>, record as ProducerRecord<K, V>),
    drained: () => producer.drained(),
    sendOffsets: (offsets, group) => quietly(producer.sendOffsets(offsets, group)),
  }
}

/** As `Transaction` takes them. */
export function groupOffsets(
  offsets: Iterable<GroupOffset | ConsumedBatch>,
  { groupId, generationId = -1, memberId = '', groupInstanceId = null }: ConsumerGroupMetadata,
): GroupOffsets {
  const member = { memberId, instanceId: groupInstanceId, generationIdOrMemberEpoch: generationId }
  return { groupId, member, offsets: Array.from(offsets, offsetOf) }
}

function offsetOf(given: GroupOffset | ConsumedBatch): GroupOffset {
  if (!('next' in given)) return given
  const { topic, partition, next } = given
  return { topic, partition, offset: next.offset, leaderEpoch: next.leaderEpoch }
}

/** What fails fails the commit: nobody has to await each record for that. */
function quietly<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}
