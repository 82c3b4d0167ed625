/**
 * `gregor groups list | lag | reset`: what groups of consumers have read, asked of any cluster. `groups explain`, which
 * only a node of ours can answer, is in `groups-explain.ts`; what scripts call is kafka-consumer-groups.
 */
import type { Admin, GroupListing } from '@gregor/client'
import { defineCommand, flag, text, texts } from '../command.ts'
import type { Program } from '../program.ts'
import { emphasized, sayRows, type Row } from '../table.ts'
import { offsetRows } from '../tools/consumer-groups/group-offsets.ts'
import { planReset, targetFrom } from './groups-reset-plan.ts'
import { clusterOptions, withCluster } from './cluster-options.ts'

const group = text({ summary: 'Its group id.' })

export const groupsList = defineCommand({
  name: 'groups list',
  summary: 'List groups of all kinds, with their state, members and lag.',
  arguments: {},
  options: clusterOptions,
  examples: ['groups list', 'groups list --bootstrap kafka-1:9092 --json'],
  run: ({ json, ...cluster }, program) =>
    withCluster(cluster, { command: 'groups list', program }, async (admin) => {
      const { groups, failures } = await admin.listGroups()
      for (const { brokerId, error } of failures) {
        program.out.error(`gregor groups list: broker ${brokerId} did not answer: ${error.message}`)
      }
      const rows = await Promise.all(groups.map((one) => listRow(one, admin)))
      const sorted = rows.toSorted((a, b) => (String(a['group']) < String(b['group']) ? -1 : 1))
      sayRows({ columns: ['group', 'type', 'state', 'members', 'lag'], rows: sorted, json }, program)
      return failures.length === 0 ? 0 : 1
    }),
})

async function listRow({ groupId, type, state, protocolType }: GroupListing, admin: Admin): Promise<Row> {
  const row = { group: groupId, type: type ?? '', state: state ?? '' }
  const isOfConsumers =
    (type === 'Consumer' || type === 'Classic') && (protocolType === 'consumer' || protocolType === '')
  const described = isOfConsumers ? (await admin.describeConsumerGroups([groupId])).get(groupId)?.value : undefined
  if (described === undefined) return { ...row, members: '-', lag: '-' }
  const lags = (await offsetRows(described, admin, {}))
    .map(({ lag }) => Number(lag))
    .filter((lag) => !Number.isNaN(lag))
  return { ...row, members: described.members.length, lag: lags.reduce((sum, lag) => sum + lag, 0) }
}

export const groupsLag = defineCommand({
  name: 'groups lag',
  summary: 'Tell how far a group has read each partition, how far behind it is, and who reads.',
  arguments: { group },
  options: clusterOptions,
  examples: ['groups lag orders-app'],
  run: ({ group: groupId, json, ...cluster }, program) =>
    withCluster(cluster, { command: 'groups lag', program }, async (admin) => {
      const described = (await admin.describeConsumerGroups([groupId])).value(groupId)
      const rows = (await offsetRows(described, admin, {})).map((row) => ({
        topic: row.topic,
        partition: Number(row.partition),
        committed: numeric(row.offset),
        end: numeric(row.endOffset),
        lag: numeric(row.lag),
        client: row.clientId,
        host: row.host,
      }))
      if (json) {
        program.out.line(JSON.stringify({ group: groupId, state: described.state, partitions: rows }, null, 2))
        return
      }
      sayRows({ columns: ['topic', 'partition', 'committed', 'end', 'lag', 'client', 'host'], rows, json }, program)
      const total = rows.reduce((sum, { lag }) => sum + (typeof lag === 'number' ? lag : 0), 0)
      program.out.line('')
      program.out.line(
        emphasized(`${described.state}, ${described.members.length} member(s), ${total} record(s) behind`, program),
      )
    }),
})

function numeric(text: string): number | string {
  return /^-?\d+$/.test(text) ? Number(text) : text
}

export const groupsReset = defineCommand({
  name: 'groups reset',
  summary: 'Set what a group has read. Shows what would be set, and how much that is back or ahead; --yes does it.',
  arguments: { group },
  options: {
    to: text({
      summary:
        'Where: earliest, latest, an offset (100), records ahead or back (+10, -10), a time (2026-01-31T12:00:00Z), or how long ago (10m, 2h, 1d).',
      placeholder: 'place',
    }),
    topic: texts({
      summary: 'Only this topic. May be given more than once. Default: all it has read.',
      placeholder: 'topic',
    }),
    yes: flag({ summary: 'Do it.' }),
    ...clusterOptions,
  },
  examples: ['groups reset orders-app --to earliest', 'groups reset orders-app --to 2h --topic orders --yes'],
  run({ group: groupId, to, topic, yes, json, ...cluster }, program) {
    const target = targetFrom(to, program.environment.clock.wallMs())
    return withCluster(cluster, { command: 'groups reset', program }, async (admin) => {
      const plan = await planReset(groupId, { target, topics: topic }, admin)
      const rows = plan.map(({ topic: name, partition, before, offset }) => ({
        topic: name,
        partition,
        now: before ?? '-',
        new: offset,
        change: before === undefined ? '' : signed(offset - before),
      }))
      if (yes) {
        await requireNobodyReads(groupId, admin)
        ;(await admin.alterConsumerGroupOffsets(groupId, plan)).all()
      }
      sayRows({ columns: ['topic', 'partition', 'now', 'new', 'change'], rows, json }, program)
      sayVerdict({ count: rows.length, isDone: yes, isQuiet: json }, program)
    })
  },
})

/** Members would commit what they have read over it. A group that is not there yet has none. */
async function requireNobodyReads(groupId: string, admin: Admin): Promise<void> {
  const members = (await admin.describeConsumerGroups([groupId])).get(groupId)?.value?.members ?? []
  if (members.length === 0) return
  const clients = [...new Set(members.map(({ clientId, host }) => `${clientId} on ${host}`))].join(', ')
  throw new Error(`the group has ${members.length} member(s): ${clients}. Stop them first.`)
}

function signed(change: number): string {
  return change > 0 ? `+${change}` : String(change)
}

function sayVerdict(
  { count, isDone, isQuiet }: { readonly count: number; readonly isDone: boolean; readonly isQuiet: boolean },
  { out }: Program,
): void {
  if (isQuiet) return
  out.line('')
  if (count === 0) out.line('The group has read nothing: --topic says what it is to read.')
  else out.line(isDone ? `Set ${count} offset(s).` : 'Nothing was changed: --yes does it.')
}
