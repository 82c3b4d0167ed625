/**
 * A client under test, as a program that is told what to do: one JSON object a line on its standard input, one answer a
 * line on its standard output (`{"result": …}` or `{"error": "…"}`). Each client's program stands in its suite's folder
 * and uses the client as its own guide does; what the operations are, is here. Keys and values travel as base64.
 */

import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'

import { background, collect, ended } from '../harness/process.ts'

export interface ClientRecord {
  /** Where the client is to put it; by its own partitioner where it is left out. */
  readonly partition?: number
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly (readonly [string, string | null])[]
  /** In ms since the epoch; the client's own where it is left out. */
  readonly timestamp?: number
}

export interface ConsumedRecord extends Required<ClientRecord> {
  readonly offset: number
}

export type Codec = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
export const codecs = ['gzip', 'snappy', 'lz4', 'zstd'] as const satisfies readonly Codec[]

export interface Produce {
  readonly topic: string
  readonly codec: Codec
  readonly acks: 'all' | '1' | '0'
  readonly idempotent: boolean
  readonly records: readonly ClientRecord[]
}

export interface Place {
  readonly partition: number
  readonly offset: number
}

export interface DescribedTopic {
  readonly id: string
  readonly partitions: number
  /** Those that were set for it. */
  readonly configs: Readonly<Record<string, string>>
}

export interface LoadResult {
  readonly sent: number
  /** Number, partition and offset of each. */
  readonly acknowledged: readonly (readonly [number, number, number])[]
  readonly failures: readonly string[]
}

/** Numbers of transactions, by how they ended as far as their client was told. */
export interface TransactionsResult {
  readonly committed: readonly number[]
  readonly aborted: readonly number[]
  /** It was not told, or gave up before: they may be either. */
  readonly unknown: readonly number[]
}

/** Each operation: what it is given, and what it answers. A client that lacks one says so in its suite. */
export interface Operations {
  /** Sends all, waits for all, and says where each went (offset -1 with acks=0). */
  produce: (given: Produce) => readonly Place[]
  /** Reads so many records of one partition, without a group. */
  consume: (given: {
    topic: string
    partition: number
    from: number | 'earliest'
    count: number
  }) => readonly ConsumedRecord[]
  /** `atTime`: the first offset at or after the timestamp, -1 where there is none. */
  offsets: (given: { topic: string; partition: number; timestamp: number }) => {
    earliest: number
    latest: number
    atTime: number
  }
  create: (given: { topic: string; partitions: number; configs: Readonly<Record<string, string>> }) => null
  topics: (given: Record<string, never>) => readonly string[]
  /** How many partitions it has. */
  describe: (given: { topic: string }) => number
  grow: (given: { topic: string; partitions: number }) => null
  config: (given: { topic: string; name: string }) => string
  alter: (given: { topic: string; name: string; value: string }) => null
  deleteRecords: (given: { topic: string; partition: number; before: number }) => number
  delete: (given: { topic: string }) => null
  /** Reads so many records of a topic as the only member of a group, commits them, and leaves. */
  group: (given: { topic: string; group: string; count: number }) => readonly ConsumedRecord[]
  /** The same by the protocol of KIP-848. */
  consumerGroup: Operations['group']
  /** Sends and commits `commit`, then sends and aborts `abort`. */
  transaction: (given: {
    topic: string
    transactionalId: string
    commit: readonly ClientRecord[]
    abort: readonly ClientRecord[]
  }) => null
  /**
   * Reads so many records of `source` as a member of the group and sends each on to `topic`, in one transaction with the
   * group’s offsets. Answers with the offsets that it read.
   */
  transfer: (given: {
    source: string
    topic: string
    group: string
    transactionalId: string
    count: number
    commits: boolean
  }) => readonly number[]
  /**
   * Two producers with one id: the first sends `zombie` in a transaction, the second takes over and commits `heir`, then
   * the first commits. Answers with what that one was told.
   */
  fence: (given: { topic: string; transactionalId: string; zombie: ClientRecord; heir: ClientRecord }) => string
  /** Sends a record and a group’s offset in partition 0 in a transaction that stays open. Java only. */
  openTransaction: (given: { topic: string; transactionalId: string; group: string; offset: number }) => null
  /** Ends one that was opened. Java only. */
  endTransaction: (given: { transactionalId: string; commits: boolean }) => null
  /** Everything that is there now, by `topic-partition`. Java only. */
  readAll: (given: {
    topics: readonly { readonly name: string; readonly partitions: number }[]
    isolation: 'read_committed' | 'read_uncommitted'
  }) => Readonly<Record<string, readonly ConsumedRecord[]>>
  /** What a group has committed for a partition; -1 where that is nothing. Java only. */
  committed: (given: { group: string; topic: string; partition: number }) => number
  /** Each topic that is not internal. Java only. */
  describeAll: (given: Record<string, never>) => Readonly<Record<string, DescribedTopic>>
  /** As `consume`, of committed transactions only. */
  consumeCommitted: (given: { topic: string; partition: number; count: number }) => readonly ConsumedRecord[]
  /**
   * Sends numbered records (`NUMBER:xxx…`) to partitions 0 and 1 in turns, idempotently, until `stopLoad`, and does not
   * mind that the server goes and comes.
   */
  startLoad: (given: { topic: string; perSecond: number }) => null
  stopLoad: (given: Record<string, never>) => LoadResult
  /**
   * Transactions, one after the other until `stopTransactions`, whatever becomes of the server: each sends so many
   * records (`NUMBER:INDEX`) to partitions 0 and 1 in turns and commits; of four, one aborts. With a group (Java only)
   * each commits its number as the group’s offset in partition 0. After an error the client begins anew with the same id.
   */
  startTransactions: (given: { topic: string; transactionalId: string; count: number; group?: string }) => null
  stopTransactions: (given: Record<string, never>) => TransactionsResult
  /** A walkthrough as its guide has it; what it returns is up to the walkthrough. */
  walkthrough: (given: { name: string; topic: string }) => unknown
}

