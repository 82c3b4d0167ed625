/**
 * What a transaction coordinator is asked, what it answers, and what it wants done. Requests come decoded, authorized,
 * and for one partition of `__transaction_state`: where an API takes many transactional ids, the shell splits it and
 * puts the answers together. Responses are values of the schemas, to be encoded in the version of the request; error
 * codes are already those of that version.
 *
 * The machine has no producer ids of its own. Where it needs a new one it decides nothing and says so (`NeedsProducerId`);
 * the shell takes one from its block and submits the same event again, with `freshProducerId`. An id that was handed in
 * and not used is lost, which does no harm.
 */
import type { TimerEffect, TimerFired } from '@gregor/machine'
import type {
  AddOffsetsToTxn,
  AddOffsetsToTxnRequest,
  AddPartitionsToTxn,
  DescribeTransactions,
  EndTxn,
  EndTxnRequest,
  InitProducerId,
  InitProducerIdRequest,
  ListTransactions,
  ListTransactionsRequest,
  ProtocolError,
  ResponseInput,
} from '@gregor/protocol'
import type { TransactionCoordinatorConfig } from './transaction-config.ts'

interface Requests {
  /** Of a producer with a transactional id; an empty one is answered INVALID_REQUEST. */
  InitProducerId: {
    readonly request: InitProducerIdRequest & { readonly transactionalId: string }
    readonly apiVersion: number
    readonly freshProducerId?: number
  }
  /** One transaction of the request, whichever form that has. All partitions exist and may be written to. */
  AddPartitionsToTxn: {
    readonly transactionalId: string
    readonly producerId: number
    readonly producerEpoch: number
    /** Asks whether they are in the transaction, and adds nothing. Never in versions up to 3. */
    readonly verifyOnly: boolean
    readonly topics: TopicPartitions
    readonly apiVersion: number
  }
  AddOffsetsToTxn: {
    readonly request: AddOffsetsToTxnRequest
    /** The partition of `__consumer_offsets` that the group belongs to. */
    readonly offsetsPartition: number
    readonly apiVersion: number
  }
  EndTxn: { readonly request: EndTxnRequest; readonly apiVersion: number; readonly freshProducerId?: number }
  DescribeTransactions: { readonly transactionalIds: readonly string[] }
  ListTransactions: { readonly request: ListTransactionsRequest }
}

/** What is no request of a client. */
interface Notices {
  /** The first event: all of the log was applied. Markers that may be missing are asked for again. */
  Loaded: object
  /** What has become of a `WriteMarkers`: of all its partitions, in one event or in several, to the machine that asked. */
  MarkersWritten: {
    readonly transactionalId: string
    /** That of the effect. */
    readonly decisionOffset: number
    readonly results: readonly MarkerResult[]
  }
  /** The answer to `ReserveProducerId`. Not sent when there was none to be had: the machine asks again by itself. */
  ProducerIdReserved: { readonly transactionalId: string; readonly freshProducerId: number }
  /** Also when the level of the feature `transaction.version` has changed. */
  ConfigChanged: { readonly config: TransactionCoordinatorConfig }
}

/** Each topic once. */
export type TopicPartitions = readonly { readonly name: string; readonly partitions: readonly number[] }[]

export interface MarkerResult {
  readonly topic: string
  readonly partition: number
  /**
   * The error code of the partition’s leader. `PARTITION_DELETED`: the metadata does not know the partition. What could
   * not be sent, or was not answered, has a retriable error: NETWORK_EXCEPTION.
   */
  readonly result: ProtocolError | 'PARTITION_DELETED'
}

type EventTypes = Requests & Notices
export type TransactionRequestType = keyof Requests
export type TransactionEventOf<Type extends keyof EventTypes> = { readonly type: Type } & EventTypes[Type]
export type TransactionEvent = { [Type in keyof EventTypes]: TransactionEventOf<Type> }[keyof EventTypes]
export type TransactionMachineEvent = TransactionEvent | TimerFired

/** Nothing was decided: the same event is to be submitted again with a new producer id. */
export interface NeedsProducerId {
  readonly needs: 'ProducerId'
}

export function needsProducerId(reply: object | undefined): reply is NeedsProducerId {
  return reply !== undefined && 'needs' in reply
}

/** What `submit` of an event resolves to. */
export interface TransactionReplies {
  InitProducerId: ResponseInput<typeof InitProducerId> | NeedsProducerId
  /** For each partition asked for, in its order: the results of a transaction, or of a whole request up to version 3. */
  AddPartitionsToTxn: NonNullable<ResponseInput<typeof AddPartitionsToTxn>['resultsByTopicV3AndBelow']>
  AddOffsetsToTxn: ResponseInput<typeof AddOffsetsToTxn>
  EndTxn: ResponseInput<typeof EndTxn> | NeedsProducerId
  /** In the order asked for. Topics are to be left out that the client may not describe. */
  DescribeTransactions: ResponseInput<typeof DescribeTransactions>['transactionStates']
  /** Of this partition; an error is the same from each. */
  ListTransactions: ResponseInput<typeof ListTransactions>
  Loaded: undefined
  MarkersWritten: undefined
  ProducerIdReserved: undefined
  ConfigChanged: undefined
}

export type TransactionReply = TransactionReplies[keyof TransactionReplies]

export type TransactionEffect = WriteMarkers | ReserveProducerId | MarkersRefused | TimerEffect

/**
 * Tell the leaders of these partitions how the transaction has ended, and the machine, by `MarkersWritten`, what each
 * said. Doing so twice does no harm. Leaves once the decision is committed.
 */
export interface WriteMarkers {
  readonly type: 'WriteMarkers'
  readonly transactionalId: string
  readonly producerId: number
  /** To be in the marker; with `transactionVersion` 2 it is above that of the records. */
  readonly producerEpoch: number
  readonly outcome: 'Commit' | 'Abort'
  readonly coordinatorEpoch: number
  /** 0 or 2: how the producer does transactions. */
  readonly transactionVersion: number
  /** Where in the log it was decided: tells this end from every other. */
  readonly decisionOffset: number
  readonly topics: TopicPartitions
}

/** A transaction has run out of time and its producer out of epochs: answered by `ProducerIdReserved`. */
export interface ReserveProducerId {
  readonly type: 'ReserveProducerId'
  readonly transactionalId: string
}

/**
 * A leader will not take a marker of this coordinator, to be logged. TRANSACTION_COORDINATOR_FENCED: another one has
 * taken over; the machine sends no more markers for the transaction, which is left to whoever loads the partition next.
 * INVALID_PRODUCER_EPOCH: the partition knows a newer producer; the transaction is completed without it, so that its
 * transactional id goes on. What that newer producer left open there stays open (`kafka-transactions.sh find-hanging`).
 */
export interface MarkersRefused {
  readonly type: 'MarkersRefused'
  readonly transactionalId: string
  readonly topic: string
  readonly partition: number
  readonly error: ProtocolError
}
