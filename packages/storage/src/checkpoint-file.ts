/**
 * Apache Kafka’s text checkpoints: line 1 the version (0), line 2 the number of entries, then an entry per line.
 * Here: that frame, and the offset checkpoints of a log directory (`topic partition offset` lines). The epoch
 * checkpoint of a partition is in `leader-epochs`.
 *
 * A file that is missing or damaged is never fatal: every one of them can be rebuilt or done without. Where Apache
 * takes the directory offline, readers here get `problem` and go on.
 */

import { type Disk, DiskError } from '@gregor/platform'
import { ReplacedFile } from './replaced-file.ts'
import { type TopicPartition, partitionName } from './topic-partition.ts'

/** `problem` is `'missing'` or says what is wrong with the content; without it the lines are the whole file. */
export interface CheckpointLines {
  readonly lines: readonly string[]
  readonly problem?: string
}

export const offsetCheckpointNames = {
  /** What is durable: recovery after an unclean stop starts here. */
  recoveryPoint: 'recovery-point-offset-checkpoint',
  logStartOffset: 'log-start-offset-checkpoint',
  highWatermark: 'replication-offset-checkpoint',
  /** The end of what compaction has been through. */
  cleaner: 'cleaner-offset-checkpoint',
} as const

/** One offset per partition of a log directory. */
export class OffsetCheckpoint {
  /** Set when the file was there and could not be understood: what was in it is unknown. */
  readonly problem: string | undefined
  readonly #offsets: Map<string, TopicPartition & { readonly offset: number }>
  readonly #file: ReplacedFile

  private constructor(
    disk: Pick<Disk, 'replaceFile'>,
    path: string,
    loaded: { offsets: Map<string, TopicPartition & { readonly offset: number }>; problem: string | undefined },
  ) {
    this.problem = loaded.problem
    this.#offsets = loaded.offsets
    this.#file = new ReplacedFile(disk, path, () => this.#encode())
  }

  /** @throws DiskError when the file is there and cannot be read. */
  static load(disk: Pick<Disk, 'readFile' | 'replaceFile'>, path: string): OffsetCheckpoint {
    const { lines, problem } = readCheckpointLines(disk, path)
    const offsets = new Map<string, TopicPartition & { readonly offset: number }>()
    let damage = problem === 'missing' ? undefined : problem
    for (const line of lines) {
      const entry = parseOffsetLine(line)
      if (entry === undefined) damage ??= `not a line of topic, partition and offset: ${line.slice(0, 80)}`
      else offsets.set(partitionName(entry), entry)
    }
    if (damage !== undefined) offsets.clear()
    return new OffsetCheckpoint(disk, path, { offsets, problem: damage })
  }

  get path(): string {
    return this.#file.path
  }

  get(partition: TopicPartition): number | undefined {
    return this.#offsets.get(partitionName(partition))?.offset
  }

  entries(): Iterable<TopicPartition & { readonly offset: number }> {
    return this.#offsets.values()
  }

  set({ topic, partition }: TopicPartition, offset: number): void {
    this.#offsets.set(partitionName({ topic, partition }), { topic, partition, offset })
  }

  delete(partition: TopicPartition): void {
    this.#offsets.delete(partitionName(partition))
  }

  /** Resolves when what was set before the call is durable. @throws DiskError */
  flush(): Promise<void> {
    return this.#file.write()
  }

  #encode(): Buffer {
    return checkpointText(
      Array.from(this.#offsets.values(), ({ topic, partition, offset }) => `${topic} ${partition} ${offset}`),
    )
  }
}

export function checkpointText(lines: readonly string[]): Buffer {
  return Buffer.from(`0\n${lines.length}\n${lines.map((line) => `${line}\n`).join('')}`, 'utf8')
}

/** @throws DiskError unless the file is read or not there. */
export function readCheckpointLines(disk: Pick<Disk, 'readFile'>, path: string): CheckpointLines {
  let text: string
  try {
    text = disk.readFile(path).toString('utf8')
  } catch (error) {
    if (error instanceof DiskError && error.code === 'ENOENT') return { lines: [], problem: 'missing' }
    throw error
  }
  // Apache Kafka makes an empty file before it has anything to write.
  if (text === '') return { lines: [], problem: 'missing' }
  const [version, count, ...rest] = text.split(/\r?\n/)
  if (version !== '0') return { lines: [], problem: `version ${(version ?? '').slice(0, 20)} is not 0` }
  const lines = rest.filter((line) => line !== '')
  if (count === undefined || !/^\d{1,9}$/.test(count)) return { lines: [], problem: 'no entry count' }
  if (lines.length !== Number(count)) return { lines: [], problem: `${lines.length} of ${count} entries are there` }
  return { lines }
}

function parseOffsetLine(line: string): (TopicPartition & { readonly offset: number }) | undefined {
  const match = /^(\S+) (\d{1,10}) (\d{1,16})$/.exec(line)
  if (match === null) return undefined
  const [, topic = '', partition, offset] = match
  return { topic, partition: Number(partition), offset: Number(offset) }
}
