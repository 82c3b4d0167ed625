/** The real world: every part of `Environment` on Node.js. Built once, in `main` or in `startBroker`. */
import type { Disk, Environment, LogLevel } from '../environment.ts'
import { LineLogger } from '../line-logger.ts'
import { MemoryDisk } from '../memory-disk.ts'
import { MetricRegistry } from '../metric-registry.ts'
import { NodeClock } from './clock.ts'
import { NodeDisk } from './disk.ts'
import { NodeHttp } from './http.ts'
import { NodeNetwork } from './network.ts'
import { nodeRandom } from './random.ts'

export interface NodeEnvironmentOptions {
  /** Default: `info`. */
  readonly logLevel?: LogLevel
  /** Default: `text`, as Kafka's own log. */
  readonly logFormat?: 'text' | 'json'
  /** Where log lines go. Default: standard output. */
  readonly writeLog?: (entry: string) => void
  /** Default: the file system. `memory`: files that are gone with the environment. */
  readonly disk?: Disk | 'memory'
  /** Of the file system: see `NodeDiskOptions`. */
  readonly syncsAtOnce?: () => boolean
}

export function nodeEnvironment(options: NodeEnvironmentOptions = {}): Environment {
  const clock = new NodeClock()
  const logger = new LineLogger({
    level: options.logLevel ?? 'info',
    format: options.logFormat ?? 'text',
    wallMs: () => clock.wallMs(),
    write: options.writeLog ?? ((entry) => process.stdout.write(entry)),
  })
  return {
    clock,
    disk:
      options.disk === 'memory'
        ? new MemoryDisk({ wallMs: () => clock.wallMs() })
        : (options.disk ?? new NodeDisk(options)),
    network: new NodeNetwork({ logger }),
    http: new NodeHttp({ logger }),
    random: nodeRandom(),
    logger,
    metrics: new MetricRegistry(),
  }
}
