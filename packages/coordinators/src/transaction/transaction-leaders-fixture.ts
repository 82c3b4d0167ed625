/**
 * Partitions that producers write to and coordinators write markers to, as plainly as it can be said: for the properties
 * of transactions. A record is open until a marker closes it, which gives it its fate.
 */
import type { ProtocolError } from '@gregor/protocol'
import type { Producer } from './transaction-fixture.ts'
import type { WriteMarkers } from './transaction-event.ts'

export type Fate = 'Commit' | 'Abort'

interface Leader {
  coordinatorEpoch: number
  /** Of producer ids. */
  readonly epochs: Map<number, number>
  readonly open: Map<number, number[]>
}

export class Leaders {
  readonly #partitions = new Map<string, Leader>()
  /** By record. */
  readonly fates = new Map<number, Fate>()

  get openRecords(): readonly number[] {
    return [...this.#partitions.values()].flatMap(({ open }) => [...open.values()].flat())
  }

  /** @returns false where the producer is fenced. */
  append(topic: string, partition: number, { producerId, producerEpoch }: Producer, record: number): boolean {
    const { epochs, open } = this.#at(topic, partition)
    if (producerEpoch < (epochs.get(producerId) ?? 0)) return false
    epochs.set(producerId, producerEpoch)
    open.set(producerId, [...(open.get(producerId) ?? []), record])
    return true
  }

  mark(topic: string, partition: number, marker: Omit<WriteMarkers, 'topics'>): ProtocolError {
    const leader = this.#at(topic, partition)
    const { producerId, producerEpoch } = marker
    if (marker.coordinatorEpoch < leader.coordinatorEpoch) return 'TRANSACTION_COORDINATOR_FENCED'
    const [known, open] = [leader.epochs.get(producerId) ?? 0, leader.open.get(producerId) ?? []]
    const isAbove = producerEpoch > known || (producerEpoch === known && open.length === 0)
    if (marker.transactionVersion === 2 ? !isAbove : producerEpoch < known) return 'INVALID_PRODUCER_EPOCH'
    leader.coordinatorEpoch = marker.coordinatorEpoch
    leader.epochs.set(producerId, producerEpoch)
    leader.open.delete(producerId)
    for (const record of open) this.fates.set(record, marker.outcome)
    return 'NONE'
  }

  #at(topic: string, partition: number): Leader {
    const key = `${topic}-${partition}`
    const leader = this.#partitions.get(key) ?? { coordinatorEpoch: 0, epochs: new Map(), open: new Map() }
    this.#partitions.set(key, leader)
    return leader
  }
}
