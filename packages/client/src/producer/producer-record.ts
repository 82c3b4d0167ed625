/** Records as a program gives them, and where it sends them: a topic by name, or one that knows how to write its keys and values. */
import type { SerdeContext, Serializer } from '@gregor/serde'
import { SerializationError } from '../errors.ts'
import type { Bytes, RecordHeaders } from './record-encoding.ts'
import type { SerializedRecord } from './topic-queues.ts'

/** Of a topic by name, keys and values are bytes; text is written as UTF-8. */
export interface ProducerRecord<K = Bytes | null, V = Bytes | null> {
  /** Records of one key go to one partition, in order. Default: none. */
  readonly key?: K | null | undefined
  /** Null: a tombstone, which deletes its key from a compacted topic. */
  readonly value: V | null
  /** Default: what the partitioner says. */
  readonly partition?: number | undefined
  /** Milliseconds since the epoch. Default: now. */
  readonly timestamp?: number | undefined
  /** In order; a name may come more than once. */
  readonly headers?: RecordHeaders | undefined
}

/** A topic with the types of its records. */
export interface TypedTopic<K, V> {
  readonly name: string
  readonly key: Serializer<K>
  readonly value: Serializer<V>
}

const noHeaders: RecordHeaders = []

/** Of a topic by name: it is what it is. @throws TypeError where it is no record. */
export function plainRecord(topic: string, record: ProducerRecord): SerializedRecord {
  const { key, value, partition, timestamp } = record
  if (key !== undefined && !isBytes(key)) throw notBytes(topic, 'key', key)
  if (!isBytes(value)) throw notBytes(topic, 'value', value)
  if (partition !== undefined || timestamp !== undefined) checkPlace(topic, partition, timestamp)
  return record
}

/** @throws SerializationError what a serializer throws. */
export function typedRecord<K, V>(topic: TypedTopic<K, V>, record: ProducerRecord<K, V>): SerializedRecord {
  const { partition, timestamp, headers = noHeaders } = record
  checkPlace(topic.name, partition, timestamp)
  const context = { topic: topic.name, headers }
  const key = serialized(topic.key, record.key ?? null, { ...context, part: 'key' })
  const value = serialized(topic.value, record.value, { ...context, part: 'value' })
  return { key, value, headers, partition, timestamp }
}

function serialized<T>(serializer: Serializer<T>, value: T | null, context: SerdeContext): Uint8Array | null {
  if (value === null) return null
  try {
    return serializer.serialize(value, context)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new SerializationError(`the ${context.part} of a record for ${context.topic}: ${reason}`, { cause })
  }
}

function isBytes(value: unknown): value is Bytes | null {
  return value === null || typeof value === 'string' || value instanceof Uint8Array
}

function notBytes(topic: string, part: string, value: unknown): TypeError {
  const given = value === undefined ? 'undefined' : `of type ${typeof value}`
  const advice = 'give bytes, text or null, or send to a topic that knows how to serialize it'
  return new TypeError(`the ${part} of a record for ${topic} is ${given}: ${advice}`)
}

function checkPlace(topic: string, partition: number | undefined, timestamp: number | undefined): void {
  if (partition !== undefined && !(Number.isInteger(partition) && partition >= 0)) {
    throw new TypeError(`${partition} is no partition of ${topic}: a whole number from 0 on is one`)
  }
  if (timestamp !== undefined && !(Number.isSafeInteger(timestamp) && timestamp >= 0)) {
    throw new TypeError(
      `${timestamp} is no timestamp of a record for ${topic}: milliseconds since the epoch, 0 or more`,
    )
  }
}
