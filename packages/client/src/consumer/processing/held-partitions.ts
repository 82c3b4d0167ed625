/** Partitions that are paused while there is enough to do. What the program has paused itself stays as it is. */
import type { Consumer } from '../consumer.ts'
import { type TopicPartition, partitionKey } from '../partition-set.ts'

export class HeldPartitions {
  readonly #consumer: Pick<Consumer, 'assignment' | 'paused' | 'pause' | 'resume'>
  readonly #held = new Set<string>()

  constructor(consumer: Pick<Consumer, 'assignment' | 'paused' | 'pause' | 'resume'>) {
    this.#consumer = consumer
  }

  /** Pauses all that is assigned and runs. */
  hold(): void {
    const paused = new Set(this.#consumer.paused.map(partitionKey))
    const running: readonly TopicPartition[] = this.#consumer.assignment.filter((one) => !paused.has(partitionKey(one)))
    for (const one of running) this.#held.add(partitionKey(one))
    this.#consumer.pause(running)
  }

  /** Resumes what it paused. */
  release(): void {
    this.#consumer.resume(this.#consumer.assignment.filter((one) => this.#held.has(partitionKey(one))))
    this.#held.clear()
  }
}
