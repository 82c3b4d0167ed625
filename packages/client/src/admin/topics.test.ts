import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ZERO_UUID } from '@gregor/base'
import { CreatePartitions, CreateTopics, DeleteTopics, Metadata } from '@gregor/protocol'
import { ConnectionError } from '../errors.ts'
import { ScriptedCluster, adminOf } from './admin-fixture.ts'

const topicId = 'wHz6-Xv5QyKYi4YFrnHFVw'
const quotaExceeded = 89
const notController = 41
const alreadyExists = 36

function created(name: string, errorCode = 0, errorMessage: string | null = null) {
  return { name, topicId, errorCode, errorMessage, numPartitions: 3, replicationFactor: 1, configs: [] }
}

describe('createTopics', () => {
  it('asks the controller, and leaves to it what is not given', async () => {
    const cluster = new ScriptedCluster().on(CreateTopics, ({ topics }) => ({
      topics: topics.map(({ name }) => ({
        ...created(name),
        configs: [{ name: 'cleanup.policy', value: 'compact', readOnly: false, configSource: 1, isSensitive: false }],
      })),
    }))
    const { admin, run } = adminOf(cluster)
    const results = await run(
      admin.createTopics(
        [
          { name: 'a', configs: { 'cleanup.policy': 'compact' } },
          { name: 'b', assignments: [[1, 2], [2]] },
        ],
        { validateOnly: true },
      ),
    )
    assert.deepEqual(cluster.asked(CreateTopics), [
      {
        node: 'controller',
        version: 7,
        request: {
          topics: [
            {
              name: 'a',
              numPartitions: -1,
              replicationFactor: -1,
              assignments: [],
              configs: [{ name: 'cleanup.policy', value: 'compact' }],
            },
            {
              name: 'b',
              numPartitions: -1,
              replicationFactor: -1,
              assignments: [
                { partitionIndex: 0, brokerIds: [1, 2] },
                { partitionIndex: 1, brokerIds: [2] },
              ],
              configs: [],
            },
          ],
          timeoutMs: 30_000,
          validateOnly: true,
        },
      },
    ])
    const topic = results.value('a')
    assert.deepEqual([topic.topicId, topic.numPartitions, topic.replicationFactor], [topicId, 3, 1])
    assert.deepEqual(
      topic.configs?.map(({ name, source, isDefault }) => [name, source, isDefault]),
      [['cleanup.policy', 'DYNAMIC_TOPIC_CONFIG', false]],
    )
  })

  it('gives each topic its own outcome, and tries again those that a quota held up', async () => {
    let count = 0
    const cluster = new ScriptedCluster().on(CreateTopics, ({ topics }) => {
      count++
      const codes: Record<string, number> = { a: 0, b: alreadyExists, c: count === 1 ? quotaExceeded : 0 }
      return { topics: topics.map(({ name }) => created(name, codes[name], codes[name] === 36 ? 'b is there' : null)) }
    })
    const { admin, run } = adminOf(cluster)
    const results = await run(admin.createTopics([{ name: 'a' }, { name: 'b' }, { name: 'c' }]))
    assert.equal(results.get('a')?.error, undefined)
    assert.equal(results.get('b')?.error?.message, 'b is there')
    assert.equal(results.get('c')?.error, undefined)
    assert.deepEqual(
      cluster.asked(CreateTopics).map(({ request }) => request.topics.map(({ name }) => name)),
      [['a', 'b', 'c'], ['c']],
    )
  })

  it('does not try again where the quota shall be an error', async () => {
    const cluster = new ScriptedCluster().on(CreateTopics, () => ({ topics: [created('a', quotaExceeded)] }))
    const { admin, run } = adminOf(cluster)
    const results = await run(admin.createTopics([{ name: 'a' }], { retryOnQuotaViolation: false }))
    assert.throws(() => results.value('a'), { code: 'THROTTLING_QUOTA_EXCEEDED' })
    assert.equal(cluster.asked(CreateTopics).length, 1)
  })

  it('tries again when the controller moves, and when a connection breaks', async () => {
    let count = 0
    const cluster = new ScriptedCluster().on(CreateTopics, () => {
      count++
      if (count === 1) throw new ConnectionError('broken')
      return { topics: [created('a', count === 2 ? notController : 0)] }
    })
    const { admin, run } = adminOf(cluster)
    const results = await run(admin.createTopics([{ name: 'a' }]))
    assert.equal(results.get('a')?.error, undefined)
    assert.equal(count, 3)
  })

  it('does not send to a node without defaults what needs them', async () => {
    const cluster = new ScriptedCluster().speaks(CreateTopics, 3).on(CreateTopics, ({ topics }) => ({
      topics: topics.map(({ name }) => ({ name, errorCode: 0, errorMessage: null })),
    }))
    const { admin, run } = adminOf(cluster)
    const refused = await run(admin.createTopics([{ name: 'a', numPartitions: 1 }]))
    assert.throws(() => refused.value('a'), { name: 'UnsupportedVersionError' })
    assert.equal(cluster.asked(CreateTopics).length, 0)
    const taken = await run(admin.createTopics([{ name: 'a', numPartitions: 1, replicationFactor: 1 }]))
    assert.deepEqual(taken.value('a'), {
      topicId: undefined,
      numPartitions: undefined,
      replicationFactor: undefined,
      configs: undefined,
    })
  })
})

