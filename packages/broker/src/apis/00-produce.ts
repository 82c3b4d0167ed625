/**
 * Produce (key 0): appends one batch per partition and answers for each on its own.
 * With acks=0 nothing is answered; an error then closes the connection, which is how such a client learns of it.
 * What a request weighs counts against the client’s producer_byte_rate (KIP-13), whatever became of it.
 */
import { ZERO_UUID } from '@gregor/base'
import { attributesAt, errorCode, isTransactional, Produce, producerIdAt } from '@gregor/protocol'
import type { ProtocolError, RequestOf, ResponseInput } from '@gregor/protocol'
import type { AppendResult } from '@gregor/storage'
import type { RequiredAcks } from '../replication/partition.ts'
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

const acksByCode: Readonly<Record<number, RequiredAcks | undefined>> = { 0: 'none', 1: 'leader', [-1]: 'all' }
const batchOverheadBytes = 61
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
    const refusal = acks === undefined ? 'INVALID_REQUIRED_ACKS' : transactionRefusal(request, context, services)
    if (acks === undefined || refusal !== 'NONE') return request.acks === 0 ? 'close' : refuse(request, refusal)
    return new Producing(request, acks, context, services).begin()
  },
  refuse,
  readsAtOnce: true,
  gathers: true,
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
  readonly #data: TopicData

  constructor(producing: Producing, data: TopicData) {
    this.#producing = producing
    this.#data = data
    this.answer = { name: data.name, topicId: data.topicId, partitionResponses: data.partitionData.map(unanswered) }
  }

  /** Queues what may be appended. */
  begin(): void {
    const { context, services } = this.#producing
    const { name, topicId, partitionData } = this.#data
    const topic = topicId === ZERO_UUID ? name : services.metadata.image.topics.byId.get(topicId)?.name
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
    this.#producing.awaits()
    const given = leader.givenFor(context.nowMs, context.apiVersion)
    leader.append({ records, given, acks, timeoutMs: request.timeoutMs, waiter: this, place })
  }

  #refuse(place: number, answer: PartitionAnswer): void {
    this.answer.partitionResponses[place] = answer
    this.#producing.awaits()
    this.#producing.settled(true)
  }
}

/** Transactional records need a transactional id that the client may write with, and are of one producer. */
function transactionRefusal(request: ProduceRequest, context: RequestContext, services: Services): ProtocolError {
  let producerId: number | undefined
  for (const { partitionData } of request.topicData) {
    for (const { records } of partitionData) {
      if (records === null || !isTransactionalBatch(records)) continue
      if (producerId === undefined && !maySendTransactional(request, context, services)) {
        return 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED'
      }
      if (producerIdAt(records, 0) !== (producerId ??= producerIdAt(records, 0))) return 'INVALID_PRODUCER_ID_MAPPING'
    }
  }
  return 'NONE'
}

function maySendTransactional(
  { transactionalId }: ProduceRequest,
  context: RequestContext,
  services: Services,
): boolean {
  if (transactionalId === null) return false
  return isAllowed(services, context, 'WRITE', { type: 'TRANSACTIONAL_ID', name: transactionalId })
}

function isTransactionalBatch(records: Buffer): boolean {
  return records.length >= batchOverheadBytes && isTransactional(attributesAt(records, 0))
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
