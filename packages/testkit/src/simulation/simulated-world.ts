/**
 * Nodes in one process on one seed: each with its disk, clock, log and place in the network, all on one virtual time.
 * A node can be killed (its page cache stays), lose its power (what was not synced is lost) and start again on what is
 * left. The same seed and the same calls give the same run, event by event: `time.digest` tells.
 */
import { type Environment, type Logger, MetricRegistry, type Random } from '@gregor/platform'
import { Life } from './life.ts'
import { RecordingLogger } from './recording-logger.ts'
import { seededRandom } from './seeded-random.ts'
import { SimulatedClock } from './simulated-clock.ts'
import { SimulatedDisk } from './simulated-disk.ts'
import { SimulatedHttp } from './simulated-http.ts'
import type { LinkLatency } from './simulated-link.ts'
import { SimulatedNetwork } from './simulated-network.ts'
import { VirtualTime } from './virtual-time.ts'

export interface SimulatedEnvironment extends Environment {
  readonly clock: SimulatedClock
  readonly disk: SimulatedDisk
  readonly http: SimulatedHttp
  readonly logger: RecordingLogger & Logger
  readonly metrics: MetricRegistry
  /** What makes time pass. Shared by all nodes of a world. */
  readonly time: VirtualTime
}

export interface SimulatedWorldOptions {
  /** A whole number; its low 32 bits count. */
  readonly seed: number
  /** Between any two hosts, unless set otherwise. Default: 0.1 to 1 ms. */
  readonly latency?: LinkLatency
}

export class SimulatedWorld {
  readonly random: Random
  readonly time: VirtualTime
  readonly network: SimulatedNetwork
  readonly #nodes = new Map<string, SimulatedNode>()

  constructor(options: SimulatedWorldOptions) {
    this.random = seededRandom(options.seed)
    this.time = new VirtualTime(this.#fork())
    this.network = new SimulatedNetwork({
      time: this.time,
      random: this.#fork(),
      ...(options.latency === undefined ? {} : { latency: options.latency }),
    })
  }

  /** The node of that name, which starts to live when first asked for. */
  node(name: string): SimulatedNode {
    let node = this.#nodes.get(name)
    if (node === undefined) {
      node = new SimulatedNode({ name, time: this.time, network: this.network, random: this.#fork() })
      this.#nodes.set(name, node)
    }
    return node
  }

  /** Own randomness for each part: what one draws does not move the others. */
  #fork(): Random {
    return seededRandom(this.random.uint32())
  }
}

interface NodeParts {
  readonly name: string
  readonly time: VirtualTime
  readonly network: SimulatedNetwork
  readonly random: Random
}

export class SimulatedNode {
  readonly name: string
  readonly disk: SimulatedDisk
  readonly #parts: NodeParts
  readonly #logger: RecordingLogger
  #life = new Life()
  #environment: SimulatedEnvironment

  constructor(parts: NodeParts) {
    this.name = parts.name
    this.#parts = parts
    this.#logger = new RecordingLogger(() => this.#environment.clock.wallMs())
    this.disk = new SimulatedDisk({
      random: seededRandom(parts.random.uint32()),
      wallMs: () => this.#environment.clock.wallMs(),
      time: parts.time,
    })
    this.#environment = this.#newEnvironment()
  }

  /** Of the life it lives now: take it anew after a restart. */
  get environment(): SimulatedEnvironment {
    return this.#environment
  }

  /** As `kill -9`: connections break, the disk keeps what was written. The node lives again at once, with nothing running. */
  kill(): void {
    this.#life.end()
    this.disk.killHolders()
    this.#begin()
  }

  /** As a pulled plug: nobody is told, and the disk loses what was not synced. `restart` brings the node back. */
  losePower(): void {
    this.#parts.network.vanish(this.name)
    this.#life.end()
    this.disk.crash()
  }

  /** After `losePower`: the node is on the network again, with nothing running. */
  restart(): void {
    this.#begin()
  }

  #begin(): void {
    this.#life = new Life()
    this.#environment = this.#newEnvironment()
  }

  #newEnvironment(): SimulatedEnvironment {
    const { time, network, random } = this.#parts
    return {
      time,
      clock: new SimulatedClock({ time, life: this.#life }),
      disk: this.disk,
      network: network.of(this.name, this.#life),
      http: new SimulatedHttp(),
      random: seededRandom(random.uint32()),
      logger: this.#logger,
      metrics: new MetricRegistry(),
    }
  }
}

/** A world of one node, for tests that need no second. */
export function simulatedEnvironment(seed: number): SimulatedEnvironment {
  return new SimulatedWorld({ seed }).node('node').environment
}
