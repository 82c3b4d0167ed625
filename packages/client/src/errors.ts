/**
 * What a client throws. Every outcome of the protocol is one `KafkaError` with its `code`; where a client has more to say
 * than the code does, there is a class for it, so that `instanceof` and `code` may both be asked. What breaks on the way
 * (ConnectionError, TimeoutError, ClosedError) comes from the transport and is retriable as `isRetriable` says.
 *
 * `clientErrors` is the one table: what happened, may it be tried again, what to do. Reference pages are made of it.
 */
import { NetworkError } from '@gregor/platform'
import {
  type ProtocolError,
  errorAdvice,
  errorMessage,
  isRetriable as isRetriableCode,
  protocolErrors,
} from '@gregor/protocol'
import { ConnectionError, TimeoutError } from '@gregor/transport'

export interface KafkaErrorDetails {
  readonly code: ProtocolError
  /** What it is about (`topic orders, partition 3`), or what a server said. */
  readonly about?: string | undefined
  /** Instead of the table's sentence. */
  readonly message?: string | undefined
  /** Default: as the code's. */
  readonly retriable?: boolean
  /** Default: as the code's, for a producer. */
  readonly fatal?: boolean
  readonly abortable?: boolean
  readonly cause?: unknown
}

/** The cluster refused, or the client did in its place. */
export class KafkaError extends Error {
  override readonly name: string = 'KafkaError'
  readonly code: ProtocolError
  /** The same may succeed when it is tried again. Clients try again by themselves, until their time is up. */
  readonly retriable: boolean
  /** The client that got it can do no more of the kind: close it, and make a new one where that helps. */
  readonly fatal: boolean
  /** A transaction it happened in has to be aborted; then the producer goes on. */
  readonly abortable: boolean

  constructor(details: KafkaErrorDetails) {
    const { code, about, cause } = details
    const message = details.message ?? `${errorMessage(code)} ${errorAdvice(code)}`
    super(about === undefined ? message : `${about}: ${message}`, cause === undefined ? undefined : { cause })
    this.code = code
    this.fatal = details.fatal ?? fatalCodes.has(code)
    this.abortable = details.abortable ?? abortableCodes.has(code)
    this.retriable = details.retriable ?? isRetriableCode(code)
  }
}

/** Codes after which a producer is of no use any more. */
const fatalCodes: ReadonlySet<ProtocolError> = new Set<ProtocolError>([
  'PRODUCER_FENCED',
  'INVALID_PRODUCER_EPOCH',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'UNSUPPORTED_VERSION',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
  'UNSUPPORTED_SASL_MECHANISM',
  'ILLEGAL_SASL_STATE',
  'SASL_AUTHENTICATION_FAILED',
  'FENCED_INSTANCE_ID',
  'UNRELEASED_INSTANCE_ID',
  'INVALID_TXN_STATE',
])

/** Codes that end a transaction but not its producer. */
const abortableCodes: ReadonlySet<ProtocolError> = new Set<ProtocolError>([
  'TRANSACTION_ABORTABLE',
  'INVALID_PRODUCER_ID_MAPPING',
  'UNKNOWN_PRODUCER_ID',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'MESSAGE_TOO_LARGE',
  'INVALID_RECORD',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
])

/** The server refused who we are, or TLS did. Final: it is not tried again. */
export class AuthenticationError extends KafkaError {
  override readonly name = 'AuthenticationError'

  constructor(message: string, options: { readonly code?: ProtocolError; readonly cause?: unknown } = {}) {
    const { code = 'SASL_AUTHENTICATION_FAILED', cause } = options
    super({ code, message, cause, retriable: false, fatal: true })
  }
}

/** Client and node share no version of a request that can say what is asked. Nothing was sent. */
export class UnsupportedVersionError extends KafkaError {
  override readonly name = 'UnsupportedVersionError'

  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super({ code: 'UNSUPPORTED_VERSION', message, cause: options.cause })
  }
}

/** A record is larger than `max.request.size` or `buffer.memory`. It was not sent. */
export class RecordTooLargeError extends KafkaError {
  override readonly name = 'RecordTooLargeError'

  constructor(message: string) {
    super({ code: 'MESSAGE_TOO_LARGE', message })
  }
}

/** A record was not acknowledged within `delivery.timeout.ms`. It may have been written all the same. */
export class DeliveryTimeoutError extends KafkaError {
  override readonly name = 'DeliveryTimeoutError'

  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super({ code: 'REQUEST_TIMED_OUT', message, cause: options.cause, retriable: false, abortable: true })
  }
}

/** No room in `buffer.memory` for `max.block.ms`. The record was not taken. */
export class BufferFullError extends KafkaError {
  override readonly name = 'BufferFullError'

  constructor(message: string) {
    super({ code: 'REQUEST_TIMED_OUT', message, retriable: true })
  }
}

/** A transaction was aborted before or while this was under way. */
export class TransactionAbortedError extends KafkaError {
  override readonly name = 'TransactionAbortedError'

  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super({ code: 'TRANSACTION_ABORTABLE', message, cause: options.cause, retriable: false, abortable: true })
  }
}

/** Offsets were not committed, as the partitions went to another member meanwhile. Their records will be read again. */
export class CommitFailedError extends KafkaError {
  override readonly name = 'CommitFailedError'

  constructor(message: string, options: { readonly code?: ProtocolError; readonly cause?: unknown } = {}) {
    super({ code: options.code ?? 'ILLEGAL_GENERATION', message, cause: options.cause, retriable: false })
  }
}

