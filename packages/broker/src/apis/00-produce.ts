/**
 * Produce (key 0): appends one batch per partition and answers for each on its own.
 * With acks=0 nothing is answered; an error then closes the connection, which is how such a client learns of it.
 * What a request weighs counts against the client’s producer_byte_rate (KIP-13), whatever became of it.
 */
import { asError, ZERO_UUID } from '@gregor/base'
import { errorCode, Produce } from '@gregor/protocol'
import type { ProtocolError, RequestOf, ResponseInput } from '@gregor/protocol'
import type { AppendResult } from '@gregor/storage'
import {
  isInTransaction,
  producerRefusal,
  transactionalSequence,
  transactionOf,
} from '../coordination/produce-transaction.ts'
import type { GuardedPartition, GuardedProducer, Guards } from '../coordination/transaction-guard.ts'
import type { Partition, RequiredAcks } from '../replication/partition.ts'
import type { AppendWaiter } from '../replication/sync-wait.ts'
import { isAllowed, isAllowedOnTopic } from '../server/authorization.ts'
import { defineHandler, LateResponse, type HandlerAnswer } from '../server/handler.ts'
import { currentLeader, nodeEndpoints, type LeaderHint } from '../server/leader-hints.ts'
import type { RequestContext } from '../server/request-context.ts'
import type { Services } from '../server/services.ts'

type ProduceRequest = RequestOf<typeof Produce>
type ProduceResponse = ResponseInput<typeof Produce>
type TopicData = ProduceRequest['topicData'][number]
type PartitionData = TopicData['partitionData'][number]
type PartitionAnswer = ProduceResponse['responses'][number]['partitionResponses'][number]

interface TopicAnswer {
  readonly name: string
  readonly topicId: string
  readonly partitionResponses: PartitionAnswer[]
}

const unguarded = {}
const acksByCode: Readonly<Record<number, RequiredAcks | undefined>> = { 0: 'none', 1: 'leader', [-1]: 'all' }
/** Of leaders (KIP-951). */
const firstVersionWithHints = 10

/** The client id with which Kafka’s own tools may write to internal topics. */
const internalClientId = '__admin_client'
const internalTopics: ReadonlySet<string> = new Set([
  '__consumer_offsets',
  '__transaction_state',
  '__share_group_state',
])

export const produce = defineHandler(Produce, {
  handle(request, context, services) {
    const acks = acksByCode[request.acks]
    if (acks === undefined) return refuse(request, 'INVALID_REQUIRED_ACKS')
    if (!isInTransaction(request)) return new Producing(request, acks, context, services).begin()
    const { apiVersion } = context
    const mayWrite = (name: string) => isAllowed(services, context, 'WRITE', { type: 'TRANSACTIONAL_ID', name })
    const transaction = transactionOf(request, { apiVersion, mayWrite })
    if (typeof transaction === 'string') return acks === 'none' ? 'close' : refuse(request, transaction)
    return new Producing(request, acks, context, services).beginGuarded(transaction)
  },
  refuse,
  readsAtOnce: true,
  gathers: 'bytes',
})

/** A request whose batches are on their way into their logs. */
class Producing extends LateResponse<ProduceResponse> {
  readonly request: ProduceRequest
  readonly acks: RequiredAcks
  readonly context: RequestContext
  readonly services: Services
  readonly #topics: readonly ProducingTopic[]
  /** Of batches that are not answered; one more until all are on their way. */
  #waitingCount = 1
  #hasFailed = false
  #hints: LeaderHint[] | undefined
  #transaction: { readonly producer: GuardedProducer; readonly guards: Guards } | undefined

  constructor(request: ProduceRequest, acks: RequiredAcks, context: RequestContext, services: Services) {
    super()
    this.request = request
    this.acks = acks
    this.context = context
    this.services = services
    this.#topics = request.topicData.map((topic) => new ProducingTopic(this, topic))
  }

