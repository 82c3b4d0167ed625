import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Metadata } from '@gregor/protocol'
import { BrokerFixture } from './broker-fixture.ts'

describe('a broker', () => {
  it('finds its topics and their records again after a stop', async () => {
    const first = await BrokerFixture.start()
    const id = await first.createTopic('orders', { partitions: 2 })
    assert.equal(await first.produce(id, 1, ['a', 'b']), 0)
    await first[Symbol.asyncDispose]()

    await using second = await BrokerFixture.start({ environment: first.environment })
    const { topics } = await second.call(Metadata, { topics: null })
    assert.deepEqual(
      topics.map(({ name, topicId, partitions }) => [name, topicId, partitions.length]),
      [['orders', id, 2]],
    )
    assert.equal(await second.produce(id, 1, ['c']), 2)
  })
})
