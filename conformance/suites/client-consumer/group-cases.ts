/** Groups of our consumers: offsets, static members, patterns, members that are slow. */

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

import { CommitFailedError } from '@gregor/client'

import { until } from '../groups/member.ts'
import { Member, createTopic, pollUntil, produce, read, readValues } from './reading.ts'
import type { ConsumerCase, Given } from './suite.ts'

const protocols = ['classic', 'consumer'] as const
const msMax = 30_000

export const groupCases: readonly ConsumerCase[] = [
  ...protocols.flatMap((protocol): ConsumerCase[] => [
    {
      name: `begins where the Java client has committed, and the Java client where ours has (${protocol})`,
      body: (given) => sharesOffsets(given, protocol),
    },
    {
      name: `comes back as a static member to what it had, and nobody else notices (${protocol})`,
      body: (given) => comesBack(given, protocol),
    },
    {
      name: `follows a pattern as topics come (${protocol})`,
      body: (given) => followsPattern(given, protocol),
    },
    {
      name: `leaves when it is not polled, is told so by its commit, and comes again (${protocol})`,
      body: (given) => expires(given, protocol),
    },
  ]),
  { name: 'commits offsets with metadata, and reads them back', body: commitsMetadata },
  { name: 'reads partitions that are added while it is at it', body: growsPartitions },
]

async function sharesOffsets(given: Given, groupProtocol: 'classic' | 'consumer'): Promise<void> {
  const { java, kafka } = given
  const topic = `offsets-${groupProtocol}`
  await createTopic(given, topic)
  await produce(given, topic, 10)
  const operation = groupProtocol === 'classic' ? 'group' : 'consumerGroup'
  await java.call(operation, { topic, group: topic, count: 4 })
  const javaCommitted = await java.call('committed', { group: topic, topic, partition: 0 })
  // It commits all that its poll brought.
  await produce(given, topic, 10)
  const consumer = kafka.consumer({ groupId: topic, groupProtocol, autoOffsetReset: 'earliest', maxPollRecords: 1 })
  consumer.subscribe(topic)
  assert.equal((await read(consumer, 1))[0]?.offset, javaCommitted)
  await consumer.close()
  assert.equal(await java.call('committed', { group: topic, topic, partition: 0 }), javaCommitted + 1)
  const [next] = await java.call(operation, { topic, group: topic, count: 1 })
  assert.equal(next?.offset, javaCommitted + 1)
}

async function comesBack(given: Given, groupProtocol: 'classic' | 'consumer'): Promise<string> {
  const topic = `static-${groupProtocol}`
  await createTopic(given, topic, 4)
  const options = {
    groupId: topic,
    groupProtocol,
    ...(groupProtocol === 'classic' ? { heartbeatIntervalMs: 500 } : {}),
  }
  const other = new Member(given, topic, { ...options, groupInstanceId: 'other' })
  let fixed = new Member(given, topic, { ...options, groupInstanceId: 'fixed' })
  const shared = (): boolean => fixed.owned.length === 2 && other.owned.length === 2
  const present = (): unknown => [fixed.owned, other.owned]
  await until('both have two', shared, { msMax, present })
  const owned = fixed.owned
  const told = other.told.length
  await fixed.close()
  fixed = new Member(given, topic, { ...options, groupInstanceId: 'fixed' })
  await until('it has what it had', () => fixed.owned.length === 2, { msMax, present })
  assert.deepEqual(fixed.owned, owned)
  assert.equal(other.told.length, told, `the other was told ${other.told.join(', ')}`)
  await fixed.close({ leave: true })
  await until('the other has all', () => other.owned.length === 4, { msMax, present })
  await other.close({ leave: true })
  return `partitions ${owned.join(', ')}`
}

async function followsPattern(given: Given, groupProtocol: 'classic' | 'consumer'): Promise<void> {
  const name = `pattern-${groupProtocol}`
  await createTopic(given, `${name}-1`)
  const topics = groupProtocol === 'classic' ? new RegExp(`^${name}-\\d$`) : { pattern: `${name}-[0-9]` }
  const fast = { metadataMaxAgeMs: 500 }
  const { kafka } = given
  await using consumer = kafka.consumer({ groupId: name, groupProtocol, autoOffsetReset: 'earliest', ...fast })
  consumer.subscribe(topics)
  await produce(given, `${name}-1`, 2)
  await readValues(consumer, 2)
  await createTopic(given, `${name}-2`)
  await createTopic(given, `${name}-other`)
  await produce(given, `${name}-2`, 2)
  if (groupProtocol === 'classic') await consumer.listTopics()
  assert.deepEqual(await readValues(consumer, 2), ['0', '1'])
  assert.deepEqual(consumer.assignment.map(({ topic }) => topic).toSorted(), [`${name}-1`, `${name}-2`])
}

async function expires(given: Given, groupProtocol: 'classic' | 'consumer'): Promise<void> {
  const topic = `slow-${groupProtocol}`
  await createTopic(given, topic)
  await produce(given, topic, 3)
  const options = {
    groupId: topic,
    groupProtocol,
    autoOffsetReset: 'earliest',
    enableAutoCommit: false,
    maxPollRecords: 1,
  }
  await using consumer = given.kafka.consumer({ ...options, maxPollIntervalMs: 1_000 })
  const told: string[] = []
  consumer.subscribe(topic, { assigned: () => void told.push('assigned'), lost: () => void told.push('lost') })
  assert.deepEqual(await readValues(consumer, 1), ['0'])
  const other = new Member(given, topic, { groupId: topic, groupProtocol })
  await until('the other has it', () => other.owned.length === 1, { msMax, present: () => other.told })
  await assert.rejects(consumer.commit(), CommitFailedError)
  await other.close()
  await pollUntil(consumer, () => told.length === 3)
  assert.deepEqual(told, ['assigned', 'lost', 'assigned'])
}

async function commitsMetadata(given: Given): Promise<void> {
  const topic = 'metadata'
  await createTopic(given, topic, 2)
  await using consumer = given.kafka.consumer({ groupId: topic })
  const [first, second] = [0, 1].map((partition) => ({ topic, partition }))
  assert.ok(first !== undefined && second !== undefined)
  await consumer.commit([{ ...first, offset: 17, leaderEpoch: 0, metadata: 'half-way' }])
  assert.deepEqual(await consumer.committed([first, second]), [
    { ...first, offset: 17, leaderEpoch: 0, metadata: 'half-way' },
    undefined,
  ])
}

async function growsPartitions(given: Given): Promise<void> {
  const topic = 'growing'
  await createTopic(given, topic)
  await produce(given, topic, 2)
  await using consumer = given.kafka.consumer({ groupId: topic, autoOffsetReset: 'earliest', heartbeatIntervalMs: 300 })
  consumer.subscribe(topic)
  await readValues(consumer, 2)
  await given.java.call('grow', { topic, partitions: 3 })
  await sleep(200)
  await consumer.listTopics()
  await using producer = given.kafka.producer()
  await producer.send(topic, { value: 'new', partition: 2 })
  assert.deepEqual(await readValues(consumer, 1), ['new'])
}
