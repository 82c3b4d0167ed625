/** How kafka-consumer-groups prints a group: its columns, and what it says before of a group that is not as usual. */
import type { ConsumerGroupDescription, ConsumerGroupMember, TopicPartition } from '@gregor/client'
import type { Program } from '../../program.ts'

const missing = '-'

/** Of a partition that a group reads. Texts of what is not known are `-`. */
export interface OffsetRow {
  readonly topic: string
  readonly partition: string
  readonly leaderEpoch: string
  readonly offset: string
  readonly endOffset: string
  readonly lag: string
  readonly consumerId: string
  readonly host: string
  readonly clientId: string
}

/**
 * Says what is unusual of the group’s state. Whether there is anything to print besides.
 * @param rowCount - `undefined` where there is no such group.
 */
export function saysState(
  { groupId, state }: Pick<ConsumerGroupDescription, 'groupId' | 'state'>,
  rowCount: number,
  { out }: Program,
): boolean {
  switch (state) {
    case 'Dead':
      out.line(`\nError: Consumer group '${groupId}' does not exist.`)
      return false
    case 'Empty':
      out.error(`\nConsumer group '${groupId}' has no active members.`)
      return rowCount > 0
    case 'PreparingRebalance':
    case 'CompletingRebalance':
    case 'Assigning':
    case 'Reconciling':
      out.error(`\nWarning: Consumer group '${groupId}' is rebalancing.`)
      return rowCount > 0
    case 'Stable':
      return rowCount > 0
    default:
      throw new Error(`Expected a valid consumer group state, but found '${state}'.`)
  }
}

export function offsetLines(group: string, rows: readonly OffsetRow[], isVerbose: boolean): readonly string[] {
  const titles: OffsetRow = {
    topic: 'TOPIC',
    partition: 'PARTITION',
    leaderEpoch: 'LEADER-EPOCH',
    offset: 'CURRENT-OFFSET',
    endOffset: 'LOG-END-OFFSET',
    lag: 'LAG',
    consumerId: 'CONSUMER-ID',
    host: 'HOST',
    clientId: 'CLIENT-ID',
  }
  const widest = (texts: readonly string[]): number => Math.max(15, ...texts.map((text) => text.length))
  const widths = {
    topic: widest(rows.map(({ topic }) => topic)),
    consumerId: widest(rows.map(({ consumerId }) => consumerId)),
    host: widest(rows.map(({ host }) => host)),
  }
  const groupWidth = widest([group])
  const line = (groupText: string, row: OffsetRow): string =>
    [
      groupText.padEnd(groupWidth),
      row.topic.padEnd(widths.topic),
      row.partition.padEnd(10),
      ...(isVerbose ? [row.leaderEpoch.padEnd(15)] : []),
      row.offset.padEnd(15),
      row.endOffset.padEnd(15),
      row.lag.padEnd(15),
      row.consumerId.padEnd(widths.consumerId),
      row.host.padEnd(widths.host),
      row.clientId,
    ].join(' ')
  return ['', line('GROUP', titles), ...rows.map((row) => line(group, row))]
}

export function memberLines(group: ConsumerGroupDescription, isVerbose: boolean): readonly string[] {
  const { members } = group
  const hasInstances = members.some(({ groupInstanceId }) => groupInstanceId !== undefined)
  const isMixed =
    members.some(({ upgraded }) => upgraded === true) && members.some(({ upgraded }) => upgraded === false)
  const rows = members.map((member) => memberRow(group, member))
  const widest = (key: keyof MemberRow, least: number): number => Math.max(least, ...rows.map((row) => row[key].length))
  const widths = {
    group: widest('group', 15),
    consumerId: widest('consumerId', 15),
    instanceId: widest('instanceId', 17),
    host: widest('host', 15),
    clientId: widest('clientId', 15),
    assignment: widest('assignment', 20),
    target: widest('target', 20),
  }
  const line = (row: MemberRow): string => {
    const cells = [
      row.group.padEnd(widths.group),
      row.consumerId.padEnd(widths.consumerId),
      ...(hasInstances ? [row.instanceId.padEnd(widths.instanceId)] : []),
      row.host.padEnd(widths.host),
      row.clientId.padEnd(widths.clientId),
      row.partitions.padEnd(15),
    ]
    const more = [row.epoch.padEnd(15), row.assignment.padEnd(widths.assignment), row.targetEpoch.padEnd(15)]
    const last = isMixed ? [row.target.padEnd(widths.target), row.upgraded] : [row.target.padEnd(widths.target)]
    return `${cells.join(' ')} ${isVerbose ? [...more, ...last].join(' ') : ''}`
  }
  return ['', line(memberTitles), ...rows.map(line)]
}

