import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokerFixture } from '../broker-fixture.ts'
import type { Partition } from './partition.ts'

const directories = ['/one', '/two', '/three']

describe('LogMoves', () => {
  it('brings a log elsewhere while it is written to, and nothing is lost', async () => {
    await using fixture = await BrokerFixture.start({ properties: { 'log.dirs': directories.join() } })
    const topicId = await fixture.createTopic('t')
    await fixture.produce(topicId, 0, ['a'])
    const target = elsewhere(fixture)
    const moved = fixture.broker.services.logMoves.move(partitionOf(fixture), target)
    assert.equal(await fixture.run(moved), 'NONE')
    assert.equal(await fixture.produce(topicId, 0, ['b']), 1)
    await settled(fixture)
    assert.equal(partitionOf(fixture).log.directory, `${target}/t-0`)
    assert.equal(await fixture.produce(topicId, 0, ['c']), 2)
    assert.equal(partitionOf(fixture).log.logStartOffset, 0)
  })

  it('ends up where the last one wanted it, with everything, however often minds change', async () => {
    await using fixture = await BrokerFixture.start({ properties: { 'log.dirs': directories.join() } })
    const topicId = await fixture.createTopic('t')
    for (let i = 0; i < 20; i++) await fixture.produce(topicId, 0, [`before ${i}`])
    const { logMoves } = fixture.broker.services
    // Apart by ever more steps, so that each finds the one before it somewhere else on its way.
    for (let steps = 0; steps < 40; steps++) {
      const target = directories[steps % directories.length] ?? ''
      const moved = logMoves.move(partitionOf(fixture), target)
      for (let i = 0; i < steps; i++) await Promise.resolve()
      if (steps % 4 === 3) await fixture.produce(topicId, 0, [`during ${steps}`])
      if (steps % 10 === 9) assert.equal(await fixture.run(moved), 'NONE')
    }
    const last = elsewhere(fixture)
    assert.equal(await fixture.run(logMoves.move(partitionOf(fixture), last)), 'NONE')
    await settled(fixture)
    const { log } = partitionOf(fixture)
    assert.equal(log.directory, `${last}/t-0`)
    assert.deepEqual([log.logStartOffset, log.logEndOffset], [0, 30])
    const read = await log.read({ fetchOffset: 0, maxBytes: 1_000_000, upTo: 30, minOneBatch: true })
    assert.equal(read.error, 'NONE')
    assert.equal(read.byteCount, log.sizeBytes)
  })

  it('refuses a directory that is none', async () => {
    await using fixture = await BrokerFixture.start()
    await fixture.createTopic('t')
    const moved = fixture.broker.services.logMoves.move(partitionOf(fixture), '/nowhere')
    assert.equal(await fixture.run(moved), 'LOG_DIR_NOT_FOUND')
  })
})

function partitionOf(fixture: BrokerFixture): Partition {
  const partition = fixture.broker.services.replicas.leader('t', 0)
  assert.ok(typeof partition !== 'string')
  return partition
}

/** A directory in which t-0 does not lie. */
function elsewhere(fixture: BrokerFixture): string {
  const { directory } = partitionOf(fixture).log
  return directories.find((path) => !directory.startsWith(`${path}/`)) ?? ''
}

async function settled(fixture: BrokerFixture): Promise<void> {
  for (let i = 0; i < 1000 && fixture.broker.services.logMoves.count > 0; i++) await fixture.advance(10)
  assert.equal(fixture.broker.services.logMoves.count, 0)
}
