import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ConsumerWorld, imageWith, settle, TestConsumer } from '../consumer-fixture.ts'
import type { GroupCoordinatorMachine } from '../group-coordinator-machine.ts'

const names = ['a', 'b', 'c', 'd']

type Step =
  | { readonly do: 'beat' | 'forget'; readonly who: number }
  | { readonly do: 'leave'; readonly who: number; readonly forAWhile: boolean }
  | { readonly do: 'topics'; readonly t: number; readonly u: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'restart' | 'resolve' }

const who = fc.nat(names.length - 1)
const steps = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: fc.record({ do: fc.constant('beat' as const), who }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('forget' as const), who }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('leave' as const), who, forAWhile: fc.boolean() }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('topics' as const), t: fc.integer({ min: 1, max: 6 }), u: fc.nat(4) }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(40_000) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('restart' as const, 'resolve') }) },
  ),
  { maxLength: 80 },
)

/** Clients of four kinds: by names, with an instance, by expression, by another assignor. */
class Clients {
  readonly world = new ConsumerWorld({ t: 4, u: 2 })
  members = names.map((name, index) => this.#client(index, name))
  #count = 0

  take(step: Step): void {
    switch (step.do) {
      case 'beat':
        return void this.members[step.who]?.beat()
      case 'forget':
        // It starts anew, with another id and nothing in its hands.
        this.members[step.who] = this.#client(step.who, `${names[step.who]}${++this.#count}`)
        return
      case 'leave':
        this.members[step.who]?.leave(step.who === 1 && step.forAWhile ? -2 : -1)
        this.members[step.who] = this.#client(step.who, `${names[step.who]}${++this.#count}`)
        return
      case 'topics':
        return this.world.setImage(imageWith({ t: step.t, ...(step.u === 0 ? {} : { u: step.u }) }))
      case 'wait':
        return this.world.advance(step.ms)
      case 'restart':
        return this.world.restart()
      case 'resolve':
        return this.world.resolve()
    }
  }

  #client(index: number, memberId: string): TestConsumer {
    const [byName, byInstance, byRegex] = [
      { topics: ['t', 'u'] },
      { topics: ['t'], instanceId: 'i' },
      { regex: '[tu]' },
    ]
    const kinds = [byName, byInstance, byRegex, { ...byName, assignor: 'range' }]
    return new TestConsumer(this.world, memberId, kinds[index] ?? byName)
  }
}

/** By partition: who may use it, or has not given it up. */
function ownersOf({ logged }: GroupCoordinatorMachine): Map<string, string[]> {
  const owners = new Map<string, string[]>()
  for (const member of logged.consumerGroups.get('g')?.members ?? []) {
    for (const [topicId, some] of [...member.assigned, ...member.pendingRevocation]) {
      for (const partition of some.keys()) {
        const key = `${topicId}${partition}`
        owners.set(key, [...(owners.get(key) ?? []), member.memberId])
      }
    }
  }
  return owners
}

/** All that is logged of the group, to be compared. */
function loggedBy({ logged }: GroupCoordinatorMachine): unknown {
  const group = logged.consumerGroups.get('g')
  if (group === undefined) return undefined
  const { groupEpoch, assignmentEpoch, assignedAtMs, metadataHash, target, regexes } = group
  const members = [...group.members].map((member) => [member.memberId, member] as const)
  return { groupEpoch, assignmentEpoch, assignedAtMs, metadataHash, target, regexes, members: new Map(members) }
}

describe('A consumer group, whatever its members do and when', () => {
  it('never has a partition that two members may use', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const clients = new Clients()
        for (const step of all) {
          clients.take(step)
          for (const owners of ownersOf(clients.world.machine).values()) assert.equal(owners.length, 1)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('never lets a member keep what it does not answer for', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const clients = new Clients()
        for (const step of all) {
          clients.take(step)
          const owners = ownersOf(clients.world.machine)
          for (const { memberId, owned, lastAnswer } of clients.members) {
            // Whoever was fenced will hear of it with its next heartbeat.
            const isMember = clients.world.machine.logged.consumerGroups.get('g')?.member(memberId) !== undefined
            if (!isMember || lastAnswer?.error !== 'NONE') continue
            for (const [name, some] of Object.entries(owned)) {
              const topicId = clients.world.image.topics.byName.get(name)?.id
              if (topicId === undefined) continue
              for (const partition of some) assert.deepEqual(owners.get(`${topicId}${partition}`), [memberId])
            }
          }
        }
      }),
      { numRuns: 200 },
    )
  })

  it('is rebuilt from its log as it was', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const clients = new Clients()
        for (const step of all) clients.take(step)
        assert.deepEqual(loggedBy(clients.world.rebuilt()), loggedBy(clients.world.machine))
      }),
      { numRuns: 200 },
    )
  })

  it('comes to rest with everything assigned when its members go on', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const clients = new Clients()
        for (const step of all) clients.take(step)
        const { world, members } = clients
        for (let round = 0; round < 20; round++) {
          for (const member of members) member.beat()
          world.resolve()
          world.advance(4000)
        }
        // A static member whose place is taken by its own ghost waits until that one’s session has ended.
        settle(members)
        const group = world.machine.logged.consumerGroups.get('g')
        assert.equal(group?.state, 'Stable')
        const partitions = [...world.image.topics.byName].reduce((sum, [, topic]) => sum + topic.partitions.length, 0)
        assert.equal(ownersOf(world.machine).size, partitions)
      }),
      { numRuns: 200 },
    )
  })
})
