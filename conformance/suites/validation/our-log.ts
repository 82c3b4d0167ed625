/** A log of ours in a directory, at a time that stands still. */

import { BrokerConfig, resolveLogConfig } from '@gregor/config'
import { nodeEnvironment } from '@gregor/platform'
import { type AppendResult, LogDirectories, type PartitionLog } from '@gregor/storage'

import { type BatchCase, nowMs } from './batch-cases.ts'

export interface OurVerdict {
  readonly result: AppendResult
  readonly stored: Buffer | undefined
}

export class OurLog {
  readonly #config: BrokerConfig
  readonly #directories: LogDirectories
  readonly #log: PartitionLog

  static async open(directory: string): Promise<OurLog> {
    const config = BrokerConfig.load({
      properties: new Map([
        ['log.dirs', directory],
        ['transaction.partition.verification.enable', 'false'],
      ]),
    })
    const directories = await LogDirectories.open({
      environment: nodeEnvironment({ logLevel: 'error' }),
      config,
      paths: [directory],
      nodeId: 1,
      logConfig: () => resolveLogConfig(config, new Map()),
      onDirectoryFailed: ({ error }) => {
        throw error
      },
    })
    await directories.load()
    const log = await directories.create({ topic: 'events', partition: 0 }, { topicId: 'AAAAAAAAAAAAAAAAAAAALA' })
    return new OurLog(config, directories, log)
  }

  private constructor(config: BrokerConfig, directories: LogDirectories, log: PartitionLog) {
    this.#config = config
    this.#directories = directories
    this.#log = log
  }

  async append({ configs, produceVersion, bytes }: BatchCase): Promise<OurVerdict> {
    this.#log.updateConfig(resolveLogConfig(this.#config, configs))
    // The log stamps what it is given.
    const given = { leaderEpoch: 5, origin: 'client', nowMs, produceVersion } as const
    const result = this.#log.append(Buffer.from(bytes), given)
    if (result.error !== 'NONE') return { result, stored: undefined }
    const upTo = this.#log.logEndOffset
    const read = await this.#log.read({ fetchOffset: result.baseOffset, maxBytes: 1 << 30, upTo, minOneBatch: true })
    if (read.error !== 'NONE') throw new Error(`what was appended cannot be read: ${read.error}`)
    return { result, stored: Buffer.concat(read.records) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#directories.close({ brokerEpoch: 1 })
  }
}
