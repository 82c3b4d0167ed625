import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ZERO_UUID } from '@gregor/base'
import { errorCode, Metadata } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

describe('Metadata', () => {
  it('tells brokers, the cluster, and who leads', async () => {
    await using fixture = await BrokerFixture.start()
    const topicId = await fixture.createTopic('t', { partitions: 2 })
    const answer = await fixture.call(Metadata, { topics: null })
    assert.deepEqual(
      answer.brokers.map(({ nodeId, host }) => [nodeId, host]),
      [[1, '127.0.0.1']],
    )
    assert.equal(answer.clusterId, fixture.broker.services.clusterId)
    assert.equal(answer.controllerId, 1)
    const [topic] = answer.topics
    assert.deepEqual([topic?.name, topic?.topicId, topic?.errorCode], ['t', topicId, 0])
    assert.deepEqual(
      topic?.partitions.map(({ partitionIndex, leaderId, isrNodes }) => [partitionIndex, leaderId, isrNodes]),
      [
        [0, 1, [1]],
        [1, 1, [1]],
      ],
    )
  })

  it('finds a topic by its id, and says which id is none', async () => {
    await using fixture = await BrokerFixture.start()
    const topicId = await fixture.createTopic('t')
    const { topics } = await fixture.call(Metadata, {
      topics: [
        { topicId, name: null },
        { topicId: 'AAAAAAAAAAAAAAAAAAAFAA', name: null },
      ],
    })
    assert.deepEqual(
      new Map(topics.map(({ topicId: id, errorCode: code }) => [id, code])),
      new Map([
        [topicId, 0],
        ['AAAAAAAAAAAAAAAAAAAFAA', errorCode('UNKNOWN_TOPIC_ID')],
      ]),
    )
  })

  it('makes a topic where that is allowed, and only there', async () => {
    await using fixture = await BrokerFixture.start()
    const topics = [{ topicId: ZERO_UUID, name: 'new' }]
    const refused = await fixture.call(Metadata, { topics, allowAutoTopicCreation: false })
    assert.equal(refused.topics[0]?.errorCode, errorCode('UNKNOWN_TOPIC_OR_PARTITION'))
    let code: number | undefined
    for (let i = 0; i < 50 && code !== 0; i++) {
      code = (await fixture.call(Metadata, { topics })).topics[0]?.errorCode
      await fixture.advance(10)
    }
    assert.equal(code, 0)
  })

  it('refuses names that are not legal, and makes nothing where creation is off', async () => {
    await using fixture = await BrokerFixture.start({ properties: { 'auto.create.topics.enable': 'false' } })
    const codeOf = async (name: string): Promise<number | undefined> =>
      (await fixture.call(Metadata, { topics: [{ topicId: ZERO_UUID, name }] })).topics[0]?.errorCode
    assert.equal(await codeOf('a/b'), errorCode('INVALID_TOPIC_EXCEPTION'))
    assert.equal(await codeOf('new'), errorCode('UNKNOWN_TOPIC_OR_PARTITION'))
    assert.equal(fixture.broker.services.metadata.image.topics.byName.size, 0)
  })
})
