/** What `--reset-offsets` sets: which partitions of a group, and to what, by the scenario that was chosen. */
import type { Admin, CallOptions, TopicPartition } from '@gregor/client'
import type { Program } from '../../program.ts'
import { fileContent } from '../client-properties.ts'
import { usageError } from '../joptsimple.ts'
import { scenarioNames, type ConsumerGroupsGiven } from './consumer-group-options.ts'
import {
  byTopicAndPartition,
  committedOffsets,
  logOffsets,
  partitionsOfTopics,
  partitionText,
} from './group-offsets.ts'
import { plansFromCsv } from './plan-csv.ts'
import { durationMs, wallTimeMs } from './java-times.ts'

export interface PlannedOffset extends TopicPartition {
  readonly offset: number
}

export interface ResetAsked {
  readonly given: ConsumerGroupsGiven
  readonly admin: Admin
  readonly options: CallOptions
  readonly program: Program
}

/** Sorted. @throws ToolExit where what is asked for cannot be done at all. */
export async function resetPlan(groupId: string, asked: ResetAsked): Promise<readonly PlannedOffset[]> {
  const partitions = await partitionsToReset(groupId, asked)
  await requireUsable(partitions, asked)
  const planned = await plannedOffsets(groupId, partitions, asked)
  return planned.toSorted(byTopicAndPartition)
}

async function partitionsToReset(groupId: string, asked: ResetAsked): Promise<readonly TopicPartition[]> {
  const { given, admin, options } = asked
  if (given.has('all-topics')) {
    const committed = await committedOffsets(groupId, admin, options)
    return Array.from(committed.values(), ({ topic, partition }) => ({ topic, partition }))
  }
  if (given.has('topic')) return partitionsFromArguments(given.values('topic'), asked)
  if (given.has('from-file')) return []
  throw usageError('One of the reset scopes should be defined: --all-topics, --topic.')
}

/** `orders` is all its partitions, `orders:0,2` two of them. */
export async function partitionsFromArguments(
  texts: readonly string[],
  { admin, options }: Pick<ResetAsked, 'admin' | 'options'>,
): Promise<readonly TopicPartition[]> {
  const named = texts.filter((text) => text.includes(':')).flatMap(partitionsFromText)
  const topics = texts.filter((text) => !text.includes(':'))
  const whole = await unwrapped(() => partitionsOfTopics(topics, admin, options))
  const all = [...named, ...Array.from(whole.values(), ({ topic, partition }) => ({ topic, partition }))]
  return [...new Map(all.map((one) => [partitionText(one), one])).values()]
}

/** What the cluster said of it, without the exception around it. */
async function unwrapped<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof Error) || !(error.cause instanceof Error)) throw error
    throw new Error(error.cause.message, { cause: error.cause })
  }
}

/** @throws ToolExit with the help */
export function partitionsFromText(text: string): readonly TopicPartition[] {
  const [topic = '', list = '', ...more] = text.split(':')
  if (list === '' || more.length > 0) {
    throw usageError(`Invalid topic arg '${text}', expected topic name and partitions`)
  }
  return list.split(',').map((each) => {
    if (!/^[+-]?\d+$/.test(each)) throw usageError(`Invalid partition '${each}' specified in topic arg '${text}''`)
    return { topic, partition: Number(each) }
  })
}

async function requireUsable(partitions: readonly TopicPartition[], { admin, options }: ResetAsked): Promise<void> {
  const existing = await partitionsOfTopics([...new Set(partitions.map(({ topic }) => topic))], admin, options)
  const texts = partitions.map(partitionText)
  const missing = texts.filter((text) => !existing.has(text))
  if (missing.length > 0) throw new Error(`The partitions "${missing.join(',')}" do not exist`)
  const leaderless = texts.filter((text) => existing.get(text)?.hasLeader === false)
  if (leaderless.length > 0) throw new Error(`The partitions "${leaderless.join(',')}" have no leader`)
}

