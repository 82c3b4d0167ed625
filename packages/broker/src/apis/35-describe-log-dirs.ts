/**
 * DescribeLogDirs (key 35): which logs lie in which directory, how large they are, and how much room is left (KIP-113,
 * KIP-827). A log on its way between directories is told of with how far it is behind.
 */
import { DescribeLogDirs, errorCode } from '@gregor/protocol'
import type { RequestOf, ResponseInput } from '@gregor/protocol'
import type { DescribedDirectory, PartitionLog } from '@gregor/storage'
import { isAllowedOnCluster } from '../server/authorization.ts'
import { defineHandler } from '../server/handler.ts'
import type { Services } from '../server/services.ts'

type Request = RequestOf<typeof DescribeLogDirs>
type Directory = ResponseInput<typeof DescribeLogDirs>['results'][number]

export const describeLogDirs = defineHandler(DescribeLogDirs, {
  handle(request, context, services) {
    if (!isAllowedOnCluster(services, context, 'DESCRIBE')) {
      return { errorCode: errorCode('CLUSTER_AUTHORIZATION_FAILED'), results: [] }
    }
    const cordoned = new Set(services.config.get('cordoned.log.dirs'))
    const isWanted = wanted(request)
    return {
      errorCode: 0,
      results: services.logDirectories
        .describe()
        .map((directory) => described(directory, { isWanted, cordoned, services })),
    }
  },
  refuse: (_request, error) => ({ errorCode: errorCode(error), results: [] }),
})

/** Null asks for everything. */
function wanted({ topics }: Request): (log: PartitionLog) => boolean {
  if (topics === null) return () => true
  const asked = new Map(topics.map(({ topic, partitions }) => [topic, new Set(partitions)]))
  return ({ topicPartition: { topic, partition } }) => asked.get(topic)?.has(partition) === true
}

function described(
  directory: DescribedDirectory,
  {
    isWanted,
    cordoned,
    services,
  }: { isWanted: (log: PartitionLog) => boolean; cordoned: ReadonlySet<string>; services: Services },
): Directory {
  const byTopic = new Map<string, Directory['topics'][number]['partitions'][number][]>()
  for (const { log, isFuture } of directory.logs) {
    if (!isWanted(log)) continue
    const { topic, partition } = log.topicPartition
    const partitions = byTopic.get(topic) ?? []
    byTopic.set(topic, partitions)
    partitions.push({
      partitionIndex: partition,
      partitionSize: log.sizeBytes,
      offsetLag: isFuture ? lagBehindCurrent(log, services) : Math.max(0, log.highWatermark - log.logEndOffset),
      isFutureKey: isFuture,
    })
  }
  return {
    errorCode: errorCode(directory.error),
    logDir: directory.path,
    topics: [...byTopic].map(([name, partitions]) => ({ name, partitions })),
    totalBytes: directory.totalBytes,
    usableBytes: directory.usableBytes,
    isCordoned: cordoned.has(directory.path),
  }
}

function lagBehindCurrent(future: PartitionLog, { logDirectories }: Services): number {
  const current = logDirectories.get(future.topicPartition)
  return current === undefined ? 0 : Math.max(0, current.logEndOffset - future.logEndOffset)
}
