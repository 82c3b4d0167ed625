import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CreateTopics, Metadata, errorCode } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

describe('CreateTopics', () => {
  it('answers once the topic is committed, and can be written to', async () => {
    await using fixture = await BrokerFixture.start()
    const topic = { name: 't', numPartitions: 3, replicationFactor: 1, assignments: [], configs: [] }
    const { topics } = await fixture.call(CreateTopics, { topics: [topic], timeoutMs: 1000 })
    assert.deepEqual(
      topics.map(({ name, errorCode: code, numPartitions }) => [name, code, numPartitions]),
      [['t', 0, 3]],
    )
    assert.equal(await fixture.produce(topics[0]?.topicId ?? '', 2, ['a']), 0)
  })

  it('refuses a name twice, one that exists, one that is not legal, and an unknown config; makes nothing', async () => {
    await using fixture = await BrokerFixture.start()
    await fixture.createTopic('there')
    const shape = { numPartitions: 1, replicationFactor: 1, assignments: [] }
    const { topics } = await fixture.call(CreateTopics, {
      topics: [
        { ...shape, name: 'there', configs: [] },
        { ...shape, name: 'a/b', configs: [] },
        { ...shape, name: 'odd', configs: [{ name: 'retention', value: '1' }] },
        { ...shape, name: 'many', replicationFactor: 2, configs: [] },
      ],
      timeoutMs: 1000,
    })
    assert.deepEqual(
      new Map(topics.map(({ name, errorCode: code }) => [name, code])),
      new Map([
        ['there', errorCode('TOPIC_ALREADY_EXISTS')],
        ['a/b', errorCode('INVALID_TOPIC_EXCEPTION')],
        ['odd', errorCode('INVALID_CONFIG')],
        ['many', errorCode('INVALID_REPLICATION_FACTOR')],
      ]),
    )
    const { topics: all } = await fixture.call(Metadata, { topics: null })
    assert.deepEqual(
      all.map(({ name }) => name),
      ['there'],
    )
  })
})