  begin(): this {
    for (const topic of this.#topics) topic.begin()
    this.settled(false)
    return this
  }

  /**
   * Where the transaction’s coordinator must be asked first, the batches wait for that in memory of their own. The answer
   * is a promise then, which holds up the requests behind it: their batches would overtake these, and be out of order.
   */
  beginGuarded(producer: GuardedProducer): this | Promise<HandlerAnswer<ProduceResponse>> {
    const partitions = this.#topics.flatMap((topic) => topic.guarded())
    const guards = this.services.transactionGuard.guard(producer, partitions, { isPatient: true })
    if (!(guards instanceof Promise)) return this.#beginWith(producer, guards)
    for (const topic of this.#topics) topic.keepRecords()
    return this.#beginWhenGuarded(producer, guards)
  }

  async #beginWhenGuarded(producer: GuardedProducer, asked: Promise<Guards>): Promise<HandlerAnswer<ProduceResponse>> {
    try {
      this.#beginWith(producer, await asked)
      this.services.appends.flush()
    } catch (cause) {
      const error = asError(cause)
      this.services.logger.error('Produce failed', { work: `verification of ${producer.transactionalId}`, error })
      return this.acks === 'none' ? 'close' : refuse(this.request, 'UNKNOWN_SERVER_ERROR')
    }
    const { promise, resolve } = Promise.withResolvers<HandlerAnswer<ProduceResponse>>()
    this.whenThere(resolve)
    return promise
  }

  #beginWith(producer: GuardedProducer, guards: Guards): this {
    this.#transaction = { producer, guards }
    return this.begin()
  }

  /** What the log is to be told with a batch for this partition, or why it is not to be written. */
  guardFor(leader: Partition): { readonly guard?: number; readonly refusal?: ReturnType<typeof producerRefusal> } {
    if (this.#transaction === undefined) return unguarded
    const { producer, guards } = this.#transaction
    const guard = guards.get(leader)
    if (guard === undefined) return unguarded
    return typeof guard === 'number' ? { guard } : { refusal: producerRefusal(guard, producer) }
  }

  /** A batch is to be answered later: by `settled`. */
  awaits(): void {
    this.#waitingCount++
  }

  settled(hasFailed: boolean): void {
    this.#hasFailed ||= hasFailed
    if (--this.#waitingCount === 0) this.respond(this.#response())
  }

  hint(leader: LeaderHint): void {
    this.#hints = [...(this.#hints ?? []), leader]
  }

  #response(): HandlerAnswer<ProduceResponse> {
    const { context, services } = this
    context.throttleMs = services.quotas.produced(context, context.requestBytes)
    if (this.acks === 'none') return this.#hasFailed ? 'close' : null
    const responses = this.#topics.map(({ answer }) => answer)
    if (this.#hints === undefined) return { responses }
    return { responses, nodeEndpoints: nodeEndpoints(services, context, this.#hints) }
  }
}

/** What one of its topics is answered. */
class ProducingTopic implements AppendWaiter {
  readonly answer: TopicAnswer
  readonly #producing: Producing
  #data: TopicData

  constructor(producing: Producing, data: TopicData) {
    this.#producing = producing
    this.#data = data
    this.answer = { name: data.name, topicId: data.topicId, partitionResponses: data.partitionData.map(unanswered) }
  }

  /** Where batches of a transaction are to be written. */
  guarded(): readonly GuardedPartition[] {
    const { context, services } = this.#producing
    const topic = this.#topicName()
    if (topic === undefined || topicRefusal(topic, context, services) !== 'NONE') return []
    return this.#data.partitionData.flatMap(({ index, records }) => {
      const sequence = records === null ? undefined : transactionalSequence(records)
      const partition = services.replicas.leader(topic, index)
      return sequence === undefined || typeof partition === 'string' ? [] : [{ partition, sequence }]
    })
  }

  /** The request’s own memory is used again when the pass ends. */
  keepRecords(): void {
    const partitionData = this.#data.partitionData.map((data) => {
      return { ...data, records: data.records === null ? null : Buffer.from(data.records) }
    })
    this.#data = { ...this.#data, partitionData }
  }

