/**
 * The numbers of an idempotent producer (KIP-98, 360, 679): gives each batch its producer id, epoch and sequence, keeps
 * at most five unanswered ones per partition, and says what an answer means for them. Pure: it sends nothing, and reads
 * no clock. What a batch holds is the caller's business. States, rules and invariants: SPEC.md.
 *
 * Invariant: a batch gets another number only when it is certain that no copy of it under the old one was appended.
 */
import { assert } from '@gregor/base'
import { type ProtocolError, isRetriable } from '@gregor/protocol'

export interface ProducerIdentity {
  readonly producerId: number
  readonly producerEpoch: number
}

/** Read the numbers when the batch is sent: they may be others the next time. */
export interface NumberedBatch extends ProducerIdentity {
  readonly partition: string
  readonly recordCount: number
  readonly baseSequence: number
}

export interface ProduceAnswer {
  readonly error: ProtocolError
  readonly baseOffset: number
}

export type Verdict =
  /** `baseOffset` is -1 where the broker only knows that it has the batch. */
  | { readonly kind: 'acknowledged'; readonly baseOffset: number }
  /** It comes again from `resend`, when it is its turn. */
  | { readonly kind: 'retry' }
  | { readonly kind: 'failed'; readonly error: ProtocolError }
  /** It was expired, or its transaction is over: nobody waits for it. */
  | { readonly kind: 'forgotten' }

export interface SequencesOptions {
  /** Epochs of a transactional producer come from its coordinator; those of others are counted up here. */
  readonly isTransactional: boolean
  /** Unanswered batches per partition. At most 5: that many the broker remembers. Default: 5. */
  readonly inFlightMax?: number
}

interface Batch extends NumberedBatch {
  producerId: number
  producerEpoch: number
  baseSequence: number
  /** `unknown`: may have been appended. `refused`: surely was not. */
  status: 'in flight' | 'unknown' | 'refused'
}

interface PartitionState {
  identity: ProducerIdentity
  nextSequence: number
  /** Not acknowledged, in the order of their sequences. */
  window: Batch[]
  /** A number was used that the broker will never see: the others need new ones, under a new epoch. */
  hasGap: boolean
  /** Whose batches the leader has: of a producer that it does not know it takes any number as the first. */
  knownProducerId: number
}

export const rememberedBatchCount = 5
const producerEpochMax = 32_767
const sequenceCount = 2 ** 31

export class Sequences {
  readonly #isTransactional: boolean
  readonly #inFlightMax: number
  readonly #partitions = new Map<string, PartitionState>()
  #identity: ProducerIdentity | undefined
  #isFenced = false

  constructor({ isTransactional, inFlightMax = rememberedBatchCount }: SequencesOptions) {
    assert(inFlightMax >= 1 && inFlightMax <= rememberedBatchCount, `${inFlightMax} batches in flight: 1 to 5 may be`)
    this.#isTransactional = isTransactional
    this.#inFlightMax = inFlightMax
  }

  /** Under which the next new batch is sent. `undefined`: InitProducerId has to be asked first. */
  get identity(): ProducerIdentity | undefined {
    return this.#identity
  }

  /** A newer producer has the same transactional id: nothing can be sent any more. */
  get isFenced(): boolean {
    return this.#isFenced
  }

