/**
 * A whole node through several lives, each ended in order, by a kill or by a loss of power before any operation on its
 * disk, with `log.flush.interval.messages=1`: a client creates a topic, produces idempotently, and commits how far it
 * has come. What got no answer is asked again in the next life, as clients do.
 *
 * Holds: what was acknowledged is there, once, in order, with nothing between; a committed offset never goes back.
 */

import { InvariantViolation, assert } from '@gregor/base'
import { Broker } from '@gregor/broker'
import { BrokerConfig } from '@gregor/config'
import type { Random } from '@gregor/platform'
import {
  BatchBuilder,
  CreateTopics,
  Fetch,
  FindCoordinator,
  InitProducerId,
  Metadata,
  OffsetCommit,
  OffsetFetch,
  Produce,
  RecordCursor,
  batchSizeAt,
  errorName,
} from '@gregor/protocol'

import { between, chance, seededRandom } from '../simulation/seeded-random.ts'
import { SimulatedWorld, type SimulatedNode } from '../simulation/simulated-world.ts'
import { FrameClient } from '../frame-client.ts'
import type { Scenario } from './scenario.ts'

export const scenario: Scenario = {
  name: 'node-power-loss',
  async run(seed) {
    const random = seededRandom(seed)
    const node = new SimulatedWorld({ seed }).node('node')
    const story = newStory()
    for (let lives = between(random, 2, 4); lives > 0; lives--) await live(node, story, random)
    await withBroker(node, (client) => check(client, { node, story }))
  },
}

interface Story {
  topicId: string | undefined
  producerId: number
  nextSequence: number
  /** The values that were acknowledged, by offset. */
  readonly acknowledged: string[]
  /** Sent, and not answered: it may be there or not. */
  unanswered: { readonly values: readonly string[]; readonly sequence: number } | undefined
  committed: number
  unansweredCommit: number | undefined
}

const config = BrokerConfig.load({
  properties: new Map([
    ['log.dirs', '/data'],
    ['listeners', 'PLAINTEXT://127.0.0.1:0'],
    ['log.flush.interval.messages', '1'],
    ['offsets.topic.num.partitions', '1'],
    ['log.segment.bytes', '1048576'],
  ]),
})

function newStory(): Story {
  return {
    topicId: undefined,
    producerId: -1,
    nextSequence: 0,
    acknowledged: [],
    unanswered: undefined,
    committed: -1,
    unansweredCommit: undefined,
  }
}

async function live(node: SimulatedNode, story: Story, random: Random): Promise<void> {
  const isPowerCut = chance(random, 60)
  if (isPowerCut) node.disk.cutPowerBefore(node.disk.operationCount + between(random, 1, 500))
  const isCleanStop = !isPowerCut && chance(random, 50)
  try {
    await withBroker(
      node,
      async (client) => {
        await prepare(client, { node, story })
        await check(client, { node, story })
        for (let steps = between(random, 5, 40); steps > 0 && node.disk.hasPower; steps--) {
          if (chance(random, 75)) await produce(client, { node, story, random })
          else await commit(client, { node, story })
        }
      },
      { isCleanStop },
    )
  } catch (error) {
    if (node.disk.hasPower || error instanceof InvariantViolation) throw error
  }
  if (isPowerCut) {
    node.losePower()
    node.restart()
  } else {
    node.kill()
  }
}

async function withBroker(
  node: SimulatedNode,
  act: (client: FrameClient) => Promise<void>,
  { isCleanStop = false }: { readonly isCleanStop?: boolean } = {},
): Promise<void> {
  const broker = await answered(node, Broker.start({ environment: node.environment, config }))
  await act(new FrameClient(broker, 'client'))
  if (isCleanStop && node.disk.hasPower) await answered(node, broker.stop())
}

/** What a promise settles to, unless the power goes first: nobody answers then. */
async function answered<T>(node: SimulatedNode, promise: Promise<T>): Promise<T> {
  const settled: { outcome?: { readonly value: T } | { readonly error: unknown } } = {}
  promise.then(
    (value) => (settled.outcome = { value }),
    (error: unknown) => (settled.outcome = { error }),
  )
  await node.environment.time.runUntil(() => settled.outcome !== undefined || !node.disk.hasPower)
  const { outcome } = settled
  if (outcome === undefined) throw new Error('the power was lost')
  if ('error' in outcome) throw outcome.error
  return outcome.value
}

/** What a client is told once the power is gone says nothing. */
function expectAnswer(node: SimulatedNode, holds: boolean, message: string): void {
  if (!node.disk.hasPower) throw new Error('the power was lost')
  assert(holds, message)
}

interface Scene {
  readonly node: SimulatedNode
  readonly story: Story
}