describe('deleteTopics', () => {
  it('deletes by name and by id', async () => {
    const cluster = new ScriptedCluster().on(DeleteTopics, ({ topics }) => ({
      responses: topics.map((topic) => ({ ...topic, errorCode: topic.name === 'b' ? 3 : 0 })),
    }))
    const { admin, run } = adminOf(cluster)
    const byName = await run(admin.deleteTopics(['a', 'b']))
    assert.equal(byName.get('a')?.error, undefined)
    assert.throws(() => byName.value('b'), { code: 'UNKNOWN_TOPIC_OR_PARTITION' })
    const byId = await run(admin.deleteTopics({ ids: [topicId] }))
    assert.equal(byId.get(topicId)?.error, undefined)
    assert.deepEqual(
      cluster.asked(DeleteTopics).map(({ request }) => request.topics),
      [
        [
          { name: 'a', topicId: ZERO_UUID },
          { name: 'b', topicId: ZERO_UUID },
        ],
        [{ name: null, topicId }],
      ],
    )
  })

  it('names topics to older nodes in their way, and refuses ids', async () => {
    const cluster = new ScriptedCluster().speaks(DeleteTopics, 3).on(DeleteTopics, ({ topicNames }) => ({
      responses: topicNames.map((name) => ({ name, errorCode: 0 })),
    }))
    const { admin, run } = adminOf(cluster)
    const byName = await run(admin.deleteTopics(['a']))
    assert.equal(byName.get('a')?.error, undefined)
    const byId = await run(admin.deleteTopics({ ids: [topicId] }))
    assert.throws(() => byId.value(topicId), { name: 'UnsupportedVersionError' })
  })
})

describe('listTopics', () => {
  it('leaves out internal ones unless they are wanted', async () => {
    const topic = { errorCode: 0, partitions: [], topicId }
    const cluster = new ScriptedCluster().on(Metadata, () => ({
      brokers: [],
      topics: [
        { ...topic, name: 'a', isInternal: false },
        { ...topic, name: '__consumer_offsets', isInternal: true },
      ],
    }))
    const { admin, run } = adminOf(cluster)
    assert.deepEqual(await run(admin.listTopics()), [{ name: 'a', topicId, isInternal: false }])
    const all = await run(admin.listTopics({ listInternal: true }))
    assert.deepEqual(
      all.map(({ name }) => name),
      ['a', '__consumer_offsets'],
    )
    assert.equal(cluster.asked(Metadata)[0]?.request.topics, null)
  })
})

describe('createPartitions', () => {
  it('says how many there shall be, and where', async () => {
    const cluster = new ScriptedCluster().on(CreatePartitions, ({ topics }) => ({
      results: topics.map(({ name }) => ({ name, errorCode: name === 'b' ? 37 : 0, errorMessage: 'too few' })),
    }))
    const { admin, run } = adminOf(cluster)
    const results = await run(
      admin.createPartitions([
        { topic: 'a', totalCount: 3, assignments: [[2], [3]] },
        { topic: 'b', totalCount: 1 },
      ]),
    )
    assert.equal(results.get('a')?.error, undefined)
    assert.equal(results.get('b')?.error?.message, 'too few')
    assert.deepEqual(cluster.asked(CreatePartitions)[0]?.request.topics, [
      { name: 'a', count: 3, assignments: [{ brokerIds: [2] }, { brokerIds: [3] }] },
      { name: 'b', count: 1, assignments: null },
    ])
  })
})
