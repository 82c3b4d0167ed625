/**
 * A record as a consumer hands it out: small, one object, nothing decoded before somebody asks. Key, value and headers are
 * views of, or made from, the memory that the fetch brought; who keeps a record keeps that memory. Copy what is kept long.
 */
import { skipVarint, varintAt } from '@gregor/base'
import type { TimestampType } from '@gregor/protocol'
import type { Deserializer, SerdeContext } from '@gregor/serde'
import { SerializationError } from '../errors.ts'

/** In the order they were sent, with doubles. A value may be null. */
export type ConsumedHeaders = readonly (readonly [key: string, value: Buffer | null])[]

export interface Deserializers<K, V> {
  readonly key: Deserializer<K> | undefined
  readonly value: Deserializer<V> | undefined
}

/** What the records of one batch have in common. */
export interface RecordSource {
  readonly topic: string
  readonly partition: number
  /** Of the batch’s leader; -1: unknown. */
  readonly leaderEpoch: number
  readonly timestampType: TimestampType
  readonly baseOffset: number
  /** With LogAppendTime the time of all its records. */
  readonly baseTimestamp: number
  /** Where the positions of its records point into. */
  readonly buffer: Buffer
  readonly deserializers: Deserializers<unknown, unknown>
}

const noHeaders: ConsumedHeaders = []

export class ConsumerRecord<K = Buffer | null, V = Buffer | null> {
  readonly #source: RecordSource
  // Small numbers, which need no memory of their own, instead of offset and timestamp.
  readonly #offsetDelta: number
  readonly #timestampDelta: number
  readonly #keyStart: number
  readonly #keyLength: number
  readonly #valueStart: number
  readonly #valueLength: number
  readonly #end: number
  #key: K | undefined
  #value: V | undefined
  #headers: ConsumedHeaders | undefined

  constructor(
    source: RecordSource,
    place: {
      readonly offsetDelta: number
      readonly timestampDelta: number
      readonly keyStart: number
      readonly keyLength: number
      readonly valueStart: number
      readonly valueLength: number
      readonly recordEnd: number
    },
  ) {
    this.#source = source
    this.#offsetDelta = place.offsetDelta
    this.#timestampDelta = place.timestampDelta
    this.#keyStart = place.keyStart
    this.#keyLength = place.keyLength
    this.#valueStart = place.valueStart
    this.#valueLength = place.valueLength
    this.#end = place.recordEnd
  }

  get topic(): string {
    return this.#source.topic
  }

  get partition(): number {
    return this.#source.partition
  }

  get offset(): number {
    return this.#source.baseOffset + this.#offsetDelta
  }

  /** Milliseconds since the epoch; -1 in records of the oldest format. */
  get timestamp(): number {
    const { baseTimestamp, timestampType } = this.#source
    return timestampType === 'LogAppendTime' ? baseTimestamp : baseTimestamp + this.#timestampDelta
  }

  get timestampType(): TimestampType {
    return this.#source.timestampType
  }

  /** Of the leader that wrote it; -1: unknown. */
  get leaderEpoch(): number {
    return this.#source.leaderEpoch
  }

  /** The bytes of the key, each as one character: to compare, not to show. `undefined` without a key. */
  get keyText(): string | undefined {
    if (this.#keyLength < 0) return undefined
    return this.#source.buffer.toString('latin1', this.#keyStart, this.#keyStart + this.#keyLength)
  }

  /** In bytes; -1: null. */
  get keyBytes(): number {
    return this.#keyLength
  }

  /** In bytes; -1: null, a tombstone. */
  get valueBytes(): number {
    return this.#valueLength
  }

  /** Deserialized once. @throws SerializationError, with what the deserializer threw as its cause. */
  get key(): K {
    if (this.#key !== undefined) return this.#key
    const bytes = this.#bytes(this.#keyStart, this.#keyLength)
    // Without a deserializer K is what bytes are.
    return (this.#key = this.#deserialized(bytes, 'key') as K)
  }

  /** Deserialized once. @throws SerializationError, with what the deserializer threw as its cause. */
  get value(): V {
    if (this.#value !== undefined) return this.#value
    const bytes = this.#bytes(this.#valueStart, this.#valueLength)
    // Without a deserializer V is what bytes are.
    return (this.#value = this.#deserialized(bytes, 'value') as V)
  }

  get headers(): ConsumedHeaders {
    return (this.#headers ??= this.#readHeaders())
  }

  /** The value of the last header of that name; `undefined`: there is none. */
  header(name: string): Buffer | null | undefined {
    return this.headers.findLast(([key]) => key === name)?.[1]
  }

  toJSON(): object {
    const { topic, partition, offset, timestamp, key, value, headers } = this
    return { topic, partition, offset, timestamp, key, value, headers }
  }

  #bytes(start: number, length: number): Buffer | null {
    return length < 0 ? null : this.#source.buffer.subarray(start, start + length)
  }

  #deserialized(bytes: Buffer | null, part: 'key' | 'value'): unknown {
    const deserializer = this.#source.deserializers[part]
    if (deserializer === undefined) return bytes
    try {
      return deserializer.deserialize(bytes, new LazyContext(this, part))
    } catch (cause) {
      const { topic, partition, offset } = this
      throw new SerializationError(`the ${part} of ${topic}-${partition}@${offset} could not be deserialized`, {
        cause,
      })
    }
  }

  #readHeaders(): ConsumedHeaders {
    const { buffer } = this.#source
    const end = this.#end
    let at = this.#valueStart + Math.max(0, this.#valueLength)
    const count = varintAt(buffer, at, end)
    if (count === 0) return noHeaders
    const headers: [string, Buffer | null][] = []
    at = skipVarint(buffer, at, end)
    for (let index = 0; index < count; index++) {
      const keyLength = varintAt(buffer, at, end)
      at = skipVarint(buffer, at, end)
      const key = buffer.toString('utf8', at, at + keyLength)
      at += keyLength
      const valueLength = varintAt(buffer, at, end)
      at = skipVarint(buffer, at, end)
      headers.push([key, this.#bytes(at, valueLength)])
      at += Math.max(0, valueLength)
    }
    return headers
  }
}

/** Headers are decoded for those deserializers only that look at them. */
class LazyContext implements SerdeContext {
  readonly #record: { readonly topic: string; readonly headers: ConsumedHeaders }
  readonly part: 'key' | 'value'

  constructor(record: { readonly topic: string; readonly headers: ConsumedHeaders }, part: 'key' | 'value') {
    this.#record = record
    this.part = part
  }

  get topic(): string {
    return this.#record.topic
  }

  get headers(): ConsumedHeaders {
    return this.#record.headers
  }
}
