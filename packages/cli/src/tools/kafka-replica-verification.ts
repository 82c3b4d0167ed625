/** kafka-replica-verification: compares the replicas of partitions with each other, on and on, until somebody ends it. */
import { sleep } from './sleep.ts'
import { isRetriable, type Kafka, type OffsetSpec, type TopicDescription, type TopicPartition } from '@gregor/client'
import type { Environment } from '@gregor/platform'
import { Fetch } from '@gregor/protocol'
import type { Program } from '../program.ts'
import { checkBootstrapServer } from './client-properties.ts'
import { exitCodeOfSignal } from './ending.ts'
import { dateText } from './java-format.ts'
import { logLine } from './java-log.ts'
import { type GivenOptions, integer, long, text } from './joptsimple.ts'
import { compareReplicas } from './replica-verification/compare-replicas.ts'
import { defineTool } from './tool.ts'
import { topicFilter } from './topic-filter.ts'

const options = {
  'broker-list': text({
    summary: 'Brokers to ask at first, as host:port with commas between them.',
    placeholder: 'host:port,…',
  }),
  'fetch-size': integer({
    summary: 'How much to read of a partition at once.',
    placeholder: 'bytes',
    absent: 1_048_576,
  }),
  'max-wait-ms': integer({ summary: 'How long a broker may wait for records.', placeholder: 'ms', absent: 1000 }),
  'topics-include': text({ summary: 'Which topics, as a regular expression.', placeholder: 'regex', absent: '.*' }),
  time: long({
    summary: 'Where to begin: -1 at the end, -2 at the start, else a time.',
    placeholder: 'ms',
    absent: -1,
  }),
  'report-interval-ms': long({ summary: 'How often to tell how far it is.', placeholder: 'ms', absent: 30_000 }),
}
type Given = GivenOptions<typeof options>

const javaClass = 'org.apache.kafka.tools.ReplicaVerificationTool'
/** May read what is not on all replicas yet, of any of them. */
const toolReplicaId = -2
const byIdVersion = 13
const replicaStateVersion = 15
const withoutSession = -1
const requestTimeoutMs = 30_000
/** Before a broker that did not answer is asked again. */
const retryMs = 1000

export const kafkaReplicaVerification = defineTool({
  name: 'kafka-replica-verification',
  dialect: 'joptsimple',
  summary: 'Compares the replicas of partitions with each other, until it is ended.',
  options,
  examples: ['--broker-list localhost:9092 --topics-include orders'],
  async run(given, program) {
    logLine(program, 'WARN', javaClass, 'This tool is deprecated and may be removed in a future major release.')
    given.require('broker-list')
    const bootstrap = given.value('broker-list') ?? ''
    checkBootstrapServer(bootstrap)
    const isIncluded = topicFilter(given.value('topics-include'))
    await using kafka = await program.connect({ properties: new Map([['bootstrap.servers', bootstrap]]) })
    await using admin = kafka.admin()
    const names = (await admin.listTopics({ listInternal: true })).map(({ name }) => name)
    const described = (await admin.describeTopics(names)).all().filter(({ name }) => isIncluded(name))
    if (described.length === 0) {
      const said =
        'No topics found. [topics-include] if specified, is either filtering out all topics or there is no topic.'
      logLine(program, 'ERROR', javaClass, said)
      return 1
    }
    const replicas = replicasOf(described)
    const spec = offsetSpec(given.value('time'))
    const starts = await admin.listOffsets(replicas.map(({ topic, partition }) => ({ topic, partition, spec })))
    const offsets = new Map(Array.from(starts, ({ item, value }) => [nameOf(item), Math.max(0, value?.offset ?? 0)]))
    const { out, environment } = program
    out.line(`${timeText(environment.clock.wallMs())}: verification process is started`)
    return await verifyOn(kafka, { given, replicas, offsets, environment }, program)
  },
})

interface ReplicatedPartition extends TopicPartition {
  readonly topicId: string
  readonly brokerIds: readonly number[]
}

interface Verification {
  readonly given: Given
  readonly replicas: readonly ReplicatedPartition[]
  /** Where each partition is compared from next, by its name. */
  readonly offsets: Map<string, number>
  readonly environment: Pick<Environment, 'clock'>
}

async function verifyOn(kafka: Kafka, verification: Verification, program: Program): Promise<number> {
  const { out, environment } = program
  const { clock } = environment
  const ending = program.ending()
  const intervalMs = verification.given.value('report-interval-ms')
  let reportedMs = clock.wallMs()
  while (!ending.aborted && !out.broken.aborted) {
    const report = await verifyRound(kafka, verification, ending)
    for (const problem of report.problems) out.line(`${timeText(clock.wallMs())}: ${problem}`)
    if (report.isHopeless) return 1
    const nowMs = clock.wallMs()
    if (nowMs - reportedMs <= intervalMs) continue
    reportedMs = nowMs
    const { lag, name, offset } = report.worst
    const among = `among ${verification.replicas.length} partitions`
    out.line(`${timeText(nowMs)}: max lag is ${lag} for partition ${name} at offset ${offset} ${among}`)
  }
  return ending.aborted ? exitCodeOfSignal(ending) : 0
}

