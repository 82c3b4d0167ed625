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
type PartitionAnswer = ProduceResponse['responses'][number]['partitionResponses'][number]

const acksByCode: Readonly<Record<number, RequiredAcks | undefined>> = { 0: 'none', 1: 'leader', [-1]: 'all' }
const batchOverheadBytes = 61

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
    return new Producing({ request, acks, context, services }).begin()
  },
  refuse,
  readsAtOnce: true,
  gathers: true,
})

interface Given {
  readonly request: ProduceRequest
  readonly acks: RequiredAcks
  readonly context: RequestContext
  readonly services: Services
}

/** A request whose batches are on their way into their logs. Places are counted over all its partitions. */
class Producing extends LateResponse<ProduceResponse> implements AppendWaiter {
  readonly #given: Given
  readonly #answers: PartitionAnswer[] = []
  #place = 0
  #waitingCount = 0

  constructor(given: Given) {
    super()
    this.#given = given
  }

  /** Queues what may be appended. */
  begin(): this | HandlerAnswer<ProduceResponse> {
    for (const topic of this.#given.request.topicData) this.#appendTopic(topic)
    return this.#waitingCount > 0 ? this : this.#response()
  }

  appended(place: number, result: AppendResult): void {
    const answer = answered(this.#answers[place]?.index ?? -1, result)
    this.#answers[place] = answer
    if (--this.#waitingCount === 0) this.respond(this.#response())
  }

  #appendTopic(topic: TopicData): void {
    const { context, services } = this.#given
    const usesId = topic.topicId !== ZERO_UUID
    const name = usesId ? services.metadata.image.topics.byId.get(topic.topicId)?.name : topic.name
    const refusal = topicRefusal(name, context, services)
    for (const { index, records } of topic.partitionData) {
      const place = this.#place++
      if (name === undefined || refusal !== 'NONE') this.#answers[place] = refused(index, refusal)
      else if (records === null || records.length === 0) this.#answers[place] = refused(index, 'INVALID_RECORD')
      else this.#append(name, index, records, place)
    }
  }

  #append(topic: string, index: number, records: Buffer, place: number): void {
    const { request, acks, context, services } = this.#given
    const leader = services.replicas.leader(topic, index)
    if (typeof leader === 'string') {
      const refusal = refused(index, leader)
      const isElsewhere = leader === 'NOT_LEADER_OR_FOLLOWER'
      this.#answers[place] = isElsewhere
        ? { ...refusal, currentLeader: currentLeader(services, topic, index) }
        : refusal
      return
    }
    this.#answers[place] = { index, errorCode: 0, baseOffset: -1 }
    this.#waitingCount++
    const given = leader.givenFor(context.nowMs, context.apiVersion)
    leader.append({ records, given, acks, timeoutMs: request.timeoutMs, waiter: this, place })
  }

  #response(): HandlerAnswer<ProduceResponse> {
    const { request, acks, context, services } = this.#given
    const answers = this.#answers
    context.throttleMs = services.quotas.produced(context, context.requestBytes)
    if (acks === 'none') return answers.some(({ errorCode: code }) => code !== 0) ? 'close' : null
    let place = 0
    const responses = request.topicData.map(({ name, topicId, partitionData }) => ({
      name,
      topicId,
      partitionResponses: answers.slice(place, (place += partitionData.length)),
    }))
    const hints = answers.flatMap(({ currentLeader: hint }) => (hint as LeaderHint | undefined) ?? [])
    return hints.length === 0 ? { responses } : { responses, nodeEndpoints: nodeEndpoints(services, context, hints) }
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
