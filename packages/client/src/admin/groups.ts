/** Groups of every kind: listed from all brokers, deleted, and members taken out. How they are described: `describe-groups.ts`. */
import { DeleteGroups, LeaveGroup, ListGroups } from '@gregor/protocol'
import { UnsupportedVersionError } from '../errors.ts'
import {
  type AdminContext,
  type CallOptions,
  check,
  errorOf,
  failure,
  inRounds,
  passingAtCoordinators,
  asIs,
} from './call.ts'
import { describeConsumerGroups } from './describe-groups.ts'
import type { Result, Results } from './results.ts'
import { brokerIds, inParts, toCoordinators } from './routing.ts'

export type GroupType = 'Classic' | 'Consumer' | 'Share' | 'Streams'

export interface ListGroupsOptions extends CallOptions {
  /** Only groups in one of these: `Stable`, `Empty`, `PreparingRebalance`, … (2.6 and later). Default: all. */
  readonly states?: readonly string[]
  /** Default: all (3.8 and later; before it there are classic ones only). */
  readonly types?: readonly GroupType[]
  /** What members said at joining: `consumer`, `connect`, …; empty for groups that only commit offsets. Default: all. */
  readonly protocolTypes?: readonly string[]
}

export interface GroupListing {
  readonly groupId: string
  /** `undefined` before 3.8. */
  readonly type: GroupType | undefined
  readonly protocolType: string
  /** `undefined` before 2.6. */
  readonly state: string | undefined
  /** It only commits offsets, and has no members. */
  readonly isSimpleConsumerGroup: boolean
}

export interface ListedGroups {
  readonly groups: readonly GroupListing[]
  /** Brokers that did not say which groups they coordinate. */
  readonly failures: readonly { readonly brokerId: number; readonly error: Error }[]
}

/** By instance id, or by member id (2.4 and later; `reason` 3.2). */
export type MemberToRemove = { readonly groupInstanceId: string } | { readonly memberId: string }

export interface RemoveMembersOptions extends CallOptions {
  /** Default: all that are in the group now. */
  readonly members?: readonly MemberToRemove[]
  /** For the logs of the broker. */
  readonly reason?: string
}

const listStatesVersion = 4
const listTypesVersion = 5
const removeManyVersion = 3

export async function listGroups(context: AdminContext, options: ListGroupsOptions): Promise<ListedGroups> {
  const nodes = await brokerIds(context, 'listGroups', options)
  const rounds = { ...options, name: 'listGroups', keyOf: (nodeId: number) => `broker ${nodeId}` }
  const results: Results<number, readonly GroupListing[]> = await inRounds(
    context,
    nodes,
    rounds,
    (open, report, given) =>
      inParts(new Map(open.map((nodeId) => [nodeId, [nodeId]])), report, async (nodeId) => {
        const request = (version: number) => listFilters(options, version)
        const { response } = await context.cluster.send(nodeId, ListGroups, request, given)
        check(response.errorCode)
        report.done(nodeId, response.groups.map(groupListing))
      }),
  )
  const { protocolTypes } = options
  const listed = new Map<string, GroupListing>()
  for (const { value = [] } of results) for (const group of value) listed.set(group.groupId, group)
  const groups = [...listed.values()].filter((one) => protocolTypes?.includes(one.protocolType) ?? true)
  return { groups, failures: results.failures.map(({ item, error }) => ({ brokerId: item, error })) }
}

/** Groups must be without members. Their offsets go with them. */
export function deleteGroups(
  context: AdminContext,
  groupIds: readonly string[],
  options: CallOptions,
): Promise<Results<string, void>> {
  const rounds = { ...options, name: 'deleteGroups', keyOf: asIs, passing: passingAtCoordinators }
  return inRounds(context, groupIds, rounds, (items, report, given) =>
    toCoordinators(context, 'group', { items, keyOf: asIs, report }, given, async ({ nodeId }, part) => {
      const { response } = await context.cluster.send(nodeId, DeleteGroups, { groupsNames: part }, given)
      for (const { groupId, errorCode } of response.results) {
        const error = errorOf(errorCode, null, `group ${groupId}`)
        if (error === undefined) report.done(groupId, undefined)
        else report.failed(groupId, error)
      }
    }),
  )
}

