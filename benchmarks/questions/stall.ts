/**
 * For how long work in the background keeps the thread that serves clients: the longest turn of the event loop while a
 * log of 256 MiB is compacted, or retention deletes 300 segments, with nothing else to do. Counted in the CPU time of
 * that thread, so that what else runs on the machine does not count.
 */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { BrokerConfig, resolveLogConfig } from '@gregor/config'
import { nodeEnvironment } from '@gregor/platform'
import { LogDirectories } from '@gregor/storage'

import type { Benchmark, Sample } from '../harness/benchmark.ts'
import { fillKeyedLog } from '../harness/filled-log.ts'

const mebibyte = 1024 * 1024
const topicPartition = { topic: 'filled', partition: 0 }

interface Work {
  readonly filling: { readonly segments: number; readonly segmentBytes: number }
  readonly configs: Readonly<Record<string, string>>
  /** False: there was nothing to do. */
  run(directories: LogDirectories): Promise<boolean>
}

const works: Readonly<Record<string, Work>> = {
  'a log of 256 MiB is compacted': {
    filling: { segments: 4, segmentBytes: 64 * mebibyte },
    configs: { 'cleanup.policy': 'compact' },
    run: ({ upkeep }) => upkeep.cleaner.cleanNext(),
  },
  'retention deletes 300 segments': {
    filling: { segments: 300, segmentBytes: 5 * mebibyte },
    configs: { 'retention.bytes': '0' },
    async run(directories) {
      await directories.upkeep.applyRetention()
      return directories.get(topicPartition)?.segments.all.length === 1
    },
  },
}

export const benchmark: Benchmark = {
  question: 'For how long does work in the background keep the thread that serves clients?',
  measures: [{ name: 'longest turn', unit: 'CPU-ms', better: 'less' }],
  cases: Object.keys(works),
  rounds: 5,
  peers: [{ name: 'Gregor', measure }],
}

async function measure(caseName: string): Promise<Sample> {
  const work = works[caseName]
  assert.ok(work !== undefined)
  const directory = mkdtempSync(join(tmpdir(), 'gregor-stall-'))
  try {
    const made = await open(directory, work)
    const log = await made.create(topicPartition, { topicId: 'bP8fQtJrQZ6Yh1k2m3n4oA' })
    await made.close({ brokerEpoch: -1 })
    fillKeyedLog(log.directory, work.filling)
    // Nobody has said that these are durable.
    rmSync(join(directory, 'recovery-point-offset-checkpoint'))
    rmSync(join(directory, '.kafka_cleanshutdown'))
    return { 'longest turn': await longestTurnMs(await open(directory, work), work) }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function open(directory: string, { configs }: Work): Promise<LogDirectories> {
  const config = BrokerConfig.load({ properties: new Map() })
  const directories = await LogDirectories.open({
    environment: nodeEnvironment({ logLevel: 'error' }),
    config,
    paths: [directory],
    nodeId: 1,
    logConfig: () => resolveLogConfig(config, new Map(Object.entries(configs))),
    onDirectoryFailed: ({ error }) => {
      throw error
    },
  })
  await directories.load()
  return directories
}

async function longestTurnMs(directories: LogDirectories, work: Work): Promise<number> {
  const log = directories.get(topicPartition)
  assert.ok(log !== undefined)
  log.roll(Date.now())
  log.setHighWatermark(log.logEndOffset)
  await log.sync()
  let isOver = false
  let longestMs = 0
  let beganMs = threadCpuMs()
  const turn = (): void => {
    const nowMs = threadCpuMs()
    longestMs = Math.max(longestMs, nowMs - beganMs)
    beganMs = nowMs
    if (!isOver) setImmediate(turn)
  }
  setImmediate(turn)
  const hadWork = await work.run(directories)
  isOver = true
  assert.ok(hadWork, 'nothing was done')
  await directories.close({ brokerEpoch: -1 })
  return longestMs
}

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