/** No offset to begin at: none is committed, or it is out of range, and `auto.offset.reset` is `none`. */
export class NoOffsetError extends KafkaError {
  override readonly name: string = 'NoOffsetError'

  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super({ code: 'OFFSET_OUT_OF_RANGE', message, cause: options.cause, retriable: false })
  }
}

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
      retriable: true,
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
  override readonly name = 'OffsetOutOfRangeError'
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

/** A serializer or deserializer threw: `cause` has its error. */
export class SerializationError extends KafkaError {
  override readonly name = 'SerializationError'

  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super({ code: 'INVALID_RECORD', message, cause: options.cause, retriable: false })
  }
}

/** A row of `clientErrors`: for people, and for the reference page. */
export interface ClientErrorEntry {
  readonly happened: string
  readonly retriable: 'yes' | 'no' | 'by its code'
  readonly advice: string
}

/** Every class that a client throws, by name. */
export const clientErrors = {
  KafkaError: {
    happened: 'The cluster refused; `code` is the protocol’s name of the reason.',
    retriable: 'by its code',
    advice: 'See the table of codes. `fatal`: make a new client. `abortable`: abort the transaction, then go on.',
  },
  AuthenticationError: {
    happened: 'The server did not accept the credentials, or its certificate was not accepted.',
    retriable: 'no',
    advice: 'Correct the credentials (`sasl.*`) or what is trusted (`ssl.*`).',
  },
  UnsupportedVersionError: {
    happened: 'The node is too old, or too new, for what was asked. Nothing was sent.',
    retriable: 'no',
    advice: 'Leave out the feature, or use another version of the server.',
  },
  RecordTooLargeError: {
    happened: 'A record is larger than `max.request.size` or `buffer.memory`. It was not sent.',
    retriable: 'no',
    advice: 'Make the record smaller, or raise the config and the topic’s `max.message.bytes`.',
  },
  DeliveryTimeoutError: {
    happened: 'A record was not acknowledged within `delivery.timeout.ms`. It may have been written.',
    retriable: 'no',
    advice: 'Look at `cause` for what the last attempt met; sending it again may write it twice.',
  },
  BufferFullError: {
    happened: '`buffer.memory` stayed full for `max.block.ms`. The record was not taken.',
    retriable: 'yes',
    advice: 'Wait for sends under way, send less at a time, or raise `buffer.memory`.',
  },
  TransactionAbortedError: {
    happened: 'The transaction was aborted before this was done.',
    retriable: 'no',
    advice: 'Begin the transaction anew.',
  },
  CommitFailedError: {
    happened: 'Offsets were not committed, as the group gave the partitions to another member meanwhile.',
    retriable: 'no',
    advice: 'Poll on. Where it comes often, process less per poll or raise `max.poll.interval.ms`.',
  },
  NoOffsetError: {
    happened: 'There is no offset to begin at, and `auto.offset.reset` is `none`.',
    retriable: 'no',
    advice: 'Seek to an offset, commit one, or set `auto.offset.reset`.',
  },
  CorruptRecordError: {
    happened: 'A batch that was fetched is damaged. All before it was handed out.',
    retriable: 'yes',
    advice: 'Poll on: it is fetched again. Where it stays, seek to the `nextOffset` it names, which skips the batch.',
  },
  LogTruncationError: {
    happened: 'The log was cut behind where the consumer has read, and `auto.offset.reset` is `none`.',
    retriable: 'no',
    advice: 'Undo what came of the records that are no more, then seek to the `divergentOffset` it names.',
  },
  OffsetOutOfRangeError: {
    happened: 'The offset is outside the log, and `auto.offset.reset` is `none`. A NoOffsetError.',
    retriable: 'no',
    advice: 'Seek to an offset that is there, or set `auto.offset.reset`.',
  },
  SerializationError: {
    happened: 'A serializer or deserializer threw; `cause` has its error.',
    retriable: 'no',
    advice: 'Correct the data or the serde. A consumer may seek behind the record.',
  },
  ConnectionError: {
    happened:
      'A node could not be reached, or the connection broke before the answer came. What was asked may have been done.',
    retriable: 'yes',
    advice: 'Check address, port and `security.protocol`; the message says which step failed.',
  },
  TimeoutError: {
    happened: 'Time was up (`request.timeout.ms`, `default.api.timeout.ms`, or the call’s own). It may have been done.',
    retriable: 'yes',
    advice: 'Look at `cause` for what the last attempt met; raise the timeout where the cluster is slow.',
  },
  ClosedError: {
    happened: 'The client was closed before, or meanwhile.',
    retriable: 'no',
    advice: 'Make a new client, or wait for calls under way before closing.',
  },
  ConfigError: {
    happened: 'An option is unknown or its value is not allowed. All mistakes are named at once, in `problems`.',
    retriable: 'no',
    advice: 'Correct the options as the message says.',
  },
} as const satisfies Readonly<Record<string, ClientErrorEntry>>

/** True where the same may succeed when it is tried again. */
export function isRetriable(error: unknown): boolean {
  if (error instanceof KafkaError) return error.retriable
  return error instanceof ConnectionError || error instanceof TimeoutError || error instanceof NetworkError
}

/** Every code but NONE that a `KafkaError` may carry. */
export function kafkaErrorCodes(): readonly ProtocolError[] {
  return (Object.keys(protocolErrors) as ProtocolError[]).filter((code) => code !== 'NONE')
}

export { ConfigError } from '@gregor/config'
export { ClosedError, ConnectionError, TimeoutError } from '@gregor/transport'
