import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DeleteTopics, Metadata } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

const names = async (fixture: BrokerFixture): Promise<(string | null)[]> =>
  (await fixture.call(Metadata, { topics: null })).topics.map(({ name }) => name)

async function remove(fixture: BrokerFixture, name: string): Promise<void> {
  await fixture.call(DeleteTopics, { topicNames: [name], timeoutMs: 1000 }, { version: 5 })
}

describe('the metadata that a broker follows', () => {
  it('is published whole at a start: what came and went before is nobody’s business', async () => {
    const first = await BrokerFixture.start()
    await first.createTopic('stays')
    for (let round = 0; round < 3; round++) {
      await first.createTopic('goes')
      await remove(first, 'goes')
    }
    await first[Symbol.asyncDispose]()
    const { disk, logger } = first.environment
    const before = disk.list('/gregor').filter((name) => name.startsWith('goes'))
    await using second = await BrokerFixture.start({ environment: first.environment })
    assert.deepEqual(await names(second), ['stays'])
    assert.deepEqual(
      disk.list('/gregor').filter((name) => name.startsWith('goes')),
      before,
    )
    assert.deepEqual(logger.lines('error'), [])
  })

  it('is seen by requests as soon as a change is answered', async () => {
    await using fixture = await BrokerFixture.start()
    for (let index = 0; index < 20; index++) {
      await fixture.createTopic(`t${index}`)
      assert.equal((await names(fixture)).length, index + 1)
    }
  })

  it('goes into a snapshot once enough has been written, and comes back out of it', async () => {
    const properties = { 'metadata.log.max.record.bytes.between.snapshots': '2000' }
    const first = await BrokerFixture.start({ properties })
    for (let index = 0; index < 40; index++) await first.createTopic(`t${index}`)
    await first.advance(1_000)
    const snapshots = first.environment.disk
      .list('/gregor/__cluster_metadata-0')
      .filter((name) => name.endsWith('.checkpoint') && !name.startsWith('bootstrap'))
    assert.ok(snapshots.length > 0)
    await first[Symbol.asyncDispose]()
    await using second = await BrokerFixture.start({ properties, environment: first.environment })
    assert.equal((await names(second)).length, 40)
    await second.createTopic('more')
    assert.equal((await names(second)).length, 41)
  })

  it('goes into a snapshot after a while, too, if anything was written', async () => {
    const properties = { 'metadata.log.max.snapshot.interval.ms': '60000' }
    await using fixture = await BrokerFixture.start({ properties })
    await fixture.createTopic('t')
    await fixture.advance(60_000)
    await fixture.createTopic('u')
    await fixture.advance(1_000)
    assert.ok(fixture.broker.quorum.log.latestSnapshot() !== undefined)
  })
})
