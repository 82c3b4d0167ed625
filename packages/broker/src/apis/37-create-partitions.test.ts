import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CreatePartitions, errorCode } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

async function raise(fixture: BrokerFixture, name: string, count: number): Promise<number | undefined> {
  const topics = [{ name, count, assignments: null }]
  const { results } = await fixture.call(CreatePartitions, { topics, timeoutMs: 1000, validateOnly: false })
  return results[0]?.errorCode
}

describe('CreatePartitions', () => {
  it('adds partitions that can be written to', async () => {
    await using fixture = await BrokerFixture.start()
    const topicId = await fixture.createTopic('t')
    assert.equal(await raise(fixture, 't', 3), 0)
    assert.equal(await fixture.produce(topicId, 2, ['a']), 0)
  })

  it('refuses a count that is no more than before, and a topic that is not there', async () => {
    await using fixture = await BrokerFixture.start()
    await fixture.createTopic('t', { partitions: 2 })
    assert.equal(await raise(fixture, 't', 2), errorCode('INVALID_PARTITIONS'))
    assert.equal(await raise(fixture, 't', 1), errorCode('INVALID_PARTITIONS'))
    assert.equal(await raise(fixture, 'nobody', 2), errorCode('UNKNOWN_TOPIC_OR_PARTITION'))
  })
})
