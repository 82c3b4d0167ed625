/** What producers might do to a partitioner, and what ours answers. Draws are given, so that chance is the same in Java. */

import { BuiltInPartitioner, choosePartitioner, type PartitionableTopic } from '@gregor/client'

import type { Seeded } from './seeded.ts'

type Step =
  | { readonly byteCount: number; readonly mayLeave: boolean }
  | { readonly partitions: readonly number[]; readonly queueSizes: readonly number[] }

export interface PartitionerTold {
  readonly story: object
  /** Where a record would go, at first and after each step. */
  readonly answers: readonly number[]
}

const record = { key: null, value: null }

export function builtInStory(random: Seeded): PartitionerTold {
  const topic = topicOf(random)
  const batchSize = 1 + random.below(200)
  const steps = Array.from({ length: random.below(40) }, () => stepOf(random, topic))
  const draws = Array.from({ length: steps.length + 1 }, () => random.below(2 ** 31))
  const left = [...draws]
  const partitioner = new BuiltInPartitioner({ random: { below: (bound) => (left.shift() ?? 0) % bound }, batchSize })
  const answers = [partitioner.partition(topic, record)]
  for (const step of steps) {
    const partition = answers.at(-1) ?? -1
    if ('byteCount' in step) partitioner.appended(topic, { record, partition, ...step })
    else {
      const { partitions, queueSizes } = step
      partitioner.loadChanged(topic, {
        count: partitions.length,
        partitions: Int32Array.from(partitions),
        queueSizes: Int32Array.from(queueSizes),
      })
    }
    answers.push(partitioner.partition(topic, record))
  }
  const { partitionCount, availablePartitions: available } = topic
  return { story: { ask: 'builtIn', batchSize, draws, partitionCount, available, steps }, answers }
}

export function roundRobinStory(random: Seeded): PartitionerTold {
  const partitioner = choosePartitioner('round-robin', { random, batchSize: 1 })
  const topics = Array.from({ length: random.below(20) }, () => topicOf(random))
  return {
    story: {
      ask: 'roundRobin',
      steps: topics.map(({ partitionCount, availablePartitions: available }) => ({ partitionCount, available })),
    },
    answers: topics.map((topic) => partitioner.partition(topic, record)),
  }
}

function topicOf(random: Seeded): PartitionableTopic {
  const partitionCount = 1 + random.below(10)
  const availablePartitions = random.some([...Array(partitionCount).keys()], random.one([0, 0.7, 1]))
  return { name: 't', partitionCount, availablePartitions }
}

function stepOf(random: Seeded, { partitionCount }: PartitionableTopic): Step {
  if (random.chance(0.7)) return { byteCount: random.below(120), mayLeave: random.chance(0.5) }
  const partitions = random.some([...Array(partitionCount).keys()], random.one([0.7, 1]))
  const longest = 1 + random.below(6)
  return { partitions, queueSizes: partitions.map(() => random.below(longest)) }
}
