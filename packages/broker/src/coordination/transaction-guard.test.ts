/** Tests of what a transaction’s batch must pass before it is written, where the coordinator takes its time. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { transactionMarkerBatch, type ProtocolError } from '@gregor/protocol'
import { beginningMs } from '@gregor/testkit/simulation'
import { BrokerFixture } from '../broker-fixture.ts'
import { sentBatch } from '../produce-fixture.ts'
import type { Partition } from '../replication/partition.ts'
import { TransactionGuard, type GuardedProducer, type PartitionAdder } from './transaction-guard.ts'

interface Asked {
  readonly atMs: number
  readonly answer: (error: ProtocolError) => void
}

async function withGuard(): Promise<{
  fixture: BrokerFixture
  partition: Partition
  guard: TransactionGuard
  asked: Asked[]
}> {
  const fixture = await BrokerFixture.start()
  await fixture.createTopic('t')
  const { services } = fixture.broker
  const partition = services.replicas.leader('t', 0)
  assert.ok(typeof partition !== 'string')
  const asked: Asked[] = []
  const addOrVerify = (_: GuardedProducer, partitions: readonly Partition[]) =>
    new Promise<ReadonlyMap<Partition, ProtocolError>>((resolve) => {
      const answer = (error: ProtocolError) =>
        resolve(new Map(error === 'NONE' ? [] : partitions.map((one) => [one, error] as const)))
      asked.push({ atMs: services.clock.monotonicMs(), answer })
    })
  const guard = new TransactionGuard({ partitions: { addOrVerify }, config: services.config, clock: services.clock })
  return { fixture, partition, guard, asked }
}

function producer(addedBy: PartitionAdder = 'client', producerEpoch = 0): GuardedProducer {
  return { transactionalId: 'x', producerId: 42, producerEpoch, addedBy }
}

function append(partition: Partition, guard: number | undefined, { producerEpoch = 0, baseSequence = 0 } = {}): string {
  const batch = sentBatch(['a'], { producerId: 42, producerEpoch, baseSequence, isTransactional: true })
  const { leaderEpoch } = partition.leadership
  const given = {
    leaderEpoch,
    origin: 'client' as const,
    nowMs: beginningMs,
    ...(guard === undefined ? {} : { guard }),
  }
  return partition.log.append(batch, given).error
}

function mark(partition: Partition, fixture: BrokerFixture, producerEpoch: number): Promise<unknown> {
  const body = { outcome: 'Abort', producerId: 42, producerEpoch, coordinatorEpoch: 0, timestamp: beginningMs } as const
  return fixture.run(
    partition.appendMarker(transactionMarkerBatch(body), { nowMs: beginningMs, transactionVersion: 0 }),
  )
}

const one = (partition: Partition, sequence = 0) => [{ partition, sequence }]

describe('The guard of a transaction', () => {
  it('is asked for once in a partition, then the batches of the transaction pass', async () => {
    const { fixture, partition, guard, asked } = await withGuard()
    await using _ = fixture
    const first = guard.guard(producer(), one(partition), { isPatient: true })
    assert.ok(first instanceof Promise)
    asked[0]?.answer('NONE')
    const number = (await first).get(partition)
    assert.ok(typeof number === 'number')
    assert.equal(append(partition, number), 'NONE')
    const second = guard.guard(producer(), one(partition, 1), { isPatient: true })
    assert.deepEqual(second, new Map())
    assert.equal(append(partition, undefined, { baseSequence: 1 }), 'NONE')
    assert.equal(asked.length, 1)
  })

  it('is void when a marker comes before the answer', async () => {
    const { fixture, partition, guard, asked } = await withGuard()
    await using _ = fixture
    const waiting = guard.guard(producer(), one(partition), { isPatient: true })
    await mark(partition, fixture, 0)
    asked[0]?.answer('NONE')
    const number = (await waiting).get(partition)
    assert.ok(typeof number === 'number')
    assert.equal(append(partition, number), 'INVALID_TXN_STATE')
  })

  it('lets no later batch overtake the one that asked first', async () => {
    const { fixture, partition, guard, asked } = await withGuard()
    await using _ = fixture
    const first = guard.guard(producer(), one(partition, 0), { isPatient: true })
    const second = guard.guard(producer(), one(partition, 1), { isPatient: true })
    asked[1]?.answer('NONE')
    const later = (await second).get(partition)
    assert.ok(typeof later === 'number')
    assert.equal(append(partition, later, { baseSequence: 1 }), 'OUT_OF_ORDER_SEQUENCE_NUMBER')
    asked[0]?.answer('NONE')
    const earlier = (await first).get(partition)
    assert.ok(typeof earlier === 'number')
    assert.equal(append(partition, earlier), 'NONE')
  })

  it('refuses an epoch of the past without asking', async () => {
    const { fixture, partition, guard, asked } = await withGuard()
    await using _ = fixture
    await mark(partition, fixture, 5)
    const guards = guard.guard(producer('broker', 4), one(partition), { isPatient: true })
    assert.deepEqual(guards, new Map([[partition, 'INVALID_PRODUCER_EPOCH']]))
    assert.equal(asked.length, 0)
  })

  it('is asked for again, for a while, as long as the transaction before ends', async () => {
    const { fixture, partition, guard, asked } = await withGuard()
    await using _ = fixture
    const waiting = guard.guard(producer('broker'), one(partition), { isPatient: true })
    for (let round = 0; round < 3; round++) {
      assert.equal(asked.length, round + 1)
      asked[round]?.answer('CONCURRENT_TRANSACTIONS')
      await fixture.advance(20)
    }
    asked[3]?.answer('NONE')
    assert.ok(typeof (await waiting).get(partition) === 'number')
    assert.deepEqual(
      asked.map(({ atMs }) => Math.round(atMs - (asked[0]?.atMs ?? 0))),
      [0, 20, 40, 60],
    )
  })

  it('is not waited for longer than add.partitions.to.txn.retry.backoff.max.ms', async () => {
    const { fixture, partition, guard, asked } = await withGuard()
    await using _ = fixture
    const waiting = guard.guard(producer('broker'), one(partition), { isPatient: true })
    for (let round = 0; round < 20 && asked[round] !== undefined; round++) {
      asked[round]?.answer('CONCURRENT_TRANSACTIONS')
      await fixture.advance(20)
    }
    assert.deepEqual(await waiting, new Map([[partition, 'CONCURRENT_TRANSACTIONS']]))
    assert.equal(asked.length, 6)
  })

  it('is asked for once by clients that add partitions, who try again themselves', async () => {
    const { fixture, partition, guard, asked } = await withGuard()
    await using _ = fixture
    const waiting = guard.guard(producer('client'), one(partition), { isPatient: true })
    asked[0]?.answer('CONCURRENT_TRANSACTIONS')
    assert.deepEqual(await waiting, new Map([[partition, 'CONCURRENT_TRANSACTIONS']]))
    assert.equal(asked.length, 1)
  })
})
