import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Metadata, MetadataResponse, ResponseInput } from '@gregor/protocol'
import { SimulatedWorld } from '@gregor/testkit/simulation'
import { ConnectionError } from '@gregor/transport'
import { type MetadataTiming, MetadataWatcher } from './metadata-watcher.ts'

const timing: MetadataTiming = {
  metadataMaxAgeMs: 300_000,
  retryBackoffMs: 100,
  retryBackoffMaxMs: 1000,
  metadataRecoveryStrategy: 'rebootstrap',
  metadataRecoveryRebootstrapTriggerMs: 60_000,
}
const options = { timeoutMs: 5000 }

type Asked = readonly string[] | 'all'

class Place {
  readonly world = new SimulatedWorld({ seed: 1 })
  readonly asked: { readonly topics: Asked; readonly creates: boolean; readonly atMs: number }[] = []
  /** By name: partition count, or an error code. */
  readonly topics = new Map<string, { readonly partitionCount: number; readonly errorCode: number }>()
  rebootstrapCount = 0
  isRebootstrapRequired = false
  delayMs = 1
  errorCode = 0
  brokerCount = 1
  isBroken = false
  leaderId = 1
  readonly watcher: MetadataWatcher

  constructor(change: Partial<MetadataTiming> = {}) {
    const { environment } = this.world.node('client')
    this.watcher = new MetadataWatcher({
      environment,
      timing: { ...timing, ...change },
      ask: async (request) => {
        const { topics, allowAutoTopicCreation } = request(12)
        const names: Asked = topics === null ? 'all' : [...topics].map(({ name }) => name ?? '').toSorted()
        this.asked.push({ topics: names, creates: allowAutoTopicCreation === true, atMs: this.world.time.nowMs })
        await new Promise<void>((resolve) => void environment.clock.schedule(this.delayMs, resolve))
        if (this.isBroken) throw new ConnectionError('broken')
        return this.#answer(names)
      },
      onRebootstrap: (isRequired) => {
        this.rebootstrapCount++
        this.isRebootstrapRequired = isRequired
      },
      onNodes: () => undefined,
    })
  }

  get askedCount(): number {
    return this.asked.length
  }

  add(name: string, partitionCount = 1, errorCode = 0): void {
    this.topics.set(name, { partitionCount, errorCode })
  }

  #answer(names: Asked): MetadataResponse {
    const answered = names === 'all' ? [...this.topics.keys()] : names
    const response: ResponseInput<typeof Metadata> = {
      brokers: Array.from({ length: this.brokerCount }, (_, index) => ({
        nodeId: index + 1,
        host: 'h',
        port: 1,
        rack: null,
      })),
      clusterId: 'c',
      controllerId: 1,
      errorCode: this.errorCode,
      topics: answered.map((name) => {
        const { partitionCount, errorCode } = this.topics.get(name) ?? { partitionCount: 0, errorCode: 3 }
        const partitions = Array.from({ length: partitionCount }, (_, partitionIndex) => ({
          errorCode: 0,
          partitionIndex,
          leaderId: this.leaderId,
          leaderEpoch: 0,
          replicaNodes: [1],
          isrNodes: [1],
          offlineReplicas: [],
        }))
        return { errorCode, name, topicId: `${name}A`.padEnd(22, 'A'), isInternal: false, partitions }
      }),
    }
    // Every field is there.
    return response as MetadataResponse
  }
}

