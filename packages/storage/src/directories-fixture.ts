/** For tests: log directories on a simulated disk. */
import assert from 'node:assert/strict'
import { BrokerConfig, type LogConfig } from '@gregor/config'
import { type SimulatedEnvironment, simulatedEnvironment } from '@gregor/testkit/simulation'
import { type FailedDirectory, LogDirectories, type LogDirectoriesOptions } from './log-directories.ts'
import { batchOf, testConfig } from './log-fixture.ts'
import type { LoadOptions } from './load-directory.ts'
import type { PartitionLog } from './partition-log.ts'

export const TOPIC_ID = 'bP8fQtJrQZ6Yh1k2m3n4oA'

export interface DirectoriesFixture {
  readonly environment: SimulatedEnvironment
  readonly directories: LogDirectories
  readonly failed: readonly FailedDirectory[]
}

export interface DirectoriesFixtureOptions {
  readonly environment?: SimulatedEnvironment
  readonly options?: Partial<LogDirectoriesOptions>
  readonly logConfig?: Partial<LogConfig>
  readonly settings?: Readonly<Record<string, string>>
  readonly load?: LoadOptions | undefined
}

/** Opens `/data/a` and `/data/b`, in a world of their own or in the one given, and loads what is in them. */
export async function openDirectoriesFixture(given: DirectoriesFixtureOptions = {}): Promise<DirectoriesFixture> {
  const environment = given.environment ?? simulatedEnvironment(1)
  const failed: FailedDirectory[] = []
  const directories = await environment.time.run(
    LogDirectories.open({
      environment,
      config: BrokerConfig.load({ properties: new Map(Object.entries(given.settings ?? {})) }),
      paths: ['/data/a', '/data/b'],
      nodeId: 1,
      logConfig: () => ({ ...testConfig, ...given.logConfig }),
      onDirectoryFailed: (one) => failed.push(one),
      ...given.options,
    }),
  )
  await environment.time.run(directories.load(given.load))
  return { environment, directories, failed }
}

export function orders(partition: number): { readonly topic: string; readonly partition: number } {
  return { topic: 'orders', partition }
}

export function create(
  { environment, directories }: DirectoriesFixture,
  partition: number,
  directoryId?: string,
): Promise<PartitionLog> {
  return environment.time.run(directories.create(orders(partition), { topicId: TOPIC_ID, directoryId }))
}

/** Appends as a client does. */
export function appendTo(fixture: DirectoriesFixture, log: PartitionLog, ...values: readonly string[]): void {
  appendBatch(fixture, log, batchOf(values))
}

export function appendBatch({ environment }: DirectoriesFixture, log: PartitionLog, batch: Buffer): void {
  const result = log.append(batch, { leaderEpoch: 0, origin: 'client', nowMs: environment.clock.wallMs() })
  assert.equal(result.error, 'NONE')
  log.setHighWatermark(log.logEndOffset)
}

export function close({ environment, directories }: DirectoriesFixture, brokerEpoch = 5): Promise<void> {
  return environment.time.run(directories.close({ brokerEpoch }))
}

/** A crash of the process, then a start in the same world. */
export function killAndReopen(
  fixture: DirectoriesFixture,
  given: DirectoriesFixtureOptions = {},
): Promise<DirectoriesFixture> {
  fixture.environment.disk.killHolders()
  return openDirectoriesFixture({ ...given, environment: fixture.environment })
}

export function textOf({ environment }: DirectoriesFixture, path: string): string {
  return environment.disk.readFile(path).toString('utf8')
}
