import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokerConfig } from '@gregor/config'
import fc from 'fast-check'
import { groupCoordinatorConfigFrom } from './group-config.ts'
import { GroupWorld, contextOf } from './group-fixture.ts'
import { GroupHistories } from './group-history.ts'
import type { GroupCoordinatorMachine } from './group-coordinator-machine.ts'
import { timerKey } from './group-timers.ts'

/** Any order will do that does not depend on how they came. */
function byText(a: unknown, b: unknown): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1
}

/** All that is logged, to be compared. */
function loggedBy({ logged }: GroupCoordinatorMachine): unknown {
  return {
    groups: Object.fromEntries(logged.storedClassicGroups),
    offsets: [...logged.offsets.entries()].toSorted(byText),
    pending: [...logged.offsets.pendingEntries()].toSorted(byText),
  }
}

type Step =
  | {
      readonly do: 'join'
      readonly who: number
      readonly metadata: string
      readonly isStatic: boolean
      readonly version: number
    }
  | { readonly do: 'sync' | 'heartbeat' | 'leave' | 'commit'; readonly who: number }
  | { readonly do: 'commitInTransaction' | 'mark'; readonly who: number; readonly isCommit: boolean }
  | { readonly do: 'wait'; readonly ms: number }

const who = fc.nat(3)
const steps = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('join' as const),
        who,
        metadata: fc.constantFrom('x', 'y'),
        isStatic: fc.boolean(),
        version: fc.nat(9),
      }),
    },
    { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('sync' as const, 'heartbeat', 'leave', 'commit'), who }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constantFrom('commitInTransaction' as const, 'mark'),
        who,
        isCommit: fc.boolean(),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(8000) }) },
  ),
  { maxLength: 60 },
)

/** Clients that do as they are told by the answers, but at the wrong times. */
class Clients {
  readonly world = new GroupWorld({ classicGroupSizeMax: 3 })
  readonly #ids = ['', '', '', '']
  readonly #generations = [0, 0, 0, 0]
  readonly #waiting: { who: number; waiter: number }[] = []
  readonly waiters: number[] = []

  take(step: Step): void {
    this.#read()
    if (step.do === 'wait') return this.world.advance(step.ms)
    const memberId = this.#ids[step.who] ?? ''
    const generationId = this.#generations[step.who] ?? 0
    switch (step.do) {
      case 'join': {
        const instance = step.isStatic && step.who === 0 ? { instanceId: 'i' } : {}
        const protocols = { range: step.metadata }
        const waiter = this.world.join({ memberId, protocols, apiVersion: step.version, ...instance })
        this.waiters.push(waiter)
        this.#waiting.push({ who: step.who, waiter })
        return
      }
      case 'sync':
        this.waiters.push(this.world.sync({ memberId, generationId, assignments: { [memberId]: 'A' } }))
        return
      case 'heartbeat':
        return void this.world.heartbeat(memberId, generationId)
      case 'leave':
        return void this.world.leave({ memberId })
      case 'commit':
        return void this.world.commit({ memberId, generationId, offsets: { [step.who]: generationId } })
      case 'mark': {
        const outcome = step.isCommit ? 'Commit' : 'Abort'
        this.world.send({
          type: 'WriteTxnMarker',
          outcome,
          producerId: step.who,
          producerEpoch: 0,
          coordinatorEpoch: 0,
        })
        return
      }
      case 'commitInTransaction':
        return this.#commitInTransaction(step.who)
    }
  }

