import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { emptyImage, MetadataDelta, UNASSIGNED_DIRECTORY, type MetadataChange } from '@gregor/metadata'
import { errorCode, type ProtocolError } from '@gregor/protocol'
import { simulatedEnvironment, type SimulatedEnvironment } from '@gregor/testkit/simulation'
import { DirectoryAssignments, type DirectoryAssignmentsOptions } from './directory-assignments.ts'

const topicId = 'bP8fQtJrQZ6Yh1k2m3n4oA'
const here = 'sSsc6dzlQZGdUbFON1KhLg'

interface Asked {
  readonly directories: readonly {
    readonly id: string
    readonly topics: readonly {
      readonly topicId: string
      readonly partitions: readonly { readonly partitionIndex: number }[]
    }[]
  }[]
}

/** Partitions of one topic, all of them in the directory `here`, and assigned to this one. */
function created(directories: readonly string[]): MetadataChange {
  const delta = new MetadataDelta(emptyImage)
  delta.replay({ type: 'TopicRecord', name: 'orders', topicId })
  for (const [partitionId, directory] of directories.entries()) {
    delta.replay({
      type: 'PartitionRecord',
      topicId,
      partitionId,
      replicas: [1],
      isr: [1],
      removingReplicas: [],
      addingReplicas: [],
      leader: 1,
      leaderRecoveryState: 0,
      leaderEpoch: 0,
      partitionEpoch: 0,
      directories: [directory],
      eligibleLeaderReplicas: null,
      lastKnownElr: null,
    })
  }
  return { delta, image: emptyImage, isSnapshot: false }
}

class Fixture {
  readonly environment: SimulatedEnvironment = simulatedEnvironment(1)
  readonly asked: number[][] = []
  /** Of the next requests: what is answered, as a whole and for each partition; NONE when used up. */
  readonly answers: (
    | Error
    | { readonly error?: ProtocolError; readonly partitionErrors?: readonly ProtocolError[] }
  )[] = []
  readonly assignments: DirectoryAssignments

  constructor() {
    const { clock, logger } = this.environment
    this.assignments = new DirectoryAssignments({
      logDirectories: { directoryOf: () => ({ directoryId: here }) as never, getFuture: () => undefined },
      calls: {
        call: ((_api: unknown, request: Asked) => this.#answer(request)) as never,
      } as DirectoryAssignmentsOptions['calls'],
      nodeId: 1,
      brokerEpoch: () => 7,
      clock,
      logger,
      timeoutMs: () => 1_000,
    })
  }

  async #answer({ directories }: Asked): Promise<unknown> {
    assert.deepEqual(
      directories.map(({ id, topics }) => [id, topics.map((topic) => topic.topicId)]),
      [[here, [topicId]]],
    )
    const indexes = directories[0]?.topics[0]?.partitions.map(({ partitionIndex }) => partitionIndex) ?? []
    this.asked.push(indexes)
    const answer = this.answers.shift() ?? {}
    if (answer instanceof Error) throw answer
    const { error = 'NONE', partitionErrors = [] } = answer
    const partitions = indexes.map((partitionIndex, index) => ({
      partitionIndex,
      errorCode: errorCode(partitionErrors[index] ?? 'NONE'),
    }))
    return { errorCode: errorCode(error), directories: [{ id: here, topics: [{ topicId, partitions }] }] }
  }
}

describe('DirectoryAssignments', () => {
  it('tells where replicas lie that are assigned elsewhere, and nothing of the others', async () => {
    const { assignments, asked, environment } = new Fixture()
    assignments.publish(created([UNASSIGNED_DIRECTORY, here, 'tHsc6dzlQZGdUbFON1KhLg']))
    await environment.time.advance(10_000)
    assert.deepEqual(asked, [[0, 2]])
    assignments.publish(created([here]))
    await environment.time.advance(10_000)
    assert.equal(asked.length, 1)
  })

  it('tells again, later, what the controller did not take', async () => {
    const { assignments, asked, answers, environment } = new Fixture()
    answers.push(new Error('no controller'), { error: 'STALE_BROKER_EPOCH' })
    answers.push({ partitionErrors: ['NONE', 'UNKNOWN_SERVER_ERROR', 'UNKNOWN_TOPIC_OR_PARTITION'] })
    assignments.publish(created([UNASSIGNED_DIRECTORY, UNASSIGNED_DIRECTORY, UNASSIGNED_DIRECTORY]))
    await environment.time.advance(10_000)
    assert.deepEqual(asked, [[0, 1, 2], [0, 1, 2], [0, 1, 2], [1]])
    assert.equal(environment.logger.lines('warn').length, 2)
  })

  it('gives up where metadata have no place for it, and when it is closed', async () => {
    const { assignments, asked, answers, environment } = new Fixture()
    answers.push({ error: 'UNSUPPORTED_VERSION' }, new Error('no controller'))
    assignments.publish(created([UNASSIGNED_DIRECTORY]))
    await environment.time.advance(10_000)
    assert.deepEqual(asked, [[0]])
    assignments.publish(created([UNASSIGNED_DIRECTORY]))
    await environment.time.advance(10)
    assignments.close()
    await environment.time.advance(10_000)
    assert.deepEqual(asked, [[0], [0]])
  })
})
