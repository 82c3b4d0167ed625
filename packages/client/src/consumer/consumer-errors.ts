/** Errors of a consumer that know more than a code does: what to seek to, to go on. */
import { KafkaError, NoOffsetError } from '../errors.ts'

/**
 * The batch at `offset` is damaged, or does not unpack. Everything before it was handed out. It is fetched again at the next
 * poll; where that does not help, `seek` to `nextOffset` skips it.
 */
export class CorruptRecordError extends KafkaError {
  override readonly name = 'CorruptRecordError'
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** The first offset behind the damaged batch, as far as its header can be believed. */
  readonly nextOffset: number

  constructor(where: { topic: string; partition: number; offset: number; nextOffset: number }, cause: unknown) {
    const { topic, partition, offset, nextOffset } = where
    const reason = cause instanceof Error ? cause.message : String(cause)
    super({
      code: 'CORRUPT_MESSAGE',
      message: `the batch of ${topic}-${partition} at offset ${offset} is damaged (${reason}); seek to ${nextOffset} to skip it`,
      cause,
      retriable: false,
    })
    this.topic = topic
    this.partition = partition
    this.offset = offset
    this.nextOffset = nextOffset
  }
}

/**
 * The log was cut behind where this consumer has read (an unclean election): records it handed out are no more. Thrown
 * where `auto.offset.reset` is `none`; else the consumer goes on at `divergentOffset` (KIP-320).
 */
export class LogTruncationError extends KafkaError {
  override readonly name = 'LogTruncationError'
  readonly topic: string
  readonly partition: number
  readonly position: number
  /** Where the logs part; `undefined`: not known. */
  readonly divergentOffset: number | undefined

  constructor(where: { topic: string; partition: number; position: number; divergentOffset: number | undefined }) {
    const { topic, partition, position, divergentOffset } = where
    const from = divergentOffset === undefined ? '' : ` from offset ${divergentOffset} on`
    super({
      code: 'OFFSET_OUT_OF_RANGE',
      message: `${topic}-${partition} was truncated${from}, this consumer is at ${position}; seek to go on`,
      retriable: false,
    })
    this.topic = topic
    this.partition = partition
    this.position = position
    this.divergentOffset = divergentOffset
  }
}

/** The offset is outside the log, and `auto.offset.reset` is `none`. Seek to go on. */
export class OffsetOutOfRangeError extends NoOffsetError {
  readonly topic: string
  readonly partition: number
  readonly offset: number

  constructor(where: { topic: string; partition: number; offset: number }) {
    const { topic, partition, offset } = where
    super(`offset ${offset} of ${topic}-${partition} is out of range, and auto.offset.reset is none; seek to go on`)
    this.topic = topic
    this.partition = partition
    this.offset = offset
  }
}