/** @throws what concerns the group as a whole */
export async function removeMembersFromConsumerGroup(
  context: AdminContext,
  groupId: string,
  options: RemoveMembersOptions,
): Promise<Results<MemberToRemove, void>> {
  const members = options.members ?? (await allMembers(context, groupId, options))
  const rounds = {
    ...options,
    name: 'removeMembersFromConsumerGroup',
    keyOf: memberKey,
    passing: passingAtCoordinators,
  }
  const reason = options.reason === undefined ? defaultReason : `${defaultReason}: ${options.reason}`
  return inRounds(context, members, rounds, (items, report, given) =>
    toCoordinators(context, 'group', { items, keyOf: () => groupId, report }, given, async ({ nodeId }, part) => {
      const request = (version: number) => {
        if (version < removeManyVersion) throw new UnsupportedVersionError('the node cannot remove members for others')
        return {
          groupId,
          members: part.map((one) =>
            'memberId' in one
              ? { memberId: one.memberId, reason }
              : { memberId: '', groupInstanceId: one.groupInstanceId, reason },
          ),
        }
      }
      const { response } = await context.cluster.send(nodeId, LeaveGroup, request, given)
      check(response.errorCode)
      for (const { memberId, groupInstanceId, errorCode } of response.members) {
        const item = part.find((one) =>
          'memberId' in one ? one.memberId === memberId : one.groupInstanceId === groupInstanceId,
        )
        if (item === undefined) continue
        const error = errorOf(errorCode, null, memberKey(item))
        if (error === undefined) report.done(item, undefined)
        else report.failed(item, error)
      }
    }),
  )
}

const defaultReason = 'member was removed by an admin'

async function allMembers(
  context: AdminContext,
  groupId: string,
  options: CallOptions,
): Promise<readonly MemberToRemove[]> {
  const { timeoutMs, signal } = options
  const [group] = await describeConsumerGroups(context, [groupId], { timeoutMs, signal })
  return allMembersOf(group)
}

function allMembersOf(
  group:
    | Result<
        string,
        { readonly members: readonly { readonly memberId: string; readonly groupInstanceId: string | undefined }[] }
      >
    | undefined,
): readonly MemberToRemove[] {
  if (group === undefined) throw failure('GROUP_ID_NOT_FOUND')
  if (group.error !== undefined) throw group.error
  return group.value.members.map(({ memberId, groupInstanceId }) =>
    groupInstanceId === undefined ? { memberId } : { groupInstanceId },
  )
}

function listFilters({ states = [], types = [] }: ListGroupsOptions, version: number) {
  if (states.length > 0 && version < listStatesVersion) {
    throw new UnsupportedVersionError('the node cannot list groups by state')
  }
  if (version >= listTypesVersion) return { statesFilter: states, typesFilter: types }
  // Older nodes have classic groups only, so that both kinds of consumers together are all there is.
  const isOfConsumers = types.includes('Classic') && types.every((type) => type === 'Classic' || type === 'Consumer')
  if (types.length > 0 && !isOfConsumers) throw new UnsupportedVersionError('the node cannot list groups by type')
  return version >= listStatesVersion ? { statesFilter: states } : {}
}

interface AnsweredGroup {
  readonly groupId: string
  readonly protocolType: string
  readonly groupState: string
  readonly groupType: string
}

function groupListing({ groupId, protocolType, groupState, groupType }: AnsweredGroup): GroupListing {
  return {
    groupId,
    type: groupTypeFrom(groupType),
    protocolType,
    state: groupState === '' ? undefined : groupState,
    isSimpleConsumerGroup: protocolType === '',
  }
}

const typesByText: ReadonlyMap<string, GroupType> = new Map([
  ['classic', 'Classic'],
  ['consumer', 'Consumer'],
  ['share', 'Share'],
  ['streams', 'Streams'],
])

function groupTypeFrom(text: string): GroupType | undefined {
  return typesByText.get(text.toLowerCase())
}

function memberKey(member: MemberToRemove): string {
  return 'memberId' in member ? `member ${member.memberId}` : `instance ${member.groupInstanceId}`
}
