/** Where a node is in its life, and since when. Numbers are Kafka’s (`kafka.server:type=KafkaServer,name=BrokerState`). */
import type { Clock } from '@gregor/platform'

export type NodePhase = 'starting' | 'recovering' | 'running' | 'stopping' | 'failed'

export const phaseNumbers: Readonly<Record<NodePhase, number>> = {
  starting: 1,
  recovering: 2,
  running: 3,
  stopping: 7,
  failed: 127,
}

export class NodeState {
  readonly #clock: Pick<Clock, 'wallMs'>
  #phase: NodePhase = 'starting'
  #sinceMs: number

  constructor(clock: Pick<Clock, 'wallMs'>) {
    this.#clock = clock
    this.#sinceMs = clock.wallMs()
  }

  get phase(): NodePhase {
    return this.#phase
  }

  /** Milliseconds since the epoch. */
  get sinceMs(): number {
    return this.#sinceMs
  }

  /** A node that has failed stays failed while it stops. */
  enter(phase: NodePhase): void {
    if (this.#phase === phase || this.#phase === 'failed') return
    this.#phase = phase
    this.#sinceMs = this.#clock.wallMs()
  }
}
