/**
 * Whether a batch of a producer may be appended: epochs, sequences, open transactions (KIP-98, KIP-360, KIP-890).
 * Pure: reads the table of producers and what is being verified, and changes neither.
 *
 * Order and errors are Apache Kafka’s. A batch that is there already is not an error: its first answer was lost.
 */

import {
  type ProtocolError,
  RecordCursor,
  attributesAt,
  baseSequenceAt,
  controlRecordTypeOf,
  coordinatorEpochOf,
  isControl,
  isTransactional,
  lastSequenceAt,
  producerEpochAt,
  producerIdAt,
} from '@gregor/protocol'
import type { ProducerTable } from './producer-table.ts'
import { NO_GUARD, type TransactionVerification } from './transaction-verification.ts'

/** Who appends: clients are checked in full, coordinators have no sequences, replication is believed. */
export type AppendOrigin = 'client' | 'coordinator' | 'raft' | 'replication'

export interface ProducerAppend {
  readonly origin: AppendOrigin
  /** Of the request that brought a marker. Default: 0. */
  readonly transactionVersion?: number | undefined
  /** From `beginVerification`, once the coordinator has confirmed. Default: none. */
  readonly guard?: number | undefined
}

export type ProducerCheck =
  | { readonly outcome: 'accepted' }
  /** The batch is in the log already, here: answer as if it had just been written. */
  | {
      readonly outcome: 'duplicate'
      readonly firstOffset: number
      readonly lastOffset: number
      readonly timestampMs: number
    }
  | { readonly outcome: 'refused'; readonly error: Exclude<ProtocolError, 'NONE'>; readonly message: string }

export interface KnownProducers {
  readonly table: ProducerTable
  readonly verification: TransactionVerification
  /** Whether transactional batches need a guard: `transaction.partition.verification.enable`. */
  readonly isVerifying: boolean
}

const ACCEPTED: ProducerCheck = { outcome: 'accepted' }
const MARKER_BYTES_MAX = 1024
const MAX_EPOCH = 0x7fff
const MAX_SEQUENCE = 0x7fff_ffff

/** Of a batch whose producer id is not -1. */
export function checkProducer(
  known: KnownProducers,
  batch: Buffer,
  position: number,
  append: ProducerAppend,
): ProducerCheck {
  if (append.origin === 'replication') return ACCEPTED
  if (isControl(attributesAt(batch, position))) {
    return checkMarker(known.table, batch, position, append.transactionVersion ?? 0)
  }
  if (append.origin !== 'client') return checkData(known, batch, position, append) ?? ACCEPTED
  return (
    duplicateOf(known.table, batch, position) ??
    checkData(known, batch, position, append) ??
    checkSequence(known, batch, position) ??
    ACCEPTED
  )
}

/** What a control batch of a transaction says. It must hold a record. @throws MalformedMessageError */
export function readMarker(
  batch: Buffer,
  position: number,
): { readonly isAborted: boolean; readonly coordinatorEpoch: number } {
  const cursor = new RecordCursor()
  cursor.resetToBatch(batch, position, MARKER_BYTES_MAX)
  cursor.next()
  return {
    isAborted: controlRecordTypeOf(cursor.key()) === 'Abort',
    coordinatorEpoch: coordinatorEpochOf(cursor.value()),
  }
}

function duplicateOf(table: ProducerTable, batch: Buffer, position: number): ProducerCheck | undefined {
  const row = table.find(producerIdAt(batch, position))
  if (row < 0 || table.epoch(row) !== producerEpochAt(batch, position)) return undefined
  const index = table.findBatch(row, baseSequenceAt(batch, position), lastSequenceAt(batch, position))
  if (index < 0) return undefined
  const { lastOffset, offsetDelta, timestampMs } = table.batch(row, index)
  return { outcome: 'duplicate', firstOffset: lastOffset - offsetDelta, lastOffset, timestampMs }
}

