/**
 * Groups with their members. A consumer group is asked for as one of the new kind first (KIP-848), and as a classic one
 * where there is none of that id or the node is too old to know the kind.
 */
import {
  ConsumerGroupDescribe,
  DescribeGroups,
  type ResponseOf,
  ShareGroupDescribe,
  StreamsGroupDescribe,
  decodeAssignment,
} from '@gregor/protocol'
import type { NodeEndpoint } from '../cluster/cluster.ts'
import { type TopicPartition, sortedPartitions } from '../consumer/partition-set.ts'
import {
  type AdminContext,
  type CallOptions,
  type Report,
  type Try,
  errorOf,
  failure,
  inRounds,
  passingAtCoordinators,
  asIs,
} from './call.ts'
import { type AclOperation, operationsFromBits } from './resource-words.ts'
import type { Results } from './results.ts'
import { serves, toCoordinators } from './routing.ts'

export interface DescribeGroupsOptions extends CallOptions {
  readonly includeAuthorizedOperations?: boolean
}

interface GroupDescription {
  readonly groupId: string
  /** `Stable`, `Empty`, `PreparingRebalance`, `CompletingRebalance`, `Assigning`, `Reconciling`, `Dead`, … */
  readonly state: string
  readonly coordinator: NodeEndpoint
  /** `undefined` unless asked for. */
  readonly authorizedOperations: readonly AclOperation[] | undefined
}

interface MemberDescription {
  readonly memberId: string
  readonly clientId: string
  readonly host: string
  /** What it holds. */
  readonly assignment: readonly TopicPartition[]
}

export interface ConsumerGroupDescription extends GroupDescription {
  readonly type: 'Classic' | 'Consumer'
  /** Of a classic group: `consumer`, or empty where it only commits offsets. */
  readonly isSimpleConsumerGroup: boolean
  /** Empty while there is none. */
  readonly partitionAssignor: string
  readonly members: readonly ConsumerGroupMember[]
  /** `undefined` of classic groups. */
  readonly groupEpoch: number | undefined
  readonly targetAssignmentEpoch: number | undefined
}

export interface ConsumerGroupMember extends MemberDescription {
  readonly groupInstanceId: string | undefined
  readonly rackId: string | undefined
  /** What it shall hold; `undefined` of classic groups. */
  readonly targetAssignment: readonly TopicPartition[] | undefined
  /** `undefined` of classic groups. */
  readonly memberEpoch: number | undefined
  /** Whether it uses the new protocol; `undefined` where it is not told. */
  readonly upgraded: boolean | undefined
  /** Empty of classic groups. */
  readonly subscribedTopicNames: readonly string[]
  readonly subscribedTopicRegex: string | undefined
}

export interface ClassicGroupDescription extends GroupDescription {
  /** `consumer`, `connect`, …; empty where it only commits offsets. */
  readonly protocolType: string
  /** The one that was chosen; empty unless the group is stable. */
  readonly protocolData: string
  readonly isSimpleConsumerGroup: boolean
  readonly members: readonly ClassicGroupMember[]
}

export interface ClassicGroupMember extends MemberDescription {
  readonly groupInstanceId: string | undefined
  /** As the member gave them; what they say is for whoever knows the protocol. */
  readonly metadata: Buffer
  readonly assignmentBytes: Buffer
}

export interface ShareGroupDescription extends GroupDescription {
  readonly groupEpoch: number
  readonly targetAssignmentEpoch: number
  readonly assignor: string
  readonly members: readonly (MemberDescription & {
    readonly rackId: string | undefined
    readonly memberEpoch: number
    readonly subscribedTopicNames: readonly string[]
  })[]
}

/** Topology and members as the protocol has them. */
export interface StreamsGroupDescription extends GroupDescription {
  readonly groupEpoch: number
  readonly targetAssignmentEpoch: number
  readonly topology: ResponseOf<typeof StreamsGroupDescribe>['groups'][number]['topology']
  readonly members: ResponseOf<typeof StreamsGroupDescribe>['groups'][number]['members']
}

const classicMember = 0
const consumerMember = 1

