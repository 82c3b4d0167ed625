import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ZERO_UUID } from '@gregor/base'
import { DeleteTopics, Metadata, errorCode } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

describe('DeleteTopics', () => {
  it('deletes by name and by id, and says which are not there', async () => {
    await using fixture = await BrokerFixture.start()
    await fixture.createTopic('named')
    const topicId = await fixture.createTopic('identified')
    await fixture.produce(topicId, 0, ['a'])
    const { responses } = await fixture.call(DeleteTopics, {
      topics: [
        { name: 'named', topicId: ZERO_UUID },
        { name: null, topicId },
        { name: 'nobody', topicId: ZERO_UUID },
      ],
      timeoutMs: 1000,
    })
    const codes = new Map(responses.map(({ name, errorCode: code }) => [name, code]))
    assert.deepEqual(
      codes,
      new Map([
        ['named', 0],
        ['identified', 0],
        ['nobody', errorCode('UNKNOWN_TOPIC_OR_PARTITION')],
      ]),
    )
    const { topics } = await fixture.call(Metadata, { topics: null })
    assert.deepEqual(topics, [])
  })

  it('refuses where delete.topic.enable is off', async () => {
    await using fixture = await BrokerFixture.start({ properties: { 'delete.topic.enable': 'false' } })
    await fixture.createTopic('t')
    const { responses } = await fixture.call(DeleteTopics, {
      topics: [{ name: 't', topicId: ZERO_UUID }],
      timeoutMs: 1000,
    })
    assert.equal(responses[0]?.errorCode, errorCode('TOPIC_DELETION_DISABLED'))
  })
})
