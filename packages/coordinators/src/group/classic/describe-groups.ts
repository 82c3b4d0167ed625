/** A classic group as DescribeGroups shows it, and how it stands in a list. */
import { errorCode } from '@gregor/protocol'
import type { GroupReplies } from '../group-event.ts'
import type { ClassicGroup } from './classic-group.ts'
import { metadataFor } from './classic-member.ts'

type DescribedGroup = GroupReplies['DescribeGroups'][number]

const noMetadata = Buffer.alloc(0)

export function describeClassicGroup(group: ClassicGroup): DescribedGroup {
  const { groupId, state, protocolType = '', protocolName = '' } = group
  const isStable = state === 'Stable'
  return {
    errorCode: errorCode('NONE'),
    groupId,
    groupState: state,
    protocolType,
    protocolData: isStable ? protocolName : '',
    members: [...group.members].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.instanceId ?? null,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: isStable ? metadataFor(member, protocolName) : noMetadata,
      memberAssignment: member.assignment,
    })),
  }
}

/** Since version 6 with an error (KIP-1043); before, a group that is not there looks like one that is dead. */
export function describeUnknownGroup(groupId: string, apiVersion: number, why: string): DescribedGroup {
  const isTold = apiVersion >= 6
  return {
    errorCode: errorCode(isTold ? 'GROUP_ID_NOT_FOUND' : 'NONE'),
    errorMessage: isTold ? why : null,
    groupId,
    groupState: 'Dead',
    protocolType: '',
    protocolData: '',
    members: [],
  }
}
