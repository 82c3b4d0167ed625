/** What `gregor start` prints when the node is ready: where it is, where its data are, and what an acknowledgement means. */
import { kafkaVersion, version } from './version.ts'

export interface StartedNode {
  readonly nodeVersion: string
  /** One for each listener, as clients are told. */
  readonly addresses: readonly string[]
  /** Absolute. */
  readonly directories: readonly string[]
  /** Those whose disk failed. */
  readonly failedDirectories: readonly string[]
  readonly clusterId: string
  /** `log.flush.interval.messages` is 1. */
  readonly isSyncedBeforeAcknowledged: boolean
  /** `http://127.0.0.1:9404`; `undefined`: not served. */
  readonly monitoring: string | undefined
  /** From the start of the process. */
  readonly tookMs: number
}

export function bannerLines(node: StartedNode): readonly string[] {
  const { monitoring, failedDirectories } = node
  const rows: readonly (readonly [string, string])[] = [
    ['listening on', node.addresses.join(', ')],
    ['data in', `${node.directories.join(', ')} (cluster ${node.clusterId})`],
    ...(failedDirectories.length === 0
      ? []
      : [['offline', `${failedDirectories.join(', ')} ${untilNextStart}`] as const]),
    ['durability', node.isSyncedBeforeAcknowledged ? synced : pageCache],
    ...(monitoring === undefined ? [] : [['monitoring', `${monitoring}/health and ${monitoring}/metrics`] as const]),
    ['ready in', `${Math.round(node.tookMs)} ms`],
  ]
  return [
    `Gregor ${version} (Apache Kafka ${kafkaVersion}) on Node.js ${node.nodeVersion.replace(/^v/, '')}`,
    ...rows.map(([name, value]) => `  ${name.padEnd(14)}${value}`),
  ]
}

const untilNextStart = '(the disk failed: see the log; the partitions there are back with the start after it is mended)'
const synced = 'acknowledged means synced to the disk (log.flush.interval.messages=1)'
const pageCache =
  'acknowledged means in the page cache, synced within 1 s or 64 MiB; log.flush.interval.messages=1 syncs first'
