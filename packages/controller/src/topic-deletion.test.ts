import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { ZERO_UUID } from '@gregor/base'
import { configOf } from '@gregor/metadata'
import { DeleteTopics, errorName } from '@gregor/protocol'
import { allAllowed, allowing, Cluster, idOf } from './cluster-fixture.ts'
import type { RequestContext } from './controller-options.ts'

let cluster: Cluster
let one: string
let two: string

beforeEach(() => {
  cluster = Cluster.withBrokers([1])
  one = cluster.addTopic('one', [[1], [1]], { 'retention.ms': '5' })
  two = cluster.addTopic('two', [[1]])
})

function remove(topics: readonly { name?: string | null; topicId?: string }[], context: RequestContext = allAllowed) {
  const wanted = topics.map(({ name = null, topicId = ZERO_UUID }) => ({ name, topicId }))
  return cluster.request(DeleteTopics, { topics: wanted, timeoutMs: 1_000 }, { context }).responses
}

function outcome(responses: ReturnType<typeof remove>): unknown[] {
  return responses.map(({ name, topicId, errorCode, errorMessage }) => [
    name,
    topicId,
    errorName(errorCode),
    errorMessage,
  ])
}

describe('DeleteTopics', () => {
  it('by name takes partitions and configs along', () => {
    assert.deepEqual(outcome(remove([{ name: 'one' }])), [['one', one, 'NONE', null]])
    assert.deepEqual(cluster.records, [{ type: 'RemoveTopicRecord', version: 0, topicId: one }])
    assert.deepEqual([...cluster.image.topics.byName.keys()], ['two'])
    assert.equal(configOf(cluster.image, { type: 2, name: 'one' }).size, 0)
    cluster.checkReplay()
  })

  it('by id answers with the name', () => {
    assert.deepEqual(outcome(remove([{ topicId: two }])), [['two', two, 'NONE', null]])
  })

  it('takes names in the way of old versions', () => {
    const { responses } = cluster.request(
      DeleteTopics,
      { topicNames: ['one', 'none'], timeoutMs: 1_000 },
      { version: 5 },
    )
    assert.deepEqual(
      responses.map(({ name, errorCode }) => [name, errorName(errorCode)]),
      [
        ['one', 'NONE'],
        ['none', 'UNKNOWN_TOPIC_OR_PARTITION'],
      ],
    )
  })

  it('frees the name for another topic', () => {
    remove([{ name: 'one' }])
    assert.notEqual(cluster.addTopic('one', [[1]]), one)
  })

  it('answers each mistake', () => {
    assert.deepEqual(
      outcome(
        remove([
          {},
          { name: 'one', topicId: one },
          { name: 'none' },
          { topicId: idOf(99) },
          { name: 'x' },
          { name: 'x' },
          { topicId: two },
          { topicId: two },
        ]),
      ),
      [
        [null, ZERO_UUID, 'INVALID_REQUEST', 'Neither topic name nor id were specified.'],
        ['one', one, 'INVALID_REQUEST', 'You may not specify both topic name and topic id.'],
        ['none', ZERO_UUID, 'UNKNOWN_TOPIC_OR_PARTITION', 'This node has no such topic or partition.'],
        [null, idOf(99), 'UNKNOWN_TOPIC_ID', 'This node knows no topic of this id.'],
        ['x', ZERO_UUID, 'INVALID_REQUEST', 'Duplicate topic name.'],
        [null, two, 'INVALID_REQUEST', 'Duplicate topic id.'],
      ],
    )
    assert.deepEqual(cluster.records, [])
  })

  it('refuses a topic that is named and given by id as well', () => {
    assert.deepEqual(outcome(remove([{ topicId: one }, { name: 'one' }])), [
      ['one', one, 'INVALID_REQUEST', 'The provided topic name maps to an ID that was already supplied.'],
    ])
    assert.deepEqual(cluster.records, [])
  })

  it('is refused as a whole where topics may not be deleted', () => {
    cluster = Cluster.withBrokers([1], { properties: { 'delete.topic.enable': 'false' } })
    cluster.addTopic('one', [[1]])
    assert.deepEqual(outcome(remove([{ name: 'one' }])), [['one', ZERO_UUID, 'TOPIC_DELETION_DISABLED', null]])
    const { responses } = cluster.request(DeleteTopics, { topicNames: ['one'], timeoutMs: 1 }, { version: 2 })
    assert.deepEqual(
      responses.map(({ errorCode }) => errorName(errorCode)),
      ['INVALID_REQUEST'],
    )
  })

  it('counts partitions against the quota on mutations', () => {
    const context = { ...allAllowed, chargeMutations: (count: number) => count < 2 }
    assert.deepEqual(outcome(remove([{ name: 'one' }, { name: 'two' }], context)), [
      ['one', one, 'THROTTLING_QUOTA_EXCEEDED', 'The quota of the client is used up.'],
      ['two', two, 'NONE', null],
    ])
  })
})

describe('Whoever may not delete a topic', () => {
  it('but may see it, is told its name', () => {
    const context = allowing('Describe topic:one')
    assert.deepEqual(outcome(remove([{ name: 'one' }], context)), [
      ['one', ZERO_UUID, 'TOPIC_AUTHORIZATION_FAILED', 'The principal may not do this with the topic.'],
    ])
    assert.deepEqual(outcome(remove([{ topicId: one }], context)), [
      ['one', one, 'TOPIC_AUTHORIZATION_FAILED', 'The principal may not do this with the topic.'],
    ])
  })

  it('nor see it, is not told whether it is there', () => {
    const context = allowing()
    assert.deepEqual(outcome(remove([{ name: 'one' }, { name: 'none' }, { topicId: two }], context)), [
      ['one', ZERO_UUID, 'TOPIC_AUTHORIZATION_FAILED', 'The principal may not do this with the topic.'],
      ['none', ZERO_UUID, 'TOPIC_AUTHORIZATION_FAILED', 'The principal may not do this with the topic.'],
      [null, two, 'TOPIC_AUTHORIZATION_FAILED', 'The principal may not do this with the topic.'],
    ])
  })

  it('deletes what is allowed', () => {
    const context = allowing('Describe topic:one', 'Delete topic:one')
    assert.deepEqual(outcome(remove([{ name: 'one' }], context)), [['one', one, 'NONE', null]])
  })
})
