/**
 * What the transaction coordinator writes to a partition of `__transaction_state`, and reads back at start: for each
 * transactional id its whole state, or nothing where it is forgotten. Batches made here have the bytes that Apache Kafka
 * would write, but for the order of a transaction’s partitions, which there is that of a hash table.
 */
import { int16At, MalformedMessageError } from '@gregor/base'
import type { HostBatch } from '@gregor/machine'
import {
  attributesAt,
  BatchBuilder,
  batchSizeAt,
  isControl,
  RecordCursor,
  transactionRecords,
  UnknownRecordError,
} from '@gregor/protocol'
import type { TransactionRecord } from '@gregor/protocol'
import type { Transaction, TransactionState } from './transaction.ts'

export interface TransactionLogRecord {
  readonly transactionalId: string
  /** `undefined`: it is forgotten. */
  readonly transaction: Transaction | undefined
  /** The form of the value: 0 with `transaction.version` 0, else 1. */
  readonly valueVersion: 0 | 1
}

export interface ReadTransactionRecord {
  readonly offset: number
  readonly record: TransactionLogRecord
}

/** In the order of their numbers in the log. */
export const transactionStates: readonly TransactionState[] = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
]

/** The key and value of one record; a null value deletes. */
export function encodeTransactionRecord({ transactionalId, transaction, valueVersion }: TransactionLogRecord): {
  readonly key: Buffer
  readonly value: Buffer | null
} {
  const key = transactionRecords.encodeKey('TransactionLog', { transactionalId })
  if (transaction === undefined) return { key, value: null }
  const fields = {
    producerId: transaction.producerId,
    producerEpoch: transaction.producerEpoch,
    transactionTimeoutMs: transaction.timeoutMs,
    transactionStatus: transactionStates.indexOf(transaction.state),
    transactionPartitions:
      transaction.state === 'Empty'
        ? null
        : transaction.topics.map(({ name, partitions }) => ({ topic: name, partitionIds: [...partitions] })),
    transactionLastUpdateTimestampMs: transaction.updatedAtMs,
    transactionStartTimestampMs: transaction.startedAtMs,
  }
  const more =
    valueVersion === 0
      ? {}
      : {
          previousProducerId: transaction.previousProducerId,
          nextProducerId: transaction.nextProducerId,
          clientTransactionVersion: transaction.clientTransactionVersion,
        }
  return { key, value: transactionRecords.encodeValue('TransactionLog', { ...fields, ...more }, valueVersion) }
}

/** One decision as a record batch; its base offset is 0 and its leader epoch -1, for the log to stamp. */
export function encodeTransactionBatch({ records }: HostBatch<TransactionLogRecord>, nowMs: number): Buffer {
  const builder = new BatchBuilder()
  for (const record of records) {
    const { key, value } = encodeTransactionRecord(record)
    builder.append(key, value, [], nowMs)
  }
  return builder.build()
}

/**
 * The records of whole batches, as the log returns them, in order. Records of types and versions from the future are
 * passed over, as Apache Kafka does.
 *
 * @throws MalformedMessageError where the bytes are no records of this topic.
 */
export function* decodeTransactionBatches(
  batches: Buffer,
  unpackedBytesMax = 64 * 1024 * 1024,
): Generator<ReadTransactionRecord> {
  const cursor = new RecordCursor()
  for (let position = 0; position < batches.length; position += batchSizeAt(batches, position)) {
    if (isControl(attributesAt(batches, position))) continue
    cursor.resetToBatch(batches, position, unpackedBytesMax)
    while (cursor.next()) {
      const record = recordAt(cursor)
      if (record !== undefined) yield { offset: cursor.offset, record }
    }
  }
}

/** `undefined`: from the future. */
function recordAt(cursor: RecordCursor): TransactionLogRecord | undefined {
  const value = cursor.value()
  try {
    const record = transactionRecords.decode(cursor.key(), value)
    const valueVersion = value === null || int16At(value, 0) === 0 ? 0 : 1
    return { transactionalId: record.key.transactionalId, transaction: transactionFrom(record.value), valueVersion }
  } catch (error) {
    if (error instanceof UnknownRecordError) return undefined
    throw error
  }
}

function transactionFrom(value: TransactionRecord['value']): Transaction | undefined {
  if (value === null) return undefined
  const state = transactionStates[value.transactionStatus]
  if (state === undefined) throw new MalformedMessageError(`a transaction in state ${value.transactionStatus}`)
  return {
    state,
    producerId: value.producerId,
    producerEpoch: value.producerEpoch,
    previousProducerId: value.previousProducerId,
    nextProducerId: value.nextProducerId,
    lastProducerEpoch: -1,
    timeoutMs: value.transactionTimeoutMs,
    topics: (value.transactionPartitions ?? []).map(({ topic, partitionIds }) => {
      return { name: topic, partitions: partitionIds }
    }),
    startedAtMs: value.transactionStartTimestampMs,
    updatedAtMs: value.transactionLastUpdateTimestampMs,
    clientTransactionVersion: value.clientTransactionVersion,
  }
}
