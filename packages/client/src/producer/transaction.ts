/**
 * One transactional producer (KIP-98, 360, 447, 890): where its transaction is, and which request is due. Its batches
 * are numbered by `Sequences`, which the caller feeds with each new identity from here. Pure: no timer, no I/O; one
 * request is in flight at a time. With `transaction.version` 2 partitions and offsets join the transaction by
 * themselves, and each end brings a new epoch. States, transitions and invariants: SPEC.md.
 *
 * Invariant: an outcome, once asked for, is asked for until it is answered; it is never changed to the other.
 */
import { assert, unreachable } from '@gregor/base'
import {
  type AddOffsetsToTxn,
  type AddPartitionsToTxn,
  type EndTxn,
  type InitProducerId,
  type ProtocolError,
  type RequestInput,
  type TxnOffsetCommit,
  isRetriable,
} from '@gregor/protocol'
import { type TopicPartition, byTopic, partitionKey } from '../consumer/partition-set.ts'
import type { MemberIdentity } from '../consumer/membership.ts'
import type { ProducerIdentity } from './sequences.ts'

export interface TransactionOptions {
  readonly transactionalId: string
  readonly transactionTimeoutMs: number
  /** `transaction.version` 2: nothing is added by requests of its own. */
  readonly joinsImplicitly: boolean
  /** Before a refused or lost request is sent again. */
  readonly retryBackoffMs: number
}

/**
 * `unidentified`: InitProducerId is due. `abortable`: something failed, only `abort` is possible. `fatal`: fenced, or
 * not allowed; this producer is of no use any more.
 */
export type TransactionState = 'unidentified' | 'ready' | 'open' | 'committing' | 'aborting' | 'abortable' | 'fatal'

export interface GroupOffsets {
  readonly groupId: string
  readonly member: MemberIdentity
  readonly offsets: readonly GroupOffset[]
}

export interface GroupOffset extends TopicPartition {
  /** Of the next record to be read. */
  readonly offset: number
  /** Of the last record read. Default: unknown. */
  readonly leaderEpoch?: number | undefined
  /** Default: none. */
  readonly metadata?: string | undefined
}

export type TransactionRequest =
  | { readonly api: 'InitProducerId'; readonly request: RequestInput<typeof InitProducerId> }
  | { readonly api: 'AddPartitionsToTxn'; readonly request: RequestInput<typeof AddPartitionsToTxn> }
  | { readonly api: 'AddOffsetsToTxn'; readonly request: RequestInput<typeof AddOffsetsToTxn> }
  | { readonly api: 'TxnOffsetCommit'; readonly request: RequestInput<typeof TxnOffsetCommit> }
  | { readonly api: 'EndTxn'; readonly request: RequestInput<typeof EndTxn> }

export type TransactionInstruction =
  | ({ readonly do: 'send' } & TransactionRequest)
  | { readonly do: 'find coordinator'; readonly of: 'transaction' | 'group'; readonly key: string }
  /** Infinity: until something happens. */
  | { readonly do: 'wait'; readonly untilMs: number }

export interface TransactionAnswer {
  /** The worst of all that the answer holds. */
  readonly error: ProtocolError
  /** Of InitProducerId, and of EndTxn where it brings one. */
  readonly identity?: ProducerIdentity
}

const fatalErrors: ReadonlySet<ProtocolError> = new Set([
  'PRODUCER_FENCED',
  'INVALID_PRODUCER_EPOCH',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'INVALID_TXN_STATE',
  'UNSUPPORTED_VERSION',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
  'INVALID_TRANSACTION_TIMEOUT',
])

export class Transaction {
  readonly #options: TransactionOptions
  #joinsImplicitly: boolean
  #state: TransactionState = 'unidentified'
  #error: ProtocolError | undefined
  #identity: ProducerIdentity | undefined
  readonly #added = new Set<string>()
  #toAdd: readonly TopicPartition[] = []
  /** Whether the coordinator may know of this transaction: else there is nothing to end. */
  #hasBegun = false
  #offsets: GroupOffsets | undefined
  #isGroupAdded = false
  #needsNewEpoch = false
  #inFlight: TransactionRequest['api'] | undefined
  #needsCoordinator = true
  #needsGroupCoordinator = true
  #notBeforeMs = 0

  constructor(options: TransactionOptions) {
    this.#options = options
    this.#joinsImplicitly = options.joinsImplicitly
  }

  get state(): TransactionState {
    return this.#state
  }

  /** Why it is `abortable` or `fatal`. */
  get error(): ProtocolError | undefined {
    return this.#error
  }

  get identity(): ProducerIdentity | undefined {
    return this.#identity
  }

  /** Offsets given to `sendOffsets` are all stored. */
  get hasSentOffsets(): boolean {
    return this.#offsets === undefined
  }

