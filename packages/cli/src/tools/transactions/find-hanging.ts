/**
 * `kafka-transactions find-hanging`: a transaction hangs where a partition has it open for longer than any may be, and no
 * coordinator will end it there: none knows the producer, or not with this partition.
 */
import type { Admin, ProducerState, Results, TopicPartition, TransactionDescription } from '@gregor/client'
import { errorCodeOf } from '../java-errors.ts'
import { tabbedTable } from '../argparse-connection.ts'
import { failureOf, partitionText } from './failures.ts'

/** As many topics or partitions are asked about at once. */
const batchSize = 500
const msPerMinute = 60_000

export async function partitionsToSearch(
  admin: Admin,
  wanted: {
    readonly topic: string | undefined
    readonly partition: number | undefined
    readonly brokerId: number | undefined
  },
): Promise<readonly TopicPartition[]> {
  const { topic, partition, brokerId } = wanted
  if (topic !== undefined && partition !== undefined) return [{ topic, partition }]
  const topics = topic === undefined ? await allTopics(admin) : [topic]
  const found: TopicPartition[] = []
  for (const batch of inBatches(topics)) {
    const described = valuesOf(await admin.describeTopics(batch), `Failed to describe ${batch.length} topics`)
    for (const { name, partitions } of described) {
      const own = partitions.filter(({ replicas }) => brokerId === undefined || replicas.includes(brokerId))
      found.push(...own.map((one) => ({ topic: name, partition: one.partition })))
    }
  }
  return found
}

interface OpenTransaction extends TopicPartition {
  readonly producer: ProducerState
}

export async function hangingTable(
  admin: Admin,
  given: {
    readonly partitions: readonly TopicPartition[]
    readonly brokerId: number | undefined
    readonly timeoutMinutes: number
    readonly nowMs: number
  },
): Promise<readonly string[]> {
  const { partitions, brokerId, timeoutMinutes, nowMs } = given
  const candidates: OpenTransaction[] = []
  for (const batch of inBatches(partitions)) {
    const options = brokerId === undefined ? {} : { brokerId }
    const broker = brokerId === undefined ? 'Optional.empty' : `Optional[${brokerId}]`
    const results = await admin.describeProducers(batch, options)
    valuesOf(results, `Failed to describe producers for ${batch.length} partitions on broker ${broker}`)
    for (const { item, value = [] } of results) {
      const open = value.filter((one) => one.currentTransactionStartOffset !== undefined)
      const old = open.filter((one) => nowMs - one.lastTimestamp > timeoutMinutes * msPerMinute)
      candidates.push(...old.map((producer) => ({ ...item, producer })))
    }
  }
  const rows = (await hanging(admin, candidates)).map(({ topic, partition, producer }) => [
    topic,
    String(partition),
    String(producer.producerId),
    String(producer.producerEpoch),
    String(producer.coordinatorEpoch ?? -1),
    String(producer.currentTransactionStartOffset ?? -1),
    String(producer.lastTimestamp),
    String(Math.floor((nowMs - producer.lastTimestamp) / msPerMinute)),
  ])
  const header = [
    'Topic',
    'Partition',
    'ProducerId',
    'ProducerEpoch',
    'CoordinatorEpoch',
    'StartOffset',
    'LastTimestamp',
    'Duration(min)',
  ]
  return tabbedTable([header, ...rows])
}

async function hanging(admin: Admin, candidates: readonly OpenTransaction[]): Promise<readonly OpenTransaction[]> {
  if (candidates.length === 0) return []
  const producerIds = [...new Set(candidates.map(({ producer }) => producer.producerId))]
  const { transactions, failures } = await admin.listTransactions({ producerIds })
  const [failed] = failures
  if (failed !== undefined)
    throw failureOf(`Failed to list transactions for ${producerIds.length} producers`, failed.error)
  const ids = new Map(transactions.map(({ producerId, transactionalId }) => [producerId, transactionalId]))
  const known = await descriptions(admin, [...ids.values()])
  return candidates.filter((candidate) => {
    const state = known.get(ids.get(candidate.producer.producerId) ?? '')
    return state?.topicPartitions.some((one) => partitionText(one) === partitionText(candidate)) !== true
  })
}

async function descriptions(
  admin: Admin,
  ids: readonly string[],
): Promise<ReadonlyMap<string, TransactionDescription>> {
  const known = new Map<string, TransactionDescription>()
  for (const { item, value, error } of await admin.describeTransactions(ids)) {
    if (error === undefined) known.set(item, value)
    else if (errorCodeOf(error) !== 'TRANSACTIONAL_ID_NOT_FOUND') {
      throw failureOf(`Failed to describe ${ids.length} transactions`, error)
    }
  }
  return known
}

async function allTopics(admin: Admin): Promise<readonly string[]> {
  try {
    return (await admin.listTopics({ listInternal: true })).map(({ name }) => name)
  } catch (error) {
    throw failureOf('Failed to list topics', error)
  }
}

function valuesOf<Item, Value>(results: Results<Item, Value>, what: string): readonly Value[] {
  try {
    return results.all()
  } catch (error) {
    throw failureOf(what, error)
  }
}

function* inBatches<T>(items: readonly T[]): Iterable<readonly T[]> {
  for (let from = 0; from < items.length; from += batchSize) yield items.slice(from, from + batchSize)
}