async function prepare(client: FrameClient, { node, story }: Scene): Promise<void> {
  const topic = { name: 'events', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
  const created = await answered(node, client.call(CreateTopics, { topics: [topic], timeoutMs: 10_000 }))
  const error = errorName(created.topics[0]?.errorCode ?? -1)
  expectAnswer(node, error === 'NONE' || error === 'TOPIC_ALREADY_EXISTS', `the topic can be created: ${error}`)
  if (story.topicId !== undefined) assert(error !== 'NONE', 'a topic whose creation was acknowledged is there')
  const { topics } = await answered(node, client.call(Metadata, { topics: [{ name: 'events' }] }))
  expectAnswer(node, topics[0]?.errorCode === 0, `the topic is served: ${errorName(topics[0]?.errorCode ?? -1)}`)
  const isSame = story.topicId === undefined || story.topicId === topics[0]?.topicId
  assert(isSame, 'the topic is the one whose creation was acknowledged')
  story.topicId = topics[0]?.topicId
  if (story.producerId === -1) {
    const given = await answered(node, client.call(InitProducerId, { transactionalId: null, transactionTimeoutMs: 0 }))
    expectAnswer(node, given.errorCode === 0, `a producer id is given: ${errorName(given.errorCode)}`)
    story.producerId = given.producerId
  }
  const asked = { keyType: 0, coordinatorKeys: ['group'] }
  const found = await answered(node, client.call(FindCoordinator, asked))
  expectAnswer(node, found.coordinators[0]?.errorCode === 0, 'the group has a coordinator')
  // Its partition is loaded in the background.
  await node.environment.time.advance(50)
}

async function produce(
  client: FrameClient,
  { node, story, random }: Scene & { readonly random: Random },
): Promise<void> {
  story.unanswered ??= {
    values: Array.from({ length: between(random, 1, 4) }, () => 'x'.repeat(between(random, 0, 200)) + random.uint32()),
    sequence: story.nextSequence,
  }
  const { values, sequence } = story.unanswered
  const builder = new BatchBuilder({ producerId: story.producerId, producerEpoch: 0, baseSequence: sequence })
  for (const value of values) builder.append(null, Buffer.from(value), [], node.environment.clock.wallMs())
  const response = await answered(
    node,
    client.call(Produce, {
      transactionalId: null,
      acks: -1,
      timeoutMs: 10_000,
      topicData: [
        { name: 'events', topicId: topicIdOf(story), partitionData: [{ index: 0, records: builder.build() }] },
      ],
    }),
  )
  const partition = response.responses[0]?.partitionResponses[0]
  if (partition?.errorCode !== 0) {
    return expectAnswer(node, false, `what is produced is taken: ${errorName(partition?.errorCode ?? -1)}`)
  }
  assert(
    partition.baseOffset === story.acknowledged.length,
    `the batch is at offset ${story.acknowledged.length}, not at ${partition.baseOffset}`,
  )
  story.acknowledged.push(...values)
  story.nextSequence += values.length
  story.unanswered = undefined
}

async function commit(client: FrameClient, { node, story }: Scene): Promise<void> {
  const offset = story.acknowledged.length
  story.unansweredCommit = offset
  const partitions = [{ partitionIndex: 0, committedOffset: offset, committedMetadata: '' }]
  const response = await answered(
    node,
    client.call(OffsetCommit, { groupId: 'group', memberId: '', topics: [{ topicId: topicIdOf(story), partitions }] }),
  )
  const code = response.topics[0]?.partitions[0]?.errorCode ?? -1
  if (code !== 0) return expectAnswer(node, false, `an offset is committed: ${errorName(code)}`)
  story.committed = offset
  story.unansweredCommit = undefined
}

/** Reads everything as a client does. What was not answered may be there, whole or not at all. */
async function check(client: FrameClient, { node, story }: Scene): Promise<void> {
  if (story.topicId === undefined) return
  const values = await readAll(client, { node, story })
  const { acknowledged, unanswered } = story
  acknowledged.forEach((value, offset) => {
    assert(values[offset] === value, `offset ${offset} holds what was acknowledged there`)
  })
  const rest = values.slice(acknowledged.length)
  const isWhole = rest.length === 0 || rest.join() === unanswered?.values.join()
  assert(isWhole, `behind what was acknowledged stands what was sent, or nothing: ${rest.length} records`)
  if (story.committed === -1 && story.unansweredCommit === undefined) return
  const topics = [{ topicId: topicIdOf(story), partitionIndexes: [0] }]
  const fetched = await answered(node, client.call(OffsetFetch, { groups: [{ groupId: 'group', topics }] }))
  const committed = fetched.groups[0]?.topics[0]?.partitions[0]?.committedOffset
  const isKnown = committed === story.committed || committed === story.unansweredCommit
  expectAnswer(node, isKnown, `the group stands at ${story.committed}, not at ${committed}`)
  story.committed = committed ?? -1
}

async function readAll(client: FrameClient, { node, story }: Scene): Promise<string[]> {
  const values: string[] = []
  const cursor = new RecordCursor()
  for (;;) {
    const asked = { partition: 0, fetchOffset: values.length, partitionMaxBytes: 1 << 20 }
    const response = await answered(
      node,
      client.call(Fetch, {
        maxWaitMs: 0,
        minBytes: 0,
        maxBytes: 1 << 20,
        isolationLevel: 0,
        sessionEpoch: -1,
        topics: [{ topic: 'events', topicId: topicIdOf(story), partitions: [asked] }],
        forgottenTopicsData: [],
      }),
    )
    const partition = response.responses[0]?.partitions[0]
    const code = partition?.errorCode ?? -1
    expectAnswer(node, code === 0, `offset ${values.length} can be read: ${errorName(code)}`)
    const batches = partition?.records ?? Buffer.alloc(0)
    if (batches.length === 0) return values
    for (let at = 0; at < batches.length; at += batchSizeAt(batches, at)) {
      cursor.resetToBatch(batches, at, 1 << 20)
      while (cursor.next()) {
        if (cursor.offset < values.length) continue
        assert(cursor.offset === values.length, `offset ${values.length} comes next, not ${cursor.offset}`)
        values.push(String(cursor.value()))
      }
    }
  }
}

function topicIdOf({ topicId }: Story): string {
  assert(topicId !== undefined, 'the topic was created')
  return topicId
}
