import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AlterReplicaLogDirs, DescribeLogDirs, errorCode } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

async function move(fixture: BrokerFixture, name: string, path: string): Promise<number | undefined> {
  const { results } = await fixture.call(AlterReplicaLogDirs, {
    dirs: [{ path, topics: [{ name, partitions: [0] }] }],
  })
  return results[0]?.partitions[0]?.errorCode
}

/** Where t-0 lies now. */
async function directoryOf(fixture: BrokerFixture): Promise<string | undefined> {
  const { results } = await fixture.call(DescribeLogDirs, { topics: null })
  return results.find(({ topics }) =>
    topics.some(({ name, partitions }) => name === 't' && partitions.some(({ isFutureKey }) => !isFutureKey)),
  )?.logDir
}

describe('AlterReplicaLogDirs', () => {
  it('moves a log with what is in it, and it is written to there', async () => {
    await using fixture = await BrokerFixture.start({ properties: { 'log.dirs': '/one,/two' } })
    const topicId = await fixture.createTopic('t')
    await fixture.produce(topicId, 0, ['a', 'b'])
    const from = await directoryOf(fixture)
    const to = from === '/one' ? '/two' : '/one'
    assert.equal(await move(fixture, 't', to), 0)
    for (let i = 0; i < 100 && (await directoryOf(fixture)) !== to; i++) await fixture.advance(100)
    assert.equal(await directoryOf(fixture), to)
    assert.equal(await fixture.produce(topicId, 0, ['c']), 2)
  })

  it('refuses directories that are none, and partitions that are not here', async () => {
    await using fixture = await BrokerFixture.start({ properties: { 'log.dirs': '/one,/two' } })
    await fixture.createTopic('t')
    assert.equal(await move(fixture, 't', '/three'), errorCode('LOG_DIR_NOT_FOUND'))
    assert.equal(await move(fixture, 't', 'relative'), errorCode('LOG_DIR_NOT_FOUND'))
    assert.equal(await move(fixture, 'nobody', '/two'), errorCode('UNKNOWN_TOPIC_OR_PARTITION'))
  })
})
