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
import { isAllowed, isAllowedOnTopic } from '../server/authorization.ts'
import { defineHandler } from '../server/handler.ts'
import { currentLeader, nodeEndpoints } from '../server/leader-hints.ts'
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

    const appends = request.topicData.map((topic) => appendTopic(topic, { request, acks, context, services }))
    const isWaiting = appends.some(({ answers }) => answers.some((answer) => answer instanceof Promise))
    if (!isWaiting) return respond(appends as SettledTopic[], acks, context, services)
    return Promise.all(appends.map(async (topic) => ({ ...topic, answers: await Promise.all(topic.answers) }))).then(
      (settled) => respond(settled, acks, context, services),
    )
  },
  refuse,
})

interface SettledTopic {
  readonly name: string
  readonly topicId: string
  readonly answers: readonly PartitionAnswer[]
}

interface AppendedTopic {
  readonly name: string
  readonly topicId: string
  readonly answers: readonly (PartitionAnswer | Promise<PartitionAnswer>)[]
}

interface Given {
  readonly request: ProduceRequest
  readonly acks: RequiredAcks
  readonly context: RequestContext
  readonly services: Services
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

function appendTopic(topic: TopicData, given: Given): AppendedTopic {
  const { request, context, services } = given
  const usesId = topic.topicId !== ZERO_UUID
  const name = usesId ? services.metadata.image.topics.byId.get(topic.topicId)?.name : topic.name
  const refusal = topicRefusal(name, context, services)
  const answers = topic.partitionData.map(({ index, records }) => {
    if (name === undefined || refusal !== 'NONE') return refused(index, refusal)
    if (records === null || records.length === 0) return refused(index, 'INVALID_RECORD')
    const leader = services.replicas.leader(name, index)
    if (typeof leader === 'string') {
      return leader === 'NOT_LEADER_OR_FOLLOWER'
        ? { ...refused(index, leader), currentLeader: currentLeader(services, name, index) }
        : refused(index, leader)
    }
    const result = leader.append(records, {
      acks: given.acks,
      timeoutMs: request.timeoutMs,
      produceVersion: context.apiVersion,
      nowMs: context.nowMs,
    })
    services.topicMetrics.produced(name, records, result)
    return result instanceof Promise ? result.then((late) => answered(index, late)) : answered(index, result)
  })
  return { name: topic.name, topicId: topic.topicId, answers }
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

function respond(
  topics: readonly SettledTopic[],
  acks: RequiredAcks,
  context: RequestContext,
  services: Services,
): ProduceResponse | null | 'close' {
  context.throttleMs = services.quotas.produced(context, context.requestBytes)
  if (acks === 'none') {
    const isFailed = topics.some(({ answers }) => answers.some(({ errorCode: code }) => code !== 0))
    return isFailed ? 'close' : null
  }
  const hints = topics.flatMap(({ answers }) => answers.map((answer) => answer.currentLeader))
  return {
    responses: topics.map(({ name, topicId, answers }) => ({ name, topicId, partitionResponses: [...answers] })),
    nodeEndpoints: hints.some((hint) => hint !== undefined) ? nodeEndpoints(services, context, hints as never) : [],
  }
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