interface MemberRow {
  readonly group: string
  readonly consumerId: string
  readonly instanceId: string
  readonly host: string
  readonly clientId: string
  readonly partitions: string
  readonly epoch: string
  readonly assignment: string
  readonly targetEpoch: string
  readonly target: string
  readonly upgraded: string
}

const memberTitles: MemberRow = {
  group: 'GROUP',
  consumerId: 'CONSUMER-ID',
  instanceId: 'GROUP-INSTANCE-ID',
  host: 'HOST',
  clientId: 'CLIENT-ID',
  partitions: '#PARTITIONS',
  epoch: 'CURRENT-EPOCH',
  assignment: 'CURRENT-ASSIGNMENT',
  targetEpoch: 'TARGET-EPOCH',
  target: 'TARGET-ASSIGNMENT',
  upgraded: 'UPGRADED',
}

function memberRow(group: ConsumerGroupDescription, member: ConsumerGroupMember): MemberRow {
  return {
    group: group.groupId,
    consumerId: member.memberId,
    instanceId: member.groupInstanceId ?? '',
    host: member.host,
    clientId: member.clientId,
    partitions: String(member.assignment.length),
    epoch: known(member.memberEpoch),
    assignment: assignmentText(member.assignment),
    targetEpoch: known(group.targetAssignmentEpoch),
    target: assignmentText(member.targetAssignment ?? []),
    upgraded: known(member.upgraded),
  }
}

/** `orders:0,1;payments:3` */
function assignmentText(partitions: readonly TopicPartition[]): string {
  if (partitions.length === 0) return missing
  const texts = Array.from(
    Map.groupBy(partitions, ({ topic }) => topic),
    ([topic, each]) =>
      `${topic}:${each
        .map(({ partition }) => partition)
        .toSorted((a, b) => a - b)
        .join(',')}`,
  )
  return texts.toSorted().join(';')
}

export function stateLines(group: ConsumerGroupDescription, isVerbose: boolean): readonly string[] {
  const { host, port, nodeId } = group.coordinator
  const coordinator = `${host}:${port}  (${nodeId})`
  const widths = [Math.max(15, group.groupId.length), Math.max(25, coordinator.length), 20, 20]
  const line = (cells: readonly string[], epochs: readonly string[], members: string): string => {
    const wide = cells.map((cell, index) => cell.padEnd(widths[index] ?? 0))
    const more = isVerbose ? [(epochs[0] ?? '').padEnd(15), (epochs[1] ?? '').padEnd(25)] : []
    return [...wide, ...more, members].join(' ')
  }
  const assignor = group.partitionAssignor === '' ? missing : group.partitionAssignor
  return [
    '',
    line(
      ['GROUP', 'COORDINATOR (ID)', 'ASSIGNMENT-STRATEGY', 'STATE'],
      ['GROUP-EPOCH', 'TARGET-ASSIGNMENT-EPOCH'],
      '#MEMBERS',
    ),
    line(
      [group.groupId, coordinator, assignor, group.state],
      [known(group.groupEpoch), known(group.targetAssignmentEpoch)],
      String(group.members.length),
    ),
  ]
}

export function known(value: number | boolean | undefined): string {
  return value === undefined ? missing : String(value)
}
