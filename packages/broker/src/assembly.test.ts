import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConfigError } from '@gregor/config'
import { BrokerFixture } from './broker-fixture.ts'

describe('what a node begins with', () => {
  it('refuses logs whose metadata log is gone, and has them again when it is back', async () => {
    const first = await BrokerFixture.start()
    const topicId = await first.createTopic('t')
    await first.produce(topicId, 0, ['a', 'b'])
    await first[Symbol.asyncDispose]()
    const { environment } = first
    environment.disk.rename('/gregor/__cluster_metadata-0', '/elsewhere')
    const refusal = await BrokerFixture.start({ environment }).catch((error: unknown) => error)
    assert.ok(refusal instanceof ConfigError)
    assert.match(refusal.message, /\/gregor has no __cluster_metadata-0, but \/gregor holds logs of partitions \(t-0\)/)
    assert.deepEqual(
      environment.disk.list('/gregor').filter((name) => name.startsWith('t-')),
      ['t-0'],
    )
    environment.disk.rename('/elsewhere', '/gregor/__cluster_metadata-0')
    await using second = await BrokerFixture.start({ environment })
    assert.equal(await second.produce(topicId, 0, ['c']), 2)
  })
})
