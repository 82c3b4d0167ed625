import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FakeBrokers } from '../consumer-fixture.ts'
import type { ConsumerRecord } from '../consumer-record.ts'
import { type ConsumeOptions, Consumption } from './consumption.ts'
import type { HandlerContext } from './record-processor.ts'

describe('Consumption, batch by batch', () => {
  it('yields batches, commits those that are done, and ends in order when its signal aborts', async () => {
    const { brokers, consumption, stop } = consuming()
    brokers.append('events', ['a', 'b'])
    const seen: string[] = []
    await brokers.run(
      (async () => {
        for await (const batch of consumption) {
          for (const { value } of batch) seen.push(String(value))
          stop.abort()
        }
      })(),
    )
    assert.deepEqual(seen, ['a', 'b'])
    assert.equal(brokers.offsets.get('events-0')?.offset, 2)
    assert.equal(
      brokers.asked.at(-1)?.api === 'LeaveGroup' || brokers.asked.some(({ api }) => api === 'LeaveGroup'),
      true,
    )
  })

  it('does not count a batch as done that the loop left by break', async () => {
    const { brokers, consumption } = consuming({ maxPollRecords: 1 })
    brokers.append('events', ['a', 'b'])
    let count = 0
    await brokers.run(
      (async () => {
        for await (const _ of consumption) if (++count === 2) break
      })(),
    )
    assert.equal(brokers.offsets.get('events-0')?.offset, 1)
  })

  it('does not commit behind what was committed by hand before the loop was left', async () => {
    const { brokers, consumption } = consuming({ maxPollRecords: 1 })
    brokers.append('events', ['a', 'b', 'c'])
    let count = 0
    await brokers.run(
      (async () => {
        for await (const batch of consumption) {
          await batch.commit()
          if (++count === 3) break
        }
      })(),
    )
    assert.equal(brokers.offsets.get('events-0')?.offset, 3)
  })

  it('does not commit what it had done of a partition before that was another member’s', async () => {
    const { brokers, consumption } = consuming({ heartbeatIntervalMs: 500 })
    brokers.append('events', ['a'])
    const give = (atMs: number, given: FakeBrokers['given']): void =>
      void brokers.world.time.after(atMs, 'rebalance', () => {
        brokers.given = given
        brokers.heartbeatError = 'REBALANCE_IN_PROGRESS'
      })
    brokers.world.time.after(1_000, 'more', () => brokers.append('events', ['b']))
    give(2_000, [['events', 1]])
    brokers.world.time.after(5_000, 'the other member', () => {
      const committed = brokers.offsets.get('events-0')
      assert.equal(committed?.offset, 2)
      brokers.append('events', ['c', 'd'])
      brokers.offsets.set('events-0', { ...committed, offset: 4 })
    })
    give(6_000, [
      ['events', 0],
      ['events', 1],
    ])
    brokers.world.time.after(9_000, 'more', () => brokers.append('events', ['x'], { partition: 1 }))
    await brokers.run(
      (async () => {
        for await (const { partition } of consumption) if (partition === 1) break
      })(),
    )
    assert.equal(brokers.offsets.get('events-0')?.offset, 4)
  })

  it('commits by hand only, where that is wished', async () => {
    const { brokers, consumption, stop } = consuming({ enableAutoCommit: false, maxPollRecords: 1 })
    brokers.append('events', ['a', 'b'])
    let count = 0
    await brokers.run(
      (async () => {
        for await (const batch of consumption) {
          if (++count === 1) await batch.commit()
          else stop.abort()
        }
      })(),
    )
    assert.equal(brokers.offsets.get('events-0')?.offset, 1)
  })

  it('yields records, of all partitions where there is no group', async () => {
    const { brokers, consumption, stop } = consuming({ group: undefined })
    brokers.append('events', ['a'])
    brokers.append('events', ['b'], { partition: 1 })
    const seen: string[] = []
    await brokers.run(
      (async () => {
        for await (const { value } of consumption.records()) {
          seen.push(String(value))
          if (seen.length === 2) stop.abort()
        }
      })(),
    )
    assert.deepEqual(seen.toSorted(), ['a', 'b'])
    assert.equal(brokers.offsets.size, 0)
  })

  it('ends without an error when its signal aborts while it asks for the partitions of a topic', async () => {
    const { brokers, consumption, stop } = consuming({ group: undefined })
    brokers.metadata.ensure = () => new Promise((_, reject) => stop.signal.addEventListener('abort', reject))
    brokers.world.time.after(100, 'the end', () => stop.abort())
    const first = await brokers.run(consumption[Symbol.asyncIterator]().next())
    assert.equal(first.done, true)
  })

  it('deserializes as the topic says', async () => {
    const brokers = newBrokers()
    const stop = new AbortController()
    const text = { deserialize: (bytes: Buffer | null) => String(bytes).toUpperCase() }
    const consumption = new Consumption({
      cluster: brokers,
      environment: brokers.world.node('client').environment,
      topics: { name: 'events', key: text, value: text },
      options: { autoOffsetReset: 'earliest', signal: stop.signal },
    })
    brokers.append('events', ['a'])
    const seen: string[] = []
    await brokers.run(
      (async () => {
        for await (const { key, value } of consumption.records()) {
          seen.push(`${key} ${value}`)
          stop.abort()
        }
      })(),
    )
    assert.deepEqual(seen, ['K-A A'])
  })
})