export type Operation = keyof Operations

export interface Program {
  readonly command: string
  readonly given: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

const answerMsMax = 60_000

export class Driver {
  readonly #child: ChildProcess
  readonly #stderr: () => string
  readonly #answers: AsyncIterator<string>
  readonly #ended: Promise<unknown>

  private constructor(child: ChildProcess) {
    this.#child = child
    this.#stderr = collect(child, 'stderr')
    this.#ended = ended(child)
    if (child.stdout === null) throw new Error('a driver has no standard output')
    this.#answers = createInterface({ input: child.stdout, crlfDelay: Infinity })[Symbol.asyncIterator]()
    child.stdin?.on('error', () => child.stdin?.destroy())
  }

  /** The address of the server is the program's last argument. */
  static start({ command, given, environment }: Program, bootstrap: string): Driver {
    return new Driver(background(command, [...given, bootstrap], { ...(environment !== undefined && { environment }) }))
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** One at a time. Throws what the client says, or what it wrote to standard error when it ended. */
  async call<Name extends Operation>(
    operation: Name,
    given: Parameters<Operations[Name]>[0],
  ): Promise<ReturnType<Operations[Name]>> {
    this.#child.stdin?.write(`${JSON.stringify({ ...given, operation })}\n`)
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), answerMsMax)
    try {
      const { value, done } = await this.#answers.next()
      if (done === true) throw new Error(`the client ended during ${operation}: ${this.#stderr().trim().slice(-2_000)}`)
      const answer = JSON.parse(value) as { result?: unknown; error?: string }
      if (answer.error !== undefined) throw new Error(`${operation}: ${answer.error}`)
      return answer.result as ReturnType<Operations[Name]>
    } finally {
      clearTimeout(timer)
    }
  }

  /** It ends by itself when there is nothing more to do. */
  async close(): Promise<void> {
    this.#child.stdin?.end()
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5_000)
    await this.#ended
    clearTimeout(timer)
  }
}
