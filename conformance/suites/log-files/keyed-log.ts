/** A compacted partition of ours that lives a random life: batches, transactions, rolls, compaction. The same each time. */

import { join } from 'node:path'

import { BrokerConfig, resolveLogConfig } from '@gregor/config'
import { type Environment, nodeEnvironment } from '@gregor/platform'
import { BatchBuilder, type CompressionType, transactionMarkerBatch } from '@gregor/protocol'
import { LogDirectories, type PartitionLog } from '@gregor/storage'

const partition = { topic: 'events', partition: 0 }
const topicId = 'AAAAAAAAAAAAAAAAAAAALA'
const codecs: readonly CompressionType[] = ['none', 'none', 'gzip', 'snappy', 'lz4', 'zstd']
export const segmentBytes = 1200

export type Draw = (bound: number) => number

export class KeyedLog {
  /** Some days ago: Apache's classes go by the time there is, and forget what is older than 20 days. */
  nowMs = Date.now() - 10 * 86_400_000
  readonly #directory: string
  readonly #environment: Environment
  readonly #draw: Draw
  readonly #sequences = new Map<number, number>()
  readonly #open = new Set<number>()
  #directories: LogDirectories | undefined

  constructor(directory: string, draw: Draw) {
    this.#directory = directory
    this.#draw = draw
    const environment = nodeEnvironment({ logLevel: 'error' })
    const { clock } = environment
    this.#environment = {
      ...environment,
      clock: {
        wallMs: () => this.nowMs,
        monotonicMs: () => clock.monotonicMs(),
        schedule: (delayMs, callback) => clock.schedule(delayMs, callback),
        afterTurn: (callback) => clock.afterTurn(callback),
      },
    }
  }

  /** Where its files are, while it is closed. */
  get path(): string {
    return join(this.#directory, 'events-0')
  }

  async open(): Promise<PartitionLog> {
    const config = BrokerConfig.load({
      properties: new Map([
        ['log.dirs', this.#directory],
        ['transaction.partition.verification.enable', 'false'],
        ['producer.id.expiration.ms', String(20 * 86_400_000)],
        ['log.cleaner.min.cleanable.ratio', '0'],
      ]),
    })
    const topic = new Map([
      ['cleanup.policy', 'compact'],
      ['internal.segment.bytes', String(segmentBytes)],
      ['file.delete.delay.ms', '0'],
    ])
    this.#directories = await LogDirectories.open({
      environment: this.#environment,
      config,
      paths: [this.#directory],
      nodeId: 1,
      logConfig: () => resolveLogConfig(config, topic),
      onDirectoryFailed: ({ error }) => {
        throw error
      },
    })
    await this.#directories.load()
    const log = await this.#directories.create(partition, { topicId })
    log.setHighWatermark(log.logEndOffset)
    return log
  }

  async close(): Promise<void> {
    await this.#directories?.close({ brokerEpoch: 1 })
  }

  /** Runs our cleaner. Returns where the clean part ended before and ends now; `undefined` where there was nothing to do. */
  async compact(): Promise<{ readonly from: number; readonly to: number } | undefined> {
    const checkpoint = this.#directories?.directories[0]?.checkpoints.cleaner
    const from = checkpoint?.get(partition) ?? 0
    if ((await this.#directories?.upkeep.cleaner.cleanNext()) !== true) return undefined
    return { from, to: checkpoint?.get(partition) ?? 0 }
  }

  /** A round of random appends, and a new segment at its end. */
  write(log: PartitionLog): void {
    for (let steps = this.#draw(60); steps > 0; steps--) {
      const kind = this.#draw(10)
      if (kind < 7) this.#append(log)
      else if (kind < 9) this.#end(log, this.#draw(3))
      else log.roll(this.nowMs)
    }
    log.setHighWatermark(log.logEndOffset)
    log.roll(this.nowMs)
  }

  #append(log: PartitionLog): void {
    const producerId = this.#draw(4) - 1
    const isTransactional = producerId >= 0 && (this.#open.has(producerId) || this.#draw(2) === 0)
    const baseSequence = this.#sequences.get(producerId) ?? 0
    const idempotent = producerId < 0 ? {} : { producerId, producerEpoch: 0, baseSequence }
    const compression = codecs[this.#draw(codecs.length)] ?? 'none'
    const builder = new BatchBuilder({ compression, isTransactional, ...idempotent })
    const count = 1 + this.#draw(4)
    for (let number = 0; number < count; number++) {
      const value = this.#draw(4) === 0 ? null : Buffer.from(`value ${this.#draw(1000)}`)
      builder.append(
        Buffer.from(`key ${this.#draw(8)}`),
        value,
        [{ key: 'h', value: null }],
        this.nowMs - this.#draw(100),
      )
    }
    const { error } = log.append(builder.build(), { leaderEpoch: 0, origin: 'client', nowMs: this.nowMs })
    if (error !== 'NONE') throw new Error(`an append was refused: ${error}`)
    this.#sequences.set(producerId, baseSequence + count)
    if (isTransactional) this.#open.add(producerId)
  }

  #end(log: PartitionLog, producerId: number): void {
    this.#open.delete(producerId)
    const marker = transactionMarkerBatch({
      outcome: this.#draw(2) === 0 ? 'Commit' : 'Abort',
      producerId,
      producerEpoch: 0,
      coordinatorEpoch: 0,
      timestamp: this.nowMs,
    })
    log.append(marker, { leaderEpoch: 0, origin: 'coordinator', nowMs: this.nowMs })
  }
}