describe('Consumption, with a handler', () => {
  it('refuses to run no handler at all', async () => {
    for (const concurrency of [0, Number.NaN]) {
      await assert.rejects(
        consuming().consumption.each(() => undefined, { concurrency }),
        /at least one handler/,
      )
    }
  })

  it('runs up to so many at once, keeps the order of each key, and commits what is done', async () => {
    const { brokers, consumption, stop } = consuming()
    brokers.append('events', ['a', 'a', 'b', 'b', 'c', 'c'])
    const log: string[] = []
    let now = 0
    let most = 0
    await brokers.run(
      consumption.each(
        async ({ value, offset }) => {
          most = Math.max(most, ++now)
          log.push(`+${String(value)}${offset}`)
          await brokers.pause(10 - offset)
          log.push(`-${String(value)}${offset}`)
          now--
          if (log.length === 12) stop.abort()
        },
        { concurrency: 3, order: 'key' },
      ),
    )
    assert.equal(most, 3)
    for (const [key, one, two] of [
      ['a', 0, 1],
      ['b', 2, 3],
      ['c', 4, 5],
    ] as const) {
      const ofKey = log.filter((line) => line[1] === key)
      assert.deepEqual(ofKey, [`+${key}${one}`, `-${key}${one}`, `+${key}${two}`, `-${key}${two}`])
    }
    assert.equal(brokers.offsets.get('events-0')?.offset, 6)
  })

  it('keeps the order of a partition, and runs partitions beside each other', async () => {
    const { brokers, consumption, stop } = consuming()
    brokers.append('events', ['a', 'b'])
    brokers.append('events', ['x', 'y'], { partition: 1 })
    const log: string[] = []
    await brokers.run(
      consumption.each(
        async ({ value }) => {
          log.push(`+${String(value)}`)
          await brokers.pause(10)
          log.push(`-${String(value)}`)
          if (log.length === 8) stop.abort()
        },
        { concurrency: 10 },
      ),
    )
    assert.deepEqual(
      log.filter((line) => 'ab'.includes(line[1] ?? '')),
      ['+a', '-a', '+b', '-b'],
    )
    assert.ok(log.indexOf('+x') < log.indexOf('-a'))
  })

  it('commits no further than the first record that is not done', async () => {
    const { brokers, consumption, stop } = consuming({ autoCommitIntervalMs: 100 })
    brokers.append('events', ['slow', 'quick', 'quick'])
    let committedMeanwhile: number | undefined
    await brokers.run(
      consumption.each(
        async ({ value }) => {
          if (String(value) !== 'slow') return
          await brokers.pause(5_000)
          committedMeanwhile = brokers.offsets.get('events-0')?.offset
          stop.abort()
        },
        { concurrency: 3, order: 'none' },
      ),
    )
    assert.equal(committedMeanwhile, undefined)
    assert.equal(brokers.offsets.get('events-0')?.offset, 3)
  })

  it('ends with what a handler throws, and commits what was done before', async () => {
    const { brokers, consumption } = consuming()
    brokers.append('events', ['a', 'bad', 'c'])
    const work = consumption.each(({ value }) => {
      if (String(value) === 'bad') throw new RangeError('bad')
    })
    await assert.rejects(brokers.run(work), RangeError)
    assert.equal(brokers.offsets.get('events-0')?.offset, 1)
  })

  it('goes on where onError takes what a handler throws', async () => {
    const { brokers, consumption, stop } = consuming()
    brokers.append('events', ['a', 'bad', 'c'])
    const dead: string[] = []
    await brokers.run(
      consumption.each(
        async ({ value }) => {
          await brokers.pause(1)
          if (String(value) === 'c') stop.abort()
          if (String(value) === 'bad') throw new RangeError('bad')
        },
        { onError: (error, { offset }: ConsumerRecord) => dead.push(`${offset} ${String(error)}`) },
      ),
    )
    assert.deepEqual(dead, ['1 RangeError: bad'])
    assert.equal(brokers.offsets.get('events-0')?.offset, 3)
  })

  it('waits for handlers of a partition that goes, commits, and drops what had not begun', async () => {
    const { brokers, consumption, stop } = consuming({ heartbeatIntervalMs: 500 })
    brokers.append('events', ['a', 'b'])
    const log: string[] = []
    brokers.world.time.after(600, 'rebalance', () => {
      brokers.given = [['events', 1]]
      brokers.heartbeatError = 'REBALANCE_IN_PROGRESS'
    })
    brokers.world.time.after(8_000, 'the end', () => stop.abort())
    await brokers.run(
      consumption.each(async ({ value }, { signal }) => {
        await brokers.pause(3_000)
        log.push(`${String(value)} ${signal.aborted}`)
      }),
    )
    assert.deepEqual(log, ['a false'])
    assert.equal(brokers.offsets.get('events-0')?.offset, 1)
  })

  it('aborts the signal of a handler that does not end in time, and of one whose partition is lost', async () => {
    const { brokers, consumption, stop } = consuming({ heartbeatIntervalMs: 500 })
    brokers.append('events', ['a'])
    const contexts: HandlerContext[] = []
    brokers.world.time.after(600, 'thrown out', () => {
      brokers.given = []
      brokers.heartbeatError = 'UNKNOWN_MEMBER_ID'
    })
    brokers.world.time.after(3_000, 'the end', () => stop.abort())
    const work = consumption.each(
      async (_, context) => {
        contexts.push(context)
        await brokers.pause(20_000)
      },
      { drainTimeoutMs: 1_000 },
    )
    await brokers.run(work)
    assert.equal(contexts[0]?.signal.aborted, true)
    assert.match(String(contexts[0]?.signal.reason), /another member’s/)
  })

  it('reports a handler that takes too long, and gives up its place until it ends', async () => {
    const { brokers, consumption, stop } = consuming({ maxPollIntervalMs: 10_000, heartbeatIntervalMs: 1_000 })
    brokers.append('events', ['stuck'])
    let count = 0
    await brokers.run(
      consumption.each(async () => {
        if (++count === 2) return stop.abort()
        await brokers.pause(30_000)
      }),
    )
    const slow = brokers.world
      .node('client')
      .environment.logger.entries.find(({ message }) => /handler is slow/.test(message))
    assert.equal(slow?.fields?.['offset'], 0)
    assert.ok(brokers.asked.some(({ api }) => api === 'LeaveGroup'))
  })

  it('leaves alone what the program has paused', async () => {
    const { brokers, consumption, stop } = consuming({
      maxPollRecords: 2,
      listener: { assigned: () => consumption.consumer.pause([{ topic: 'events', partition: 1 }]) },
    })
    brokers.append('events', ['a', 'b', 'c', 'd', 'e', 'f'])
    brokers.append('events', ['x'], { partition: 1 })
    brokers.world.time.after(5_000, 'the end', () => stop.abort())
    const seen: string[] = []
    await brokers.run(
      consumption.each(async ({ value }) => {
        await brokers.pause(5)
        seen.push(String(value))
      }),
    )
    assert.deepEqual(seen, ['a', 'b', 'c', 'd', 'e', 'f'])
  })

  it('holds no more than max.poll.records that are not done, and goes on when they are', async () => {
    const { brokers, consumption, stop } = consuming({ maxPollRecords: 4 })
    for (let index = 0; index < 10; index++) brokers.append('events', ['a', 'b'])
    let done = 0
    await brokers.run(
      consumption.each(async () => {
        await brokers.pause(5)
        if (++done === 20) stop.abort()
      }),
    )
    assert.equal(brokers.offsets.get('events-0')?.offset, 20)
  })
})

function newBrokers(): FakeBrokers {
  const brokers = new FakeBrokers()
  brokers.addTopic('events', 2)
  brokers.given = [
    ['events', 0],
    ['events', 1],
  ]
  return brokers
}

function consuming(options: ConsumeOptions = {}): {
  readonly brokers: FakeBrokers
  readonly consumption: Consumption<Buffer | null, Buffer | null>
  readonly stop: AbortController
} {
  const brokers = newBrokers()
  const stop = new AbortController()
  const consumption = new Consumption({
    cluster: brokers,
    environment: brokers.world.node('client').environment,
    topics: 'events',
    options: { group: 'g', autoOffsetReset: 'earliest', signal: stop.signal, ...options },
  })
  return { brokers, consumption, stop }
}