  /** @param joinsImplicitly - where the cluster has changed its `transaction.version` since. */
  begin(joinsImplicitly: boolean = this.#joinsImplicitly): void {
    assert(this.#state === 'ready', `a transaction begins in ready, not in ${this.#state}`)
    this.#joinsImplicitly = joinsImplicitly
    this.#state = 'open'
  }

  /** Asks for a partition; batches for it may leave once `mayProduceTo`. */
  include(partition: TopicPartition): void {
    assert(this.#state === 'open', `a partition joins an open transaction, not one that is ${this.#state}`)
    const key = partitionKey(partition)
    if (this.#added.has(key)) return
    if (this.#joinsImplicitly) {
      this.#added.add(key)
      this.#hasBegun = true
    } else if (!this.#toAdd.some((one) => partitionKey(one) === key)) {
      this.#toAdd = [...this.#toAdd, partition]
    }
  }

  mayProduceTo(partition: TopicPartition): boolean {
    return this.#state === 'open' && this.#added.has(partitionKey(partition))
  }

  /** Makes offsets of a group part of the transaction: see `hasSentOffsets`. One group at a time. */
  sendOffsets(offsets: GroupOffsets): void {
    assert(this.#state === 'open' && this.#offsets === undefined, 'offsets are sent one after the other')
    this.#offsets = offsets
    this.#isGroupAdded = this.#joinsImplicitly
    this.#needsGroupCoordinator = true
  }

  /** All its batches are acknowledged, its offsets sent. */
  commit(): void {
    assert(this.#state === 'open', `an open transaction is committed, not one that is ${this.#state}`)
    assert(this.hasSentOffsets && this.#toAdd.length === 0, 'what belongs to the transaction is sent before its end')
    this.#end('committing')
  }

  abort(): void {
    assert(this.#state === 'open' || this.#state === 'abortable', `what is ${this.#state} cannot be aborted`)
    this.#toAdd = []
    this.#offsets = undefined
    this.#end('aborting')
  }

  /** A batch of the transaction was refused for good. */
  produceFailed(error: ProtocolError): void {
    if (this.#state === 'fatal') return
    // Its sequence is used up: the partition takes no more of this epoch.
    this.#needsNewEpoch = true
    this.#fail(error === 'INVALID_PRODUCER_EPOCH' ? 'TRANSACTION_ABORTABLE' : error)
  }

  coordinatorFound(of: 'transaction' | 'group'): void {
    if (of === 'transaction') this.#needsCoordinator = false
    else this.#needsGroupCoordinator = false
  }

  next(nowMs: number): TransactionInstruction {
    const request = this.#inFlight === undefined ? this.#due() : undefined
    if (request === undefined) return { do: 'wait', untilMs: Infinity }
    const { transactionalId } = this.#options
    if (request.api === 'TxnOffsetCommit') {
      const key = request.request.groupId
      if (this.#needsGroupCoordinator) return { do: 'find coordinator', of: 'group', key }
    } else if (this.#needsCoordinator) {
      return { do: 'find coordinator', of: 'transaction', key: transactionalId }
    }
    if (nowMs < this.#notBeforeMs) return { do: 'wait', untilMs: this.#notBeforeMs }
    this.#inFlight = request.api
    // From here on the coordinator may know of it, whatever the answer.
    if (request.api !== 'InitProducerId') this.#hasBegun = true
    return { do: 'send', ...request }
  }

  answered(answer: TransactionAnswer, nowMs: number): void {
    const api = this.#inFlight
    assert(api !== undefined, 'an answer was not due')
    this.#inFlight = undefined
    if (answer.error === 'NONE') return this.#succeeded(api, answer)
    if (isRetriable(answer.error)) return this.#retry(api, answer.error, nowMs)
    // The coordinator forgot the id, or takes this one for an older one: only a new identity helps.
    if (answer.error === 'INVALID_PRODUCER_ID_MAPPING' || answer.error === 'UNKNOWN_PRODUCER_ID') {
      this.#needsNewEpoch = true
    }
    // An abort that cannot be made is left to the coordinator, which makes it before it gives a new epoch.
    if (this.#state === 'aborting' && !fatalErrors.has(answer.error)) return this.#over()
    this.#fail(answer.error)
  }

  /** The request sent last has no answer. */
  lost(nowMs: number): void {
    const api = this.#inFlight
    this.#inFlight = undefined
    if (api !== undefined) this.#retry(api, 'COORDINATOR_NOT_AVAILABLE', nowMs)
  }

  #due(): TransactionRequest | undefined {
    switch (this.#state) {
      case 'unidentified':
        return { api: 'InitProducerId', request: this.#initRequest() }
      case 'open':
        if (this.#toAdd.length > 0) return { api: 'AddPartitionsToTxn', request: this.#addPartitionsRequest() }
        if (this.#offsets === undefined) return undefined
        return this.#isGroupAdded
          ? { api: 'TxnOffsetCommit', request: this.#offsetsRequest(this.#offsets) }
          : { api: 'AddOffsetsToTxn', request: { ...this.#names(), groupId: this.#offsets.groupId } }
      case 'committing':
      case 'aborting':
        return { api: 'EndTxn', request: { ...this.#names(), committed: this.#state === 'committing' } }
      case 'ready':
      case 'abortable':
      case 'fatal':
        return undefined
      default:
        return unreachable(this.#state)
    }
  }

  #names(): { transactionalId: string; producerId: number; producerEpoch: number } {
    assert(this.#identity !== undefined, 'a producer with a transaction has an identity')
    return { transactionalId: this.#options.transactionalId, ...this.#identity }
  }

  #initRequest(): RequestInput<typeof InitProducerId> {
    const { transactionalId, transactionTimeoutMs } = this.#options
    const { producerId, producerEpoch } = this.#identity ?? { producerId: -1, producerEpoch: -1 }
    return { transactionalId, transactionTimeoutMs, producerId, producerEpoch }
  }

  /** In the form of version 3, the newest that clients send. */
  #addPartitionsRequest(): RequestInput<typeof AddPartitionsToTxn> {
    const { transactionalId, producerId, producerEpoch } = this.#names()
    return {
      transactions: [],
      v3AndBelowTransactionalId: transactionalId,
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: byTopic(this.#toAdd).map(({ topic, partitions }) => ({
        name: topic,
        partitions: [...partitions],
      })),
    }
  }

  #offsetsRequest({ groupId, member, offsets }: GroupOffsets): RequestInput<typeof TxnOffsetCommit> {
    const offsetsByKey = new Map(offsets.map((one) => [partitionKey(one), one]))
    return {
      ...this.#names(),
      groupId,
      generationId: member.generationIdOrMemberEpoch,
      memberId: member.memberId,
      groupInstanceId: member.instanceId,
      topics: byTopic(offsets).map(({ topic, partitions }) => ({
        name: topic,
        partitions: partitions.map((partition) => {
          const given = offsetsByKey.get(partitionKey({ topic, partition }))
          return {
            partitionIndex: partition,
            committedOffset: given?.offset ?? -1,
            committedLeaderEpoch: given?.leaderEpoch ?? -1,
            committedMetadata: given?.metadata ?? '',
          }
        }),
      })),
    }
  }

  #succeeded(api: TransactionRequest['api'], { identity }: TransactionAnswer): void {
    switch (api) {
      case 'InitProducerId':
        assert(identity !== undefined, 'InitProducerId brings an identity')
        this.#identity = identity
        this.#needsNewEpoch = false
        this.#state = 'ready'
        return
      case 'AddPartitionsToTxn':
        for (const partition of this.#toAdd) this.#added.add(partitionKey(partition))
        this.#toAdd = []
        return
      case 'AddOffsetsToTxn':
        this.#isGroupAdded = true
        return
      case 'TxnOffsetCommit':
        this.#offsets = undefined
        return
      case 'EndTxn':
        if (identity !== undefined && identity.producerId !== -1) {
          this.#identity = identity
          this.#needsNewEpoch = false
        }
        return this.#over()
      default:
        return unreachable(api)
    }
  }

  #retry(api: TransactionRequest['api'], error: ProtocolError, nowMs: number): void {
    this.#notBeforeMs = nowMs + this.#options.retryBackoffMs
    if (error === 'CONCURRENT_TRANSACTIONS' || error === 'COORDINATOR_LOAD_IN_PROGRESS') return
    if (api === 'TxnOffsetCommit') this.#needsGroupCoordinator = true
    else this.#needsCoordinator = true
  }

  #fail(error: ProtocolError): void {
    this.#error = error
    const isHopeless = fatalErrors.has(error) || this.#state === 'unidentified' || this.#state === 'committing'
    // An end that failed may be tried again as an abort only where the coordinator says that it can be.
    const isAbortable = error === 'TRANSACTION_ABORTABLE' || (!isHopeless && this.#state !== 'aborting')
    this.#state = isAbortable ? 'abortable' : 'fatal'
    this.#toAdd = []
    this.#offsets = undefined
  }

  #end(state: 'committing' | 'aborting'): void {
    this.#state = state
    if (!this.#hasBegun) this.#over()
  }

  #over(): void {
    this.#added.clear()
    this.#hasBegun = false
    this.#error = undefined
    this.#state = this.#needsNewEpoch ? 'unidentified' : 'ready'
  }
}