describe('asking', () => {
  it('makes one request of the wishes of one moment, and one of those that come while it is out', async () => {
    const place = new Place()
    const { watcher, world } = place
    const first = [watcher.refresh({ ...options, topics: ['a'] }), watcher.refresh({ ...options, topics: ['b'] })]
    await world.time.advance(0.5)
    const second = [watcher.refresh({ ...options, topics: ['c'] }), watcher.refresh({ ...options, topics: ['d', 'a'] })]
    await world.time.run(Promise.all([...first, ...second]))
    assert.deepEqual(
      place.asked.map(({ topics }) => topics),
      [
        ['a', 'b'],
        ['a', 'c', 'd'],
      ],
    )
  })

  it('creates topics only for those who want it', async () => {
    const place = new Place()
    const { watcher, world } = place
    await world.time.run(
      Promise.all([
        watcher.refresh({ ...options, topics: ['a'], allowAutoCreation: true }),
        watcher.refresh({ ...options, topics: ['b'] }),
      ]),
    )
    const asked = place.asked.map(({ topics, creates }) => [topics, creates])
    assert.deepEqual(
      asked.toSorted((a, b) => (String(a) < String(b) ? -1 : 1)),
      [
        [['a'], true],
        [['b'], false],
      ],
    )
  })

  it('takes along what is watched, and asks for all where somebody wants all', async () => {
    const place = new Place()
    const { watcher, world } = place
    place.add('w')
    place.add('v')
    const unwatch = watcher.watch(['w'])
    await world.time.run(watcher.refresh({ ...options, topics: ['a'] }))
    assert.deepEqual(place.asked[0]?.topics, ['a', 'w'])
    unwatch()
    await world.time.run(watcher.refresh({ ...options, topics: 'all' }))
    assert.deepEqual(place.asked.at(-1)?.topics, 'all')
    assert.deepEqual(watcher.topics.map(({ name }) => name).toSorted(), ['v', 'w'])
  })

  it('fails all that wait where it fails, and each in its own time', async () => {
    const place = new Place()
    const { watcher, world } = place
    place.isBroken = true
    await assert.rejects(world.time.run(watcher.refresh(options)), { name: 'ConnectionError' })
    place.delayMs = 10_000
    await assert.rejects(world.time.run(watcher.refresh({ timeoutMs: 50 })), {
      name: 'TimeoutError',
      message: 'asking for metadata was not done within 50 ms',
    })
    const abort = new AbortController()
    const reason = new Error('enough')
    const aborted = watcher.refresh({ ...options, signal: abort.signal })
    abort.abort(reason)
    await assert.rejects(world.time.run(aborted), reason)
  })

  it('believes no node that knows nobody', async () => {
    const place = new Place()
    place.brokerCount = 0
    await assert.rejects(place.world.time.run(place.watcher.refresh(options)), {
      code: 'BROKER_NOT_AVAILABLE',
      retriable: true,
    })
  })
})

describe('ensure', () => {
  it('waits until the topic is there', async () => {
    const place = new Place()
    const { watcher, world } = place
    world.node('client').environment.clock.schedule(700, () => place.add('t', 3))
    const topic = await world.time.run(watcher.ensure('t', options))
    assert.equal(topic.partitions.length, 3)
    assert.ok(place.askedCount >= 3 && place.askedCount <= 6, `${place.askedCount}`)
    const askedCount = place.askedCount
    await world.time.run(watcher.ensure('t', options))
    assert.equal(place.askedCount, askedCount)
  })

  it('says why the topic is not there when the time is up', async () => {
    const { watcher, world } = new Place()
    await assert.rejects(world.time.run(watcher.ensure('t', options)), {
      name: 'KafkaError',
      code: 'UNKNOWN_TOPIC_OR_PARTITION',
      message: /^topic t: /,
    })
  })

  it('does not wait for what will not come', async () => {
    const place = new Place()
    place.add('t', 0, 29)
    await assert.rejects(place.world.time.run(place.watcher.ensure('t', options)), {
      code: 'TOPIC_AUTHORIZATION_FAILED',
    })
    assert.equal(place.askedCount, 1)
  })
})

