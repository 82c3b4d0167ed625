import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { transactionMarkerBatch } from '@gregor/protocol'
import type { AppendResult } from '@gregor/storage'
import { beginningMs } from '@gregor/testkit/simulation'
import { BrokerFixture } from '../broker-fixture.ts'
import { fetchFrom, produceTo, sentBatch, type SentTo } from '../produce-fixture.ts'
import type { Leadership } from './partition-state.ts'
import type { Partition, RequiredAcks } from './partition.ts'

interface Placed {
  readonly fixture: BrokerFixture
  readonly to: SentTo
  readonly partition: Partition
}

async function placed(configs: Record<string, string> = {}): Promise<Placed> {
  const fixture = await BrokerFixture.start()
  const to = { topic: 'events', topicId: await fixture.createTopic('events', { configs }) }
  const partition = fixture.broker.services.replicas.hosted('events', 0)
  assert.ok(typeof partition !== 'string')
  return { fixture, to, partition }
}

/** As the controller may decide, some time. */
function led(partition: Partition, change: Partial<Leadership>): void {
  const { leadership } = partition
  partition.lead({ ...leadership, leaderEpoch: leadership.leaderEpoch + 1, ...change })
}

/** Appends batches in one pass; what became of them. */
function appended({ fixture, partition }: Placed, batches: readonly Buffer[], acks: RequiredAcks): string[] {
  const outcomes: string[] = []
  const waiter = {
    appended: (place: number, result: AppendResult) => {
      outcomes[place] = result.error === 'NONE' ? `at ${result.baseOffset}` : result.error
    },
  }
  for (const [place, records] of batches.entries()) {
    const given = partition.givenFor(fixture.environment.clock.wallMs(), 13)
    partition.append({ records, given, acks, timeoutMs: 1000, waiter, place })
  }
  fixture.broker.services.appends.flush()
  return outcomes
}

describe('a partition', () => {
  it('appends what came together in order, good or not', async () => {
    const all = await placed()
    await using fixture = all.fixture
    const bad = sentBatch(['bad'])
    bad.writeUInt8(1, 16)
    const outcomes = appended(all, [sentBatch(['a', 'b']), bad, sentBatch(['c'])], 'leader')
    assert.deepEqual(outcomes, ['at 0', 'INVALID_RECORD', 'at 2'])
    assert.deepEqual((await fetchFrom(fixture, all.to)).values, ['a', 'b', 'c'])
  })

  it('refuses acks=all, and only that, while too few replicas are in sync', async () => {
    const all = await placed({ 'min.insync.replicas': '2' })
    await using fixture = all.fixture
    led(all.partition, { replicas: [1, 2], isr: [1] })
    assert.deepEqual(appended(all, [sentBatch(['a'])], 'all'), ['NOT_ENOUGH_REPLICAS'])
    assert.deepEqual(appended(all, [sentBatch(['a'])], 'leader'), ['at 0'])
    assert.equal((await produceTo(fixture, all.to, sentBatch(['b']))).error, 'NOT_ENOUGH_REPLICAS')
    assert.equal((await produceTo(fixture, { ...all.to, acks: 1 }, sentBatch(['b']))).error, 'NONE')
  })

  it('does not append while another node leads, and says so', async () => {
    const all = await placed()
    await using fixture = all.fixture
    led(all.partition, { leaderId: 2 })
    assert.deepEqual(appended(all, [sentBatch(['a'])], 'leader'), ['NOT_LEADER_OR_FOLLOWER'])
    for (const version of [9, 10, 13]) {
      const produced = await produceTo(fixture, all.to, sentBatch(['a']), { version })
      assert.equal(produced.error, 'NOT_LEADER_OR_FOLLOWER')
      assert.equal(produced.currentLeader.leaderId, version >= 10 ? 1 : -1)
    }
    assert.equal((await fetchFrom(fixture, all.to)).error, 'NOT_LEADER_OR_FOLLOWER')
  })

  it('shows nothing beyond the high watermark, which waits for the others that are in sync', async () => {
    const all = await placed()
    await using fixture = all.fixture
    appended(all, [sentBatch(['a'])], 'leader')
    led(all.partition, { replicas: [1, 2], isr: [1, 2] })
    appended(all, [sentBatch(['b'])], 'leader')
    assert.deepEqual((await fetchFrom(fixture, all.to)).values, ['a'])
    led(all.partition, { replicas: [1, 2], isr: [1] })
    assert.deepEqual((await fetchFrom(fixture, all.to)).values, ['a', 'b'])
  })

  it('appends under the epoch of the newest decision', async () => {
    const all = await placed()
    await using fixture = all.fixture
    led(all.partition, {})
    await produceTo(fixture, all.to, sentBatch(['a']))
    const { records } = await fetchFrom(fixture, all.to)
    assert.equal(records?.readInt32BE(12), all.partition.leadership.leaderEpoch)
  })
})

describe('appends that are held', () => {
  it('wait, in order, in memory of their own, and go on under the epoch of then', async () => {
    const all = await placed()
    await using fixture = all.fixture
    const release = all.partition.holdAppends()
    const first = sentBatch(['a'])
    const outcomes = [appended(all, [first, sentBatch(['b'])], 'leader'), appended(all, [sentBatch(['c'])], 'leader')]
    first.fill(0)
    await fixture.advance(100)
    assert.deepEqual(outcomes, [[], []])
    led(all.partition, {})
    release()
    await fixture.advance(0)
    assert.deepEqual(outcomes, [['at 0', 'at 1'], ['at 2']])
    const { records, values } = await fetchFrom(fixture, all.to)
    assert.deepEqual(values, ['a', 'b', 'c'])
    assert.equal(records?.readInt32BE(12), all.partition.leadership.leaderEpoch)
  })

  it('are refused to coordinators, who do not wait, and make the markers of transactions wait', async () => {
    const all = await placed()
    await using fixture = all.fixture
    const release = all.partition.holdAppends()
    const nowMs = beginningMs
    assert.equal(all.partition.appendAsCoordinator(sentBatch(['a']), { nowMs }).error, 'KAFKA_STORAGE_ERROR')
    const marker = {
      outcome: 'Commit',
      producerId: 5,
      producerEpoch: 0,
      coordinatorEpoch: 0,
      timestamp: nowMs,
    } as const
    const written = all.partition.appendMarker(transactionMarkerBatch(marker), { nowMs })
    await fixture.advance(10)
    assert.equal(all.partition.log.logEndOffset, 0)
    release()
    assert.equal((await fixture.run(written)).error, 'NONE')
    assert.equal(all.partition.log.logEndOffset, 1)
  })

  it('are answered where the partition is gone when they may go on', async () => {
    const all = await placed()
    await using fixture = all.fixture
    const release = all.partition.holdAppends()
    const outcomes = appended(all, [sentBatch(['a'])], 'leader')
    all.partition.stopServing()
    release()
    await fixture.advance(0)
    assert.deepEqual(outcomes, ['KAFKA_STORAGE_ERROR'])
  })
})

describe('a topic with flush.messages above 1', () => {
  it('is synced once so many records are not', async () => {
    const all = await placed({ 'flush.messages': '3' })
    await using fixture = all.fixture
    appended(all, [sentBatch(['a', 'b'])], 'leader')
    await fixture.advance(1)
    assert.equal(all.partition.log.syncedOffset, 0)
    appended(all, [sentBatch(['c'])], 'leader')
    await fixture.advance(1)
    assert.equal(all.partition.log.syncedOffset, 3)
  })
})