interface RoundReport {
  readonly problems: readonly string[]
  readonly isHopeless: boolean
  readonly worst: { readonly lag: number; readonly name: string; readonly offset: number }
}

async function verifyRound(kafka: Kafka, verification: Verification, signal: AbortSignal): Promise<RoundReport> {
  const { replicas, offsets } = verification
  const brokerIds = [...new Set(replicas.flatMap((one) => one.brokerIds))]
  const answers = await Promise.all(brokerIds.map((id) => fetchFrom(kafka, id, verification, signal)))
  const fetched = new Map(answers.map((answer, index) => [brokerIds[index] ?? -1, answer]))
  const problems: string[] = []
  let isHopeless = false
  let worst = { lag: -1, name: '', offset: -1 }
  for (const replica of replicas) {
    const name = nameOf(replica)
    const of = replica.brokerIds.map((id) => ({ replicaId: id, ...(fetched.get(id)?.get(name) ?? nothing) }))
    const comparison = compareReplicas(name, of, offsets.get(name) ?? 0)
    problems.push(...comparison.problems)
    isHopeless ||= comparison.isHopeless
    offsets.set(name, comparison.nextOffset)
    const lag = Math.max(-1, ...of.map(({ highWatermark }) => highWatermark)) - comparison.nextOffset
    if (lag > worst.lag) worst = { lag, name, offset: comparison.nextOffset }
  }
  return { problems, isHopeless, worst }
}

interface FetchedPartition {
  readonly highWatermark: number
  readonly records: Buffer
}

const nothing: FetchedPartition = { highWatermark: -1, records: Buffer.alloc(0) }

/** By the name of the partition. Of a broker that does not answer nothing, and it is asked again in the next round. */
async function fetchFrom(
  kafka: Kafka,
  brokerId: number,
  { given, replicas, offsets, environment }: Verification,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, FetchedPartition>> {
  const own = replicas.filter(({ brokerIds }) => brokerIds.includes(brokerId))
  const topicNames = new Map(own.map(({ topicId, topic }) => [topicId, topic]))
  const request = (version: number) => ({
    ...(version < replicaStateVersion ? { replicaId: toolReplicaId } : { replicaState: { replicaId: toolReplicaId } }),
    maxWaitMs: given.value('max-wait-ms'),
    minBytes: 1,
    sessionEpoch: withoutSession,
    topics: [...Map.groupBy(own, ({ topic }) => topic)].map(([topic, partitions]) => ({
      ...(version < byIdVersion ? { topic } : { topicId: partitions[0]?.topicId ?? '' }),
      partitions: partitions.map((one) => ({
        partition: one.partition,
        fetchOffset: offsets.get(nameOf(one)) ?? 0,
        logStartOffset: 0,
        partitionMaxBytes: given.value('fetch-size'),
      })),
    })),
    forgottenTopicsData: [],
  })
  const send = { timeoutMs: given.value('max-wait-ms') + requestTimeoutMs, signal, lane: 'fetch' }
  try {
    const { response } = await kafka.cluster.send(brokerId, Fetch, request, send)
    return new Map(
      response.responses.flatMap(({ topic, topicId, partitions }) =>
        partitions.map(({ partitionIndex, highWatermark, records }) => {
          const name = nameOf({
            topic: topic === '' ? (topicNames.get(topicId) ?? '') : topic,
            partition: partitionIndex,
          })
          return [name, { highWatermark, records: records ?? nothing.records }] as const
        }),
      ),
    )
  } catch (error) {
    if (signal.aborted) return new Map()
    if (!isRetriable(error)) throw error
    // As where it answers nothing: the round compares what there is, and the next one comes later.
    await sleep(environment.clock, retryMs, signal)
    return new Map()
  }
}

function replicasOf(topics: readonly TopicDescription[]): readonly ReplicatedPartition[] {
  return topics.flatMap(({ name, topicId, partitions }) =>
    partitions.map(({ partition, replicas }) => ({ topic: name, topicId, partition, brokerIds: replicas })),
  )
}

function offsetSpec(time: number): OffsetSpec {
  if (time === -1) return 'latest'
  return time === -2 ? 'earliest' : { timestampMs: time }
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}

function timeText(wallMs: number): string {
  return dateText('yyyy-MM-dd HH:mm:ss,SSS', wallMs)
}