export function describeConsumerGroups(
  context: AdminContext,
  groupIds: readonly string[],
  options: DescribeGroupsOptions,
): Promise<Results<string, ConsumerGroupDescription>> {
  const rounds = { ...options, name: 'describeConsumerGroups', keyOf: asIs, passing: passingAtCoordinators }
  const classic = new Set<string>()
  return inRounds(context, groupIds, rounds, (items, report, given) =>
    toCoordinators(context, 'group', { items, keyOf: asIs, report }, given, async (coordinator, part) => {
      const isKnown = await serves(context, coordinator.nodeId, ConsumerGroupDescribe, given)
      if (!isKnown) for (const groupId of part) classic.add(groupId)
      const asked = part.filter((groupId) => !classic.has(groupId))
      if (asked.length > 0) {
        await newGroups(context, { coordinator, groupIds: asked, given, options }, report, (groupId) =>
          classic.add(groupId),
        )
      }
      const rest = part.filter((groupId) => classic.has(groupId))
      if (rest.length === 0) return
      const groups = await classicGroups(context, { coordinator, groupIds: rest, given, options }, report)
      for (const group of groups) {
        if (group.protocolType === 'consumer' || group.protocolType === '') {
          report.done(group.groupId, consumerGroupFromClassic(group))
        } else {
          const said = `group ${group.groupId} is not a consumer group (${group.protocolType})`
          report.refused(group.groupId, failure('GROUP_ID_NOT_FOUND', said))
        }
      }
    }),
  )
}

export function describeClassicGroups(
  context: AdminContext,
  groupIds: readonly string[],
  options: DescribeGroupsOptions,
): Promise<Results<string, ClassicGroupDescription>> {
  const rounds = { ...options, name: 'describeClassicGroups', keyOf: asIs, passing: passingAtCoordinators }
  return inRounds(context, groupIds, rounds, (items, report, given) =>
    toCoordinators(context, 'group', { items, keyOf: asIs, report }, given, async (coordinator, part) => {
      const groups = await classicGroups(context, { coordinator, groupIds: part, given, options }, report)
      for (const group of groups) report.done(group.groupId, group)
    }),
  )
}

export function describeShareGroups(
  context: AdminContext,
  groupIds: readonly string[],
  options: DescribeGroupsOptions,
): Promise<Results<string, ShareGroupDescription>> {
  const rounds = { ...options, name: 'describeShareGroups', keyOf: asIs, passing: passingAtCoordinators }
  return inRounds(context, groupIds, rounds, (items, report, given) =>
    toCoordinators(context, 'group', { items, keyOf: asIs, report }, given, async (coordinator, part) => {
      const request = { groupIds: part, includeAuthorizedOperations: options.includeAuthorizedOperations ?? false }
      const { response } = await context.cluster.send(coordinator.nodeId, ShareGroupDescribe, request, given)
      for (const group of response.groups) {
        const error = errorOf(group.errorCode, group.errorMessage)
        if (error !== undefined) report.failed(group.groupId, error)
        else
          report.done(group.groupId, {
            ...described(group, coordinator, options),
            groupEpoch: group.groupEpoch,
            targetAssignmentEpoch: group.assignmentEpoch,
            assignor: group.assignorName,
            members: group.members.map(({ clientHost, rackId, assignment, ...member }) => ({
              ...member,
              host: clientHost,
              rackId: rackId ?? undefined,
              assignment: partitionsOf(assignment.topicPartitions),
            })),
          })
      }
    }),
  )
}

export function describeStreamsGroups(
  context: AdminContext,
  groupIds: readonly string[],
  options: DescribeGroupsOptions,
): Promise<Results<string, StreamsGroupDescription>> {
  const rounds = { ...options, name: 'describeStreamsGroups', keyOf: asIs, passing: passingAtCoordinators }
  return inRounds(context, groupIds, rounds, (items, report, given) =>
    toCoordinators(context, 'group', { items, keyOf: asIs, report }, given, async (coordinator, part) => {
      const request = { groupIds: part, includeAuthorizedOperations: options.includeAuthorizedOperations ?? false }
      const { response } = await context.cluster.send(coordinator.nodeId, StreamsGroupDescribe, request, given)
      for (const group of response.groups) {
        const error = errorOf(group.errorCode, group.errorMessage)
        if (error !== undefined) report.failed(group.groupId, error)
        else
          report.done(group.groupId, {
            ...described(group, coordinator, options),
            groupEpoch: group.groupEpoch,
            targetAssignmentEpoch: group.assignmentEpoch,
            topology: group.topology,
            members: group.members,
          })
      }
    }),
  )
}

interface Asked {
  readonly coordinator: NodeEndpoint
  readonly groupIds: readonly string[]
  readonly given: Try
  readonly options: DescribeGroupsOptions
}