async function plannedOffsets(
  groupId: string,
  partitions: readonly TopicPartition[],
  asked: ResetAsked,
): Promise<readonly PlannedOffset[]> {
  const { given, program } = asked
  if (given.has('to-offset')) {
    const offset = given.values('to-offset')[0] ?? 0
    return withinLogs(
      partitions.map((one) => ({ ...one, offset })),
      asked,
    )
  }
  if (given.has('to-earliest')) return withOffsets(partitions, await logOffsets(partitions, 'earliest', asked))
  if (given.has('to-latest')) return withOffsets(partitions, await logOffsets(partitions, 'latest', asked))
  if (given.has('shift-by')) return shifted(groupId, partitions, asked)
  if (given.has('to-datetime')) return atTime(partitions, wallTimeMs(given.values('to-datetime')[0] ?? ''), asked)
  if (given.has('by-duration')) {
    const nowMs = program.environment.clock.wallMs()
    return atTime(partitions, nowMs - durationMs(given.value('by-duration') ?? ''), asked)
  }
  if (given.has('from-file')) return fromFile(groupId, asked)
  if (given.has('to-current')) return atCurrent(groupId, partitions, asked)
  throw usageError(`Option '[reset-offsets]' requires one of the following scenarios: [${scenarioNames}]`)
}

async function shifted(
  groupId: string,
  partitions: readonly TopicPartition[],
  asked: ResetAsked,
): Promise<readonly PlannedOffset[]> {
  const by = asked.given.value('shift-by') ?? 0
  const committed = await committedOffsets(groupId, asked.admin, asked.options)
  const wanted = partitions.map((one) => {
    const current = committed.get(partitionText(one))?.committed
    if (current === undefined) {
      throw usageError(
        `Cannot shift offset for partition ${partitionText(one)} since there is no current committed offset`,
      )
    }
    return { ...one, offset: current.offset + by }
  })
  return withinLogs(wanted, asked)
}

async function atTime(
  partitions: readonly TopicPartition[],
  timestampMs: number,
  asked: ResetAsked,
): Promise<readonly PlannedOffset[]> {
  const found = await logOffsets(partitions, { timestampMs }, asked)
  const none = partitions.filter((one) => found.get(partitionText(one)) === -1)
  for (const { topic, partition } of none) {
    asked.program.out.line(
      `\nWarn: Partition ${partition} from topic ${topic} is empty. Falling back to latest known offset.`,
    )
  }
  const ends = await logOffsets(none, 'latest', asked)
  return withOffsets(partitions, new Map([...found, ...ends]))
}

async function fromFile(groupId: string, asked: ResetAsked): Promise<readonly PlannedOffset[]> {
  const { given, program } = asked
  const csv = fileContent(given.values('from-file')[0] ?? '', program).toString()
  const groups = given.values('group')
  const plan = plansFromCsv(csv, groups.length === 1 ? groups[0] : undefined).get(groupId)
  if (plan === undefined) {
    program.out.line(`\nError: No reset plan for group ${groupId} found`)
    return []
  }
  return withinLogs(plan, asked)
}

/** What is committed, or the end where nothing is. */
async function atCurrent(
  groupId: string,
  partitions: readonly TopicPartition[],
  asked: ResetAsked,
): Promise<readonly PlannedOffset[]> {
  const committed = await committedOffsets(groupId, asked.admin, asked.options)
  const none = partitions.filter((one) => committed.get(partitionText(one))?.committed === undefined)
  const ends = await logOffsets(none, 'latest', asked)
  const currents = Array.from(committed, ([key, { committed: one }]) => [key, one?.offset ?? 0] as const)
  return withOffsets(partitions, new Map([...currents, ...ends]))
}

/** No offset before the first or behind the end: the nearest that there is, and a warning. */
async function withinLogs(wanted: readonly PlannedOffset[], asked: ResetAsked): Promise<readonly PlannedOffset[]> {
  const starts = await logOffsets(wanted, 'earliest', asked)
  const ends = await logOffsets(wanted, 'latest', asked)
  const { logger } = asked.program.environment
  return wanted.map(({ topic, partition, offset }) => {
    const key = partitionText({ topic, partition })
    const [start = 0, end = Infinity] = [starts.get(key), ends.get(key)]
    if (offset > end) {
      logger.warn(
        `New offset (${offset}) is higher than latest offset for topic partition ${key}. Value will be set to ${end}`,
      )
    } else if (offset < start) {
      logger.warn(
        `New offset (${offset}) is lower than earliest offset for topic partition ${key}. Value will be set to ${start}`,
      )
    }
    return { topic, partition, offset: Math.max(start, Math.min(end, offset)) }
  })
}

function withOffsets(
  partitions: readonly TopicPartition[],
  offsets: ReadonlyMap<string, number>,
): readonly PlannedOffset[] {
  return partitions.map(({ topic, partition }) => ({
    topic,
    partition,
    offset: offsets.get(partitionText({ topic, partition })) ?? 0,
  }))
}
