/** What partitioners are told that send less to partitions where much waits (KIP-794). */
import type { ProducerSettings } from './producer-options.ts'
import type { TopicQueues } from './topic-queues.ts'

/** Tells the partitioner, if it asks, how many batches wait for each partition. Slow ones may be left out. */
export function tellLoad(settings: ProducerSettings, topics: Iterable<TopicQueues>, nowMs: number): void {
  const { partitioner, availabilityTimeoutMs } = settings
  if (partitioner.usesLoad !== true || partitioner.loadChanged === undefined) return
  for (const topic of topics) {
    const { partitionable } = topic
    if (partitionable === undefined || partitionable.partitionCount < 2) continue
    const { availablePartitions } = partitionable
    topic.makeRoomForLoad(availablePartitions.length)
    let count = 0
    for (const partition of availablePartitions) {
      const queue = topic.queues[partition]
      const waitingCount = queue?.unsent.length ?? 0
      const servedAtMs = queue?.servedAtMs ?? nowMs
      const isSlow = availabilityTimeoutMs > 0 && waitingCount > 0 && nowMs - servedAtMs > availabilityTimeoutMs
      if (isSlow) continue
      topic.load.partitions[count] = partition
      topic.load.queueSizes[count] = waitingCount
      count++
    }
    topic.load.count = count
    partitioner.loadChanged(partitionable, topic.load)
  }
}
