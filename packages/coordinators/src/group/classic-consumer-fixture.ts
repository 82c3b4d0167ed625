/** For tests: a consumer of the classic protocol, in a classic group or in a consumer group. */
import { decodeAssignment, encodeSubscription } from '@gregor/protocol'
import type { ConsumerWorld } from './consumer-fixture.ts'
import type { JoinOptions } from './group-fixture.ts'

/** To topic `t`. */
export const subscription = encodeSubscription({ topics: ['t'], userData: null, ownedPartitions: [] }, 1)

function owning(partitions: readonly number[]): Buffer {
  const ownedPartitions = [{ topic: 't', partitions: [...partitions] }]
  return encodeSubscription({ topics: ['t'], userData: null, ownedPartitions }, 1)
}

/** A classic consumer, in either kind of group. */
export class ClassicConsumer {
  readonly world: ConsumerWorld
  readonly #options: JoinOptions
  memberId = ''
  generationId = -1
  owned: readonly number[] = []

  constructor(world: ConsumerWorld, options: JoinOptions = {}) {
    this.world = world
    this.#options = { protocols: { range: subscription }, sessionTimeoutMs: 45_000, ...options }
  }

  join(): string {
    const protocols = { range: owning(this.owned) }
    const waiter = this.world.join({ ...this.#options, protocols, memberId: this.memberId })
    return this.read(waiter)
  }

  /** The answer that it waited for. */
  read(waiter: number): string {
    const answer = this.world.joined(waiter)
    if (answer === undefined) return 'waits'
    this.memberId = answer.memberId
    if (answer.error === 'MEMBER_ID_REQUIRED') return this.join()
    this.generationId = answer.generationId ?? -1
    return answer.error
  }

  sync(): string {
    const { memberId, generationId } = this
    const answer = this.world.synced(this.world.sync({ memberId, generationId, ...this.#instance() }))
    if (answer === undefined) return 'waits'
    if (answer.error === 'NONE') {
      const { assignedPartitions } = decodeAssignment(Buffer.from(answer.assignment))
      this.owned = assignedPartitions.flatMap(({ partitions }) => partitions).toSorted((a, b) => a - b)
    }
    return answer.error
  }

  heartbeat(): string {
    return this.world.heartbeat(this.memberId, this.generationId, this.#instance())
  }

  /** As a client does: it rejoins when it is told so. */
  live(): void {
    if (this.heartbeat() !== 'REBALANCE_IN_PROGRESS') return
    this.join()
    this.sync()
  }

  #instance(): { instanceId?: string } {
    const { instanceId } = this.#options
    return instanceId === undefined ? {} : { instanceId }
  }
}