  #topicName(): string | undefined {
    const { name, topicId } = this.#data
    if (topicId === ZERO_UUID) return name
    return this.#producing.services.metadata.image.topics.byId.get(topicId)?.name
  }

  /** Queues what may be appended. */
  begin(): void {
    const { context, services } = this.#producing
    const { partitionData } = this.#data
    const topic = this.#topicName()
    const refusal = topicRefusal(topic, context, services)
    for (let place = 0; place < partitionData.length; place++) {
      const { index, records } = partitionData[place] as PartitionData
      if (topic === undefined || refusal !== 'NONE') this.#refuse(place, refused(index, refusal))
      else if (records === null || records.length === 0) this.#refuse(place, refused(index, 'INVALID_RECORD'))
      else this.#append({ topic, index, records, place })
    }
  }

  appended(place: number, result: AppendResult): void {
    this.answer.partitionResponses[place] = answered(this.#data.partitionData[place]?.index ?? -1, result)
    this.#producing.settled(result.error !== 'NONE')
  }

  #append({ topic, index, records, place }: PartitionData & { topic: string; records: Buffer; place: number }): void {
    const { acks, context, request, services } = this.#producing
    const leader = services.replicas.leader(topic, index)
    if (leader === 'NOT_LEADER_OR_FOLLOWER' && context.apiVersion >= firstVersionWithHints) {
      const hint = currentLeader(services, topic, index)
      this.#producing.hint(hint)
      return this.#refuse(place, { ...refused(index, leader), currentLeader: hint })
    }
    if (typeof leader === 'string') return this.#refuse(place, refused(index, leader))
    const { guard, refusal } = this.#producing.guardFor(leader)
    if (refusal !== undefined) {
      return this.#refuse(place, { ...refused(index, refusal.error), errorMessage: refusal.message })
    }
    this.#producing.awaits()
    const plain = leader.givenFor(context.nowMs, context.apiVersion)
    const given = guard === undefined ? plain : { ...plain, guard }
    leader.append({ records, given, acks, timeoutMs: request.timeoutMs, waiter: this, place })
  }

  #refuse(place: number, answer: PartitionAnswer): void {
    this.answer.partitionResponses[place] = answer
    this.#producing.awaits()
    this.#producing.settled(true)
  }
}

function topicRefusal(name: string | undefined, context: RequestContext, services: Services): ProtocolError {
  if (name === undefined) return 'UNKNOWN_TOPIC_ID'
  if (!isAllowedOnTopic(services, context, 'WRITE', name)) return 'TOPIC_AUTHORIZATION_FAILED'
  if (internalTopics.has(name) && context.clientId !== internalClientId) return 'INVALID_TOPIC_EXCEPTION'
  return 'NONE'
}

function answered(index: number, result: AppendResult): PartitionAnswer {
  if (result.error === 'NONE') {
    return {
      index,
      errorCode: 0,
      baseOffset: result.baseOffset,
      logAppendTimeMs: result.logAppendTimeMs,
      logStartOffset: result.logStartOffset,
    }
  }
  return {
    ...refused(index, result.error),
    logStartOffset: result.logStartOffset,
    recordErrors:
      result.recordErrors?.map(({ batchIndex, message }) => ({
        batchIndex,
        batchIndexErrorMessage: message,
      })) ?? [],
    errorMessage: result.message ?? null,
  }
}

const notYet: PartitionAnswer = { index: -1, errorCode: 0, baseOffset: -1 }

function unanswered(): PartitionAnswer {
  return notYet
}

function refused(index: number, error: ProtocolError): PartitionAnswer {
  return { index, errorCode: errorCode(error), baseOffset: -1 }
}

/** The same error for every partition: nothing was appended. */
function refuse(request: ProduceRequest, error: ProtocolError): ProduceResponse {
  return {
    responses: request.topicData.map(({ name, topicId, partitionData }) => ({
      name,
      topicId,
      partitionResponses: partitionData.map(({ index }) => refused(index, error)),
    })),
  }
}