  /** Learns from the answers, as clients do. */
  #read(): void {
    for (const one of this.#waiting) {
      const answer = this.world.joined(one.waiter)
      if (answer === undefined) continue
      if (answer.error === 'NONE' || answer.error === 'MEMBER_ID_REQUIRED') this.#ids[one.who] = answer.memberId
      else if (answer.error === 'UNKNOWN_MEMBER_ID') this.#ids[one.who] = ''
      if (answer.error === 'NONE') this.#generations[one.who] = answer.generationId ?? 0
    }
  }

  #commitInTransaction(producerId: number): void {
    const partition = { partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: -1, committedMetadata: '' }
    const topics = [{ name: 'tx', partitions: [partition] }]
    const member = { generationId: -1, memberId: '', groupInstanceId: null }
    const request = { transactionalId: 'x', groupId: 'g', producerId, producerEpoch: 0, ...member, topics }
    this.world.send({ type: 'TxnOffsetCommit', request, context: contextOf(2) })
  }
}

describe('A group coordinator, whatever its clients do and when', () => {
  it('is rebuilt from its log as it was', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const clients = new Clients()
        for (const step of all) clients.take(step)
        assert.deepEqual(loggedBy(clients.world.rebuilt()), loggedBy(clients.world.machine))
      }),
      { numRuns: 300 },
    )
  })

  it('answers every JoinGroup and SyncGroup once, at the latest when all its timers have run out', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const clients = new Clients()
        for (const step of all) clients.take(step)
        clients.world.advance(1_000_000)
        // The fixture refuses a second answer.
        for (const waiter of clients.waiters) assert.ok(clients.world.answers.has(waiter))
        assert.ok(['Empty', 'Dead'].includes(clients.world.state()))
      }),
      { numRuns: 300 },
    )
  })

  it('tells all members of a generation the same protocol and leader, and one of them of the others', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const clients = new Clients()
        for (const step of all) clients.take(step)
        const told = clients.waiters.flatMap((waiter) => {
          const answer = clients.world.answers.get(waiter)
          return answer !== undefined && 'members' in answer && answer.errorCode === 0 ? [answer] : []
        })
        for (const generationId of new Set(told.map((answer) => answer.generationId))) {
          const answers = told.filter((answer) => answer.generationId === generationId)
          assert.equal(new Set(answers.map(({ protocolName }) => protocolName)).size, 1)
          for (const { leader, memberId, members, skipAssignment } of answers) {
            if ((members?.length ?? 0) > 0 && skipAssignment !== true) assert.equal(leader, memberId)
          }
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('A group coordinator', () => {
  it('ignores a timer that was set again meanwhile', () => {
    const world = new GroupWorld()
    world.join({ apiVersion: 3 })
    const given = {
      nowMs: 0,
      monotonicMs: 0,
      random: { uint32: () => 0, below: () => 0, fraction: () => 0, fill: (x: Uint8Array) => x },
      epoch: 1,
      nextOffset: 0,
    }
    const key = timerKey('classic-join', 'g')
    const decision = world.machine.handle({ type: 'TimerFired', key, generation: -1 }, given)
    assert.deepEqual(decision, { records: [], effects: [], reply: undefined, tooLarge: { action: 'split' } })
  })

  it('rebalances a group that is larger than is allowed now, when it loads it', () => {
    const world = new GroupWorld()
    const waiters = [world.join({ apiVersion: 3 }), world.join({ apiVersion: 3 })]
    world.advance(6000)
    const [a, b] = waiters.map((waiter) => world.joined(waiter)?.memberId ?? '') as [string, string]
    world.sync({ memberId: a, generationId: 1 })
    const other = new GroupWorld({ classicGroupSizeMax: 1 })
    other.batches.push(...world.batches)
    other.restart()
    assert.equal(other.state(), 'PreparingRebalance')
    assert.equal(other.heartbeat(b, 1), 'REBALANCE_IN_PROGRESS')
  })

  it('takes its configs from those of the broker', () => {
    const properties = new Map([
      ['node.id', '1'],
      ['offsets.retention.minutes', '2'],
      ['group.max.size', '3'],
      ['group.initial.rebalance.delay.ms', '700'],
      ['group.consumer.migration.policy', 'Upgrade'],
      ['group.consumer.assignors', 'org.apache.kafka.coordinator.group.assignor.RangeAssignor,my.Own,uniform'],
    ])
    const config = groupCoordinatorConfigFrom(BrokerConfig.load({ properties }), 1000)
    assert.equal(config.offsetsRetentionMs, 120_000)
    assert.equal(config.classicGroupSizeMax, 3)
    assert.equal(config.recordBytesMax, 1000)
    assert.equal(config.initialRebalanceDelayMs, 700)
    assert.deepEqual(config.consumer, {
      sizeMax: 2_147_483_647,
      assignors: ['range', 'uniform'],
      migrationPolicy: { allowsUpgrade: true, allowsDowngrade: false },
      regexRefreshIntervalMs: 600_000,
      sessionTimeoutMs: { value: 45_000, min: 45_000, max: 60_000 },
      heartbeatIntervalMs: { value: 5000, min: 5000, max: 15_000 },
      assignmentIntervalMs: { value: 1000, min: 0, max: 15_000 },
    })
  })

  it('says of 10,000 members asked for in one group who is in and who is not', () => {
    const world = new GroupWorld({ classicGroupSizeMax: 500 })
    const waiters = Array.from({ length: 10_000 }, () => world.join({ apiVersion: 3 }))
    world.advance(60_000)
    const errors = waiters.map((waiter) => world.joined(waiter)?.error)
    assert.equal(errors.filter((error) => error === 'NONE').length, 500)
    assert.equal(errors.filter((error) => error === 'GROUP_MAX_SIZE_REACHED').length, 9500)
  })
})

describe('The histories of groups', () => {
  it('keep the last 100 events of a group, and no more of all groups than is bounded', () => {
    const histories = new GroupHistories()
    for (let group = 0; group < 300; group++) {
      for (let atMs = 0; atMs < 101; atMs++) histories.add(`g${group}`, { atMs, kind: 'Joined', text: 'x' })
    }
    assert.deepEqual(histories.explain('g0'), [])
    assert.equal(histories.explain('g299').length, 100)
    assert.equal(histories.explain('g299')[0]?.atMs, 1)
    const kept = Array.from({ length: 300 }, (_, group) => histories.explain(`g${group}`).length)
    assert.equal(
      kept.reduce((sum, count) => sum + count, 0),
      20_000,
    )
  })

  it('cut what is too long', () => {
    const histories = new GroupHistories()
    histories.add('g', { atMs: 0, kind: 'Joined', text: 'x'.repeat(1000) })
    assert.equal(histories.explain('g')[0]?.text, `${'x'.repeat(500)}…`)
  })

  it('tell the story of a group', () => {
    const world = new GroupWorld()
    const waiter = world.join({ apiVersion: 3, clientId: 'app' })
    world.advance(3000)
    const memberId = world.joined(waiter)?.memberId ?? ''
    world.sync({ memberId, generationId: 1 })
    world.advance(10_000)
    assert.deepEqual(
      world.machine.explain('g').map(({ atMs, kind, text, tookMs }) => {
        return `${atMs} ${kind}: ${text}${tookMs === undefined ? '' : ` (${tookMs} ms)`}`
      }),
      [
        '1000000 Joined: Joined from /127.0.0.1 as app, protocols range, session 10000 ms, rebalance 60000 ms.',
        `1000000 RebalanceStarted: Rebalance begins: ${memberId} is new (no reason given).`,
        `1003000 RebalanceCompleted: Generation 1: protocol range, leader ${memberId}, 1 members joined: ${memberId} after 0 ms. (3000 ms)`,
        '1003000 Assigned: Asked after 3000 ms: gets nothing. (3000 ms)',
        '1013000 TimedOut: Was not heard from for 10000 ms: removed.',
        `1013000 RebalanceStarted: Rebalance begins: ${memberId} was not heard from.`,
        '1013000 Emptied: Empty in generation 2.',
      ],
    )
  })
})