describe('without being asked', () => {
  it('nothing is asked before anybody wants something', async () => {
    const place = new Place()
    await place.world.time.advance(600_000)
    assert.equal(place.askedCount, 0)
  })

  it('what is watched is asked for at once, and again when it is old', async () => {
    const place = new Place()
    place.add('w')
    place.watcher.watch(['w'])
    await place.world.time.advance(10)
    assert.equal(place.askedCount, 1)
    await place.world.time.advance(299_000)
    assert.equal(place.askedCount, 1)
    await place.world.time.advance(2000)
    assert.deepEqual(
      place.asked.map(({ topics }) => topics),
      [['w'], ['w']],
    )
  })

  it('what is watched and wanted at once is asked for once, and created where it may be', async () => {
    for (const watchesFirst of [true, false]) {
      const place = new Place()
      const { watcher, world } = place
      place.add('w')
      if (watchesFirst) watcher.watch(['w'])
      const wanted = watcher.ensure('w', { ...options, allowAutoCreation: true })
      if (!watchesFirst) watcher.watch(['w'])
      await world.time.run(wanted)
      await world.time.advance(2000)
      assert.deepEqual(
        place.asked.map(({ topics, creates }) => [topics, creates]),
        [[['w'], true]],
      )
    }
  })

  it('what is not there yet is asked for again until it is', async () => {
    const place = new Place()
    place.watcher.watch(['w'])
    await place.world.time.advance(3000)
    const before = place.askedCount
    assert.ok(before >= 4 && before <= 8, `${before}`)
    place.add('w')
    await place.world.time.advance(1500)
    const after = place.askedCount
    await place.world.time.advance(60_000)
    assert.equal(place.askedCount, after)
  })

  it('a storm of complaints makes few requests, and fewer while nothing changes', async () => {
    const place = new Place()
    const { watcher, world } = place
    place.add('w')
    watcher.watch(['w'])
    await world.time.advance(500)
    const complain = (): void => {
      for (let count = 0; count < 50; count++) watcher.invalidate('w')
    }
    for (let count = 0; count < 1000; count++) {
      complain()
      await world.time.advance(10)
    }
    // Ten seconds: the pauses grow to one second.
    assert.ok(place.askedCount >= 10 && place.askedCount <= 20, `${place.askedCount}`)
  })

  it('a complaint after a quiet time is looked into at once', async () => {
    const place = new Place()
    const { watcher, world } = place
    place.add('w')
    watcher.watch(['w'])
    await world.time.advance(10_000)
    watcher.invalidate('x')
    await world.time.advance(5)
    assert.deepEqual(place.asked.at(-1)?.topics, ['w', 'x'])
  })

  it('it is tried again after failures, with pauses', async () => {
    const place = new Place()
    const { watcher, world } = place
    place.isBroken = true
    watcher.watch(['w'])
    await world.time.advance(10_000)
    assert.ok(place.askedCount >= 10 && place.askedCount <= 18, `${place.askedCount}`)
    place.isBroken = false
    place.add('w')
    await world.time.advance(1500)
    assert.equal(watcher.topic('w')?.error, 'NONE')
  })
})

describe('rebootstrapping', () => {
  it('comes when nobody has answered for long, and again after as long', async () => {
    const place = new Place()
    const { watcher, world } = place
    place.isBroken = true
    watcher.watch(['w'])
    await world.time.advance(59_000)
    assert.equal(place.rebootstrapCount, 0)
    await world.time.advance(3000)
    assert.equal(place.rebootstrapCount, 1)
    await world.time.advance(61_500)
    assert.equal(place.rebootstrapCount, 2)
    assert.equal(place.isRebootstrapRequired, false)
  })

  it('does not come where it is switched off', async () => {
    const place = new Place({ metadataRecoveryStrategy: 'none' })
    place.isBroken = true
    place.watcher.watch(['w'])
    await place.world.time.advance(200_000)
    assert.equal(place.rebootstrapCount, 0)
  })

  it('comes at once where a node asks for it', async () => {
    const place = new Place()
    place.errorCode = 129
    await assert.rejects(place.world.time.run(place.watcher.refresh(options)), {
      code: 'REBOOTSTRAP_REQUIRED',
      retriable: true,
    })
    assert.equal(place.rebootstrapCount, 1)
    assert.equal(place.isRebootstrapRequired, true)
  })
})

describe('changes', () => {
  it('are told once each, until one does not listen any more', async () => {
    const place = new Place()
    const { watcher, world } = place
    place.add('w')
    let toldCount = 0
    const unlisten = watcher.onChange(() => void toldCount++)
    await world.time.run(watcher.refresh({ ...options, topics: ['w'] }))
    await world.time.run(watcher.refresh({ ...options, topics: ['w'] }))
    assert.equal(toldCount, 1)
    watcher.hint([{ topic: 'w', partition: 0, leaderId: 1, leaderEpoch: 4 }], [])
    watcher.hint([{ topic: 'w', partition: 0, leaderId: 1, leaderEpoch: 4 }], [])
    assert.equal(toldCount, 2)
    unlisten()
    watcher.hint(
      [{ topic: 'w', partition: 0, leaderId: 1, leaderEpoch: 5 }],
      [{ nodeId: 8, host: 'x', port: 1, rack: null }],
    )
    assert.equal(toldCount, 2)
    assert.equal(watcher.version, 3)
  })

  it('do not come after the end', async () => {
    const place = new Place()
    const { watcher, world } = place
    const ended = assert.rejects(watcher.refresh(options), { name: 'ClosedError' })
    watcher.close()
    await world.time.run(ended)
    watcher.invalidate()
    await world.time.advance(1000)
    assert.equal(place.askedCount, 0)
    await assert.rejects(watcher.refresh(options), { name: 'ClosedError' })
  })
})