async function newGroups(
  { cluster }: AdminContext,
  { coordinator, groupIds, given, options }: Asked,
  report: Report<string, ConsumerGroupDescription>,
  isClassic: (groupId: string) => void,
): Promise<void> {
  const request = { groupIds, includeAuthorizedOperations: options.includeAuthorizedOperations ?? false }
  const { response } = await cluster.send(coordinator.nodeId, ConsumerGroupDescribe, request, given)
  for (const group of response.groups) {
    const error = errorOf(group.errorCode, group.errorMessage)
    if (error?.code === 'GROUP_ID_NOT_FOUND' || error?.code === 'UNSUPPORTED_VERSION') isClassic(group.groupId)
    else if (error !== undefined) report.failed(group.groupId, error)
    else
      report.done(group.groupId, {
        ...described(group, coordinator, options),
        type: 'Consumer',
        isSimpleConsumerGroup: false,
        partitionAssignor: group.assignorName,
        groupEpoch: group.groupEpoch,
        targetAssignmentEpoch: group.assignmentEpoch,
        members: group.members.map(consumerGroupMember),
      })
  }
}

async function classicGroups(
  { cluster }: AdminContext,
  { coordinator, groupIds, given, options }: Asked,
  report: Report<string, never>,
): Promise<readonly ClassicGroupDescription[]> {
  const request = (version: number) => ({
    groups: groupIds,
    includeAuthorizedOperations: version >= operationsVersion && options.includeAuthorizedOperations === true,
  })
  const { response } = await cluster.send(coordinator.nodeId, DescribeGroups, request, given)
  return response.groups.flatMap((group) => {
    const error = errorOf(group.errorCode, group.errorMessage)
    if (error !== undefined) report.failed(group.groupId, error)
    if (error !== undefined) return []
    const { protocolType, protocolData } = group
    return {
      ...described(group, coordinator, options),
      protocolType,
      protocolData,
      isSimpleConsumerGroup: protocolType === '',
      members: group.members.map((member) => ({
        memberId: member.memberId,
        groupInstanceId: member.groupInstanceId ?? undefined,
        clientId: member.clientId,
        host: member.clientHost,
        assignment: protocolType === 'consumer' ? assignmentFrom(member.memberAssignment) : [],
        metadata: member.memberMetadata,
        assignmentBytes: member.memberAssignment,
      })),
    }
  })
}

/** KIP-430. */
const operationsVersion = 3

interface AnsweredGroup {
  readonly groupId: string
  readonly groupState: string
  readonly authorizedOperations: number
}

function described(group: AnsweredGroup, coordinator: NodeEndpoint, options: DescribeGroupsOptions): GroupDescription {
  const isAsked = options.includeAuthorizedOperations === true
  return {
    groupId: group.groupId,
    state: group.groupState,
    coordinator,
    authorizedOperations: isAsked ? operationsFromBits(group.authorizedOperations) : undefined,
  }
}

type AnsweredMember = ResponseOf<typeof ConsumerGroupDescribe>['groups'][number]['members'][number]

function consumerGroupMember(member: AnsweredMember): ConsumerGroupMember {
  const { memberType } = member
  return {
    memberId: member.memberId,
    groupInstanceId: member.instanceId ?? undefined,
    rackId: member.rackId ?? undefined,
    clientId: member.clientId,
    host: member.clientHost,
    assignment: partitionsOf(member.assignment.topicPartitions),
    targetAssignment: partitionsOf(member.targetAssignment.topicPartitions),
    memberEpoch: member.memberEpoch,
    upgraded: memberType === consumerMember ? true : memberType === classicMember ? false : undefined,
    subscribedTopicNames: member.subscribedTopicNames,
    subscribedTopicRegex: member.subscribedTopicRegex ?? undefined,
  }
}

function consumerGroupFromClassic(group: ClassicGroupDescription): ConsumerGroupDescription {
  const { groupId, state, coordinator, authorizedOperations, isSimpleConsumerGroup, protocolData } = group
  return {
    groupId,
    type: 'Classic',
    state,
    coordinator,
    authorizedOperations,
    isSimpleConsumerGroup,
    partitionAssignor: protocolData,
    groupEpoch: undefined,
    targetAssignmentEpoch: undefined,
    members: group.members.map(({ memberId, groupInstanceId, clientId, host, assignment }) => ({
      memberId,
      groupInstanceId,
      rackId: undefined,
      clientId,
      host,
      assignment,
      targetAssignment: undefined,
      memberEpoch: undefined,
      upgraded: undefined,
      subscribedTopicNames: [],
      subscribedTopicRegex: undefined,
    })),
  }
}

function partitionsOf(
  topics: readonly { readonly topicName: string; readonly partitions: readonly number[] }[],
): readonly TopicPartition[] {
  return sortedPartitions(
    topics.flatMap(({ topicName, partitions }) => partitions.map((partition) => ({ topic: topicName, partition }))),
  )
}

/** Empty while the group is not stable. */
function assignmentFrom(bytes: Buffer): readonly TopicPartition[] {
  if (bytes.length === 0) return []
  const { assignedPartitions } = decodeAssignment(bytes)
  return partitionsOf(assignedPartitions.map(({ topic, partitions }) => ({ topicName: topic, partitions })))
}