/** Epoch and transaction. */
function checkData(
  { table, verification, isVerifying }: KnownProducers,
  batch: Buffer,
  position: number,
  append: ProducerAppend,
): ProducerCheck | undefined {
  const producerId = producerIdAt(batch, position)
  const epoch = producerEpochAt(batch, position)
  const row = table.find(producerId)
  const knownEpoch = row < 0 ? -1 : table.epoch(row)
  if (epoch < knownEpoch) return refuseEpoch({ producerId, epoch, knownEpoch })
  const isOpen = row >= 0 && table.transactionStartOffset(row) >= 0
  if (!isTransactional(attributesAt(batch, position))) {
    if (!isOpen) return undefined
    return refuse('INVALID_TXN_STATE', `Producer ${producerId} has a transaction open and sent a batch outside of it.`)
  }
  const isOngoing = isOpen && epoch === knownEpoch
  if (isOngoing || !isVerifying || verification.isVerified(producerId, append.guard ?? NO_GUARD)) return undefined
  return refuse('INVALID_TXN_STATE', `Producer ${producerId} has no transaction that includes this partition.`)
}

function checkSequence(
  { table, verification }: KnownProducers,
  batch: Buffer,
  position: number,
): ProducerCheck | undefined {
  const producerId = producerIdAt(batch, position)
  const sequence = baseSequenceAt(batch, position)
  const row = table.find(producerId)
  const waiting = verification.find(producerId)
  if (waiting !== undefined && waiting.bumpsEpoch && sequence !== 0 && (row < 0 || table.batchCount(row) === 0)) {
    return refuseSequence({ producerId, sequence, expected: '0, its first here' })
  }
  if (waiting !== undefined && sequence > waiting.lowestSequence) {
    return refuseSequence({ producerId, sequence, expected: `${waiting.lowestSequence}, which came before it` })
  }
  const knownEpoch = row < 0 ? -1 : table.epoch(row)
  // Nothing is known of the producer, all it wrote may be deleted by now: it may go on where it is.
  if (knownEpoch < 0) return undefined
  if (producerEpochAt(batch, position) !== knownEpoch) {
    return sequence === 0
      ? undefined
      : refuseSequence({ producerId, sequence, expected: '0, the first of a new epoch' })
  }
  const lastSequence = table.lastSequence(row)
  const expected = lastSequence === MAX_SEQUENCE ? 0 : lastSequence + 1
  return sequence === expected ? undefined : refuseSequence({ producerId, sequence, expected: String(expected) })
}

function checkMarker(table: ProducerTable, batch: Buffer, position: number, transactionVersion: number): ProducerCheck {
  const producerId = producerIdAt(batch, position)
  const epoch = producerEpochAt(batch, position)
  const row = table.find(producerId)
  if (row < 0) return ACCEPTED
  const knownEpoch = table.epoch(row)
  const isOpen = table.transactionStartOffset(row) >= 0
  // From version 2 on a marker has an epoch of its own. The same again is a retry where nothing is open, and the last
  // epoch there is must be able to end what was begun with it.
  const isRetry = epoch === knownEpoch && (!isOpen || epoch === MAX_EPOCH)
  const isStale = epoch < knownEpoch || (transactionVersion >= 2 && epoch === knownEpoch && !isRetry)
  if (isStale) return refuseEpoch({ producerId, epoch, knownEpoch })
  const { coordinatorEpoch } = readMarker(batch, position)
  const knownCoordinatorEpoch = table.coordinatorEpoch(row)
  if (coordinatorEpoch >= knownCoordinatorEpoch) return ACCEPTED
  return refuse(
    'TRANSACTION_COORDINATOR_FENCED',
    `The marker is of coordinator epoch ${coordinatorEpoch}, ${knownCoordinatorEpoch} is known.`,
  )
}

function refuse(error: Exclude<ProtocolError, 'NONE'>, message: string): ProducerCheck {
  return { outcome: 'refused', error, message }
}

function refuseEpoch(of: {
  readonly producerId: number
  readonly epoch: number
  readonly knownEpoch: number
}): ProducerCheck {
  return refuse(
    'INVALID_PRODUCER_EPOCH',
    `Producer ${of.producerId} has epoch ${of.epoch}, ${of.knownEpoch} was seen last.`,
  )
}

function refuseSequence(of: {
  readonly producerId: number
  readonly sequence: number
  readonly expected: string
}): ProducerCheck {
  return refuse(
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
    `Producer ${of.producerId} sent sequence ${of.sequence}; expected is ${of.expected}.`,
  )
}