  /** InitProducerId was answered, or an EndTxn with a new epoch. A transactional producer begins at 0 everywhere. */
  identify({ producerId, producerEpoch }: ProducerIdentity): void {
    this.#identity = { producerId, producerEpoch }
    if (this.#isTransactional) this.#partitions.clear()
    for (const state of this.#partitions.values()) this.#closeGap(state)
  }

  /** Numbers a new batch, which is in flight from now on. `undefined`: not now. */
  send(partition: string, recordCount: number): NumberedBatch | undefined {
    assert(recordCount > 0, 'a batch has records')
    const identity = this.#identity
    if (identity === undefined || this.#isFenced) return undefined
    const state = this.#stateOf(partition, identity)
    if (state.hasGap || state.window.length >= this.#inFlightMax) return undefined
    // What is behind a batch that has to be sent again would only be refused.
    if (state.window.some(({ status }) => status !== 'in flight')) return undefined
    if (!isSame(state.identity, identity)) {
      if (state.window.length > 0) return undefined
      state.identity = identity
      state.nextSequence = 0
    }
    // Else the second could be taken as the first, were the first refused for what passes. Transactions end there.
    const isFirst = !this.#isTransactional && state.knownProducerId !== identity.producerId
    if (isFirst && state.window.length > 0) return undefined
    const batch: Batch = {
      ...state.identity,
      partition,
      recordCount,
      baseSequence: state.nextSequence,
      status: 'in flight',
    }
    state.nextSequence = sequenceAfter(state.nextSequence, recordCount)
    state.window.push(batch)
    return batch
  }

  /** The batch to send again, which is in flight from now on: one at a time, the oldest first. */
  resend(partition: string): NumberedBatch | undefined {
    const state = this.#partitions.get(partition)
    if (state === undefined || this.#isFenced) return undefined
    // Before batches get new numbers the fate of each must be known; the others would be refused again.
    const candidates = state.hasGap ? state.window.filter(({ status }) => status !== 'refused') : state.window
    const [batch] = candidates
    if (batch === undefined || batch.status === 'in flight') return undefined
    batch.status = 'in flight'
    return batch
  }

  answered(sent: NumberedBatch, { error, baseOffset }: ProduceAnswer): Verdict {
    const found = this.#find(sent)
    if (found === undefined) return { kind: 'forgotten' }
    const { state, batch } = found
    switch (error) {
      case 'NONE':
        remove(state, batch)
        state.knownProducerId = batch.producerId
        this.#closeGap(state)
        return { kind: 'acknowledged', baseOffset }
      case 'DUPLICATE_SEQUENCE_NUMBER':
        remove(state, batch)
        state.knownProducerId = batch.producerId
        this.#closeGap(state)
        return { kind: 'acknowledged', baseOffset: -1 }
      case 'OUT_OF_ORDER_SEQUENCE_NUMBER':
      case 'UNKNOWN_PRODUCER_ID':
        return this.#outOfOrder(state, batch, error)
      case 'PRODUCER_FENCED':
        this.#isFenced = true
        return this.#fail(state, batch, error)
      default:
        if (!isRetriable(error)) return this.#fail(state, batch, error)
        batch.status = 'unknown'
        return { kind: 'retry' }
    }
  }

  /** The connection broke, or time was up: the batch may have been appended. */
  lost(sent: NumberedBatch): Verdict {
    const found = this.#find(sent)
    if (found === undefined) return { kind: 'forgotten' }
    found.batch.status = 'unknown'
    return { kind: 'retry' }
  }

  /** The caller gives the batch up and tells its user that its fate is unknown. */
  expire(sent: NumberedBatch): void {
    const found = this.#find(sent)
    if (found !== undefined) this.#fail(found.state, found.batch, 'REQUEST_TIMED_OUT')
  }

  /**
   * The batch was refused as too large, and goes again as several: each comes from `resend`, in order. Together they have
   * its numbers, so that nothing behind it has to change. Empty where it was expired, or its transaction is over.
   */
  split(sent: NumberedBatch, recordCounts: readonly number[]): readonly NumberedBatch[] {
    const found = this.#find(sent)
    if (found === undefined) return []
    let { baseSequence } = sent
    const parts = recordCounts.map((recordCount): Batch => {
      const part: Batch = { ...found.batch, recordCount, baseSequence, status: 'refused' }
      baseSequence = sequenceAfter(baseSequence, recordCount)
      return part
    })
    assert(baseSequence === sequenceAfter(sent.baseSequence, sent.recordCount), 'parts have all records of a batch')
    found.state.window = found.state.window.flatMap((one) => (one === found.batch ? parts : [one]))
    return parts
  }

  /** Batches that are not acknowledged, in order. */
  unacknowledged(partition: string): readonly NumberedBatch[] {
    return this.#partitions.get(partition)?.window ?? []
  }

  #stateOf(partition: string, identity: ProducerIdentity): PartitionState {
    let state = this.#partitions.get(partition)
    if (state === undefined) {
      state = { identity, nextSequence: 0, window: [], hasGap: false, knownProducerId: -1 }
      this.#partitions.set(partition, state)
    }
    return state
  }

  #find(sent: NumberedBatch): { readonly state: PartitionState; readonly batch: Batch } | undefined {
    const state = this.#partitions.get(sent.partition)
    const batch = state?.window.find((one) => one === sent)
    return state === undefined || batch === undefined ? undefined : { state, batch }
  }

  /** The broker misses what is before the batch. It may be on its way, unless the batch is the oldest there is. */
  #outOfOrder(state: PartitionState, batch: Batch, error: ProtocolError): Verdict {
    batch.status = 'refused'
    if (state.window[0] === batch || state.hasGap) {
      if (this.#isTransactional) return this.#fail(state, batch, error)
      state.hasGap = true
      this.#closeGap(state)
    }
    return { kind: 'retry' }
  }

  #fail(state: PartitionState, batch: Batch, error: ProtocolError): Verdict {
    remove(state, batch)
    state.hasGap = true
    // The coordinator gives a new epoch once the transaction is aborted.
    if (this.#isTransactional) this.#identity = undefined
    else this.#closeGap(state)
    return { kind: 'failed', error }
  }

  /** Once it is certain that none of the rest was appended, that is numbered anew, from 0, under a new epoch. */
  #closeGap(state: PartitionState): void {
    if (!state.hasGap || state.window.some(({ status }) => status !== 'refused')) return
    if (this.#identity !== undefined && isSame(state.identity, this.#identity)) this.#identity = bumped(this.#identity)
    if (this.#identity === undefined) return
    state.identity = this.#identity
    state.hasGap = false
    state.nextSequence = 0
    for (const batch of state.window) {
      Object.assign(batch, state.identity, { baseSequence: state.nextSequence })
      state.nextSequence = sequenceAfter(state.nextSequence, batch.recordCount)
    }
  }
}

/** After the largest number comes 0. */
export function sequenceAfter(sequence: number, recordCount: number): number {
  return (sequence + recordCount) % sequenceCount
}

/** `undefined`: a new producer id is needed. */
function bumped({ producerId, producerEpoch }: ProducerIdentity): ProducerIdentity | undefined {
  return producerEpoch >= producerEpochMax ? undefined : { producerId, producerEpoch: producerEpoch + 1 }
}

function isSame(a: ProducerIdentity, b: ProducerIdentity): boolean {
  return a.producerId === b.producerId && a.producerEpoch === b.producerEpoch
}

function remove(state: PartitionState, batch: Batch): void {
  state.window = state.window.filter((other) => other !== batch)
}
