import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeAssignment } from '@gregor/protocol'
import fc from 'fast-check'
import { subscription } from '../classic-consumer-fixture.ts'
import { ConsumerWorld, TestConsumer } from '../consumer-fixture.ts'
import type { GroupCoordinatorMachine } from '../group-coordinator-machine.ts'

const sessions = { sessionTimeoutMs: 45_000, rebalanceTimeoutMs: 60_000 }

/** A classic consumer that takes one step at a time: what it waits for may come later, or never. */
class SteppingConsumer {
  readonly #world: ConsumerWorld
  readonly #instanceId: string | undefined
  readonly waiters: number[] = []
  memberId = ''
  generationId = -1
  #joining: number | undefined
  #syncing: number | undefined

  constructor(world: ConsumerWorld, instanceId: string | undefined) {
    this.#world = world
    this.#instanceId = instanceId
  }

  step(): void {
    if (this.#joining !== undefined) return this.#readJoin(this.#joining)
    if (this.#syncing !== undefined) return this.#readSync(this.#syncing)
    if (this.memberId === '' || this.generationId === -1) return this.#join()
    const error = this.#world.heartbeat(this.memberId, this.generationId, this.#instance)
    if (error === 'REBALANCE_IN_PROGRESS') this.#join()
    else if (error !== 'NONE') this.#forget()
  }

  leave(): void {
    this.#world.leave({ memberId: this.memberId, ...this.#instance })
    this.#forget()
  }

  get #instance(): { instanceId?: string } {
    return this.#instanceId === undefined ? {} : { instanceId: this.#instanceId }
  }

  #forget(): void {
    this.memberId = ''
    this.generationId = -1
    this.#joining = undefined
    this.#syncing = undefined
  }

  #join(): void {
    const protocols = { range: subscription }
    this.#joining = this.#world.join({ memberId: this.memberId, protocols, ...sessions, ...this.#instance })
    this.waiters.push(this.#joining)
  }

  #readJoin(waiter: number): void {
    const answer = this.#world.joined(waiter)
    if (answer === undefined) return
    this.#joining = undefined
    if (answer.error === 'MEMBER_ID_REQUIRED') this.memberId = answer.memberId
    else if (answer.error === 'NONE') this.#sync(answer.memberId, answer.generationId ?? -1, answer.members ?? [])
    else if (answer.error !== 'REBALANCE_IN_PROGRESS') this.#forget()
  }

  #sync(memberId: string, generationId: number, members: readonly { memberId: string }[]): void {
    this.memberId = memberId
    this.generationId = generationId
    const parts = members.map((member, index) => {
      const partitions = [0, 1, 2, 3].filter((one) => one % members.length === index)
      return [member.memberId, encodeAssignment({ assignedPartitions: [{ topic: 't', partitions }], userData: null })]
    })
    const assignments = Object.fromEntries(parts) as Record<string, Buffer>
    this.#syncing = this.#world.sync({ memberId, generationId, assignments, ...this.#instance })
    this.waiters.push(this.#syncing)
  }

  #readSync(waiter: number): void {
    const answer = this.#world.synced(waiter)
    if (answer === undefined) return
    this.#syncing = undefined
    if (answer.error === 'REBALANCE_IN_PROGRESS') this.#join()
    else if (answer.error !== 'NONE') this.#forget()
  }
}

type Step =
  | { readonly do: 'classic' | 'consumer' | 'leaveClassic' | 'leaveConsumer'; readonly who: number }
  | { readonly do: 'wait'; readonly ms: number }

const steps = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: fc.record({ do: fc.constantFrom('classic' as const, 'consumer'), who: fc.nat(2) }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constantFrom('leaveClassic' as const, 'leaveConsumer'), who: fc.nat(2) }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(30_000) }) },
  ),
  { maxLength: 120 },
)

class Clients {
  readonly world = new ConsumerWorld({ t: 4 })
  readonly classic = [undefined, undefined, 'i'].map((instanceId) => new SteppingConsumer(this.world, instanceId))
  consumers = [0, 1, 2].map((index) => this.#consumer(index, ''))
  #count = 0

  take(step: Step): void {
    if (step.do === 'wait') return this.world.advance(step.ms)
    const { who } = step
    if (step.do === 'classic') return this.classic[who]?.step()
    if (step.do === 'consumer') return void this.consumers[who]?.beat()
    if (step.do === 'leaveClassic') return this.classic[who]?.leave()
    this.consumers[who]?.leave(who === 2 && this.#count % 2 === 0 ? -2 : -1)
    this.consumers[who] = this.#consumer(who, String(++this.#count))
  }

  /** The third has the instance of a classic one. */
  #consumer(index: number, suffix: string): TestConsumer {
    const options = { topics: ['t'] }
    return new TestConsumer(this.world, `n${index}${suffix}`, index === 2 ? { ...options, instanceId: 'i' } : options)
  }
}

function loggedBy({ logged }: GroupCoordinatorMachine): unknown {
  const group = logged.consumerGroups.get('g')
  return {
    classic: logged.storedClassicGroups.get('g'),
    epochs: [group?.groupEpoch, group?.assignmentEpoch, group?.metadataHash],
    members: new Map([...(group?.members ?? [])].map((member) => [member.memberId, member])),
    target: group?.target,
  }
}

describe('A group with members of both protocols, whatever they do and when', () => {
  it('is of one kind at a time, and nothing in it has two owners', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const clients = new Clients()
        for (const step of all) {
          clients.take(step)
          const { logged } = clients.world.machine
          assert.ok(!(logged.storedClassicGroups.has('g') && logged.consumerGroups.has('g')))
          const owned = [...(logged.consumerGroups.get('g')?.members ?? [])].flatMap((member) => {
            return [...member.assigned.values(), ...member.pendingRevocation.values()].flatMap((some) => [
              ...some.keys(),
            ])
          })
          assert.equal(new Set(owned).size, owned.length)
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

  it('answers all who wait when everybody goes away', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const clients = new Clients()
        for (const step of all) clients.take(step)
        clients.world.advance(1_000_000)
        for (const waiter of clients.classic.flatMap(({ waiters }) => waiters)) {
          assert.ok(clients.world.answers.has(waiter))
        }
      }),
      { numRuns: 200 },
    )
  })
})
