/** Whether somebody is a member of a classic group, and still the one with its instance id. */
import type { ProtocolError } from '@gregor/protocol'
import type { ClassicGroup } from './classic-group.ts'

export function memberProblem(
  group: ClassicGroup,
  memberId: string,
  instanceId: string | null,
): ProtocolError | undefined {
  if (instanceId !== null) {
    const present = group.staticMemberId(instanceId)
    if (present === undefined) return 'UNKNOWN_MEMBER_ID'
    if (present !== memberId) return 'FENCED_INSTANCE_ID'
  }
  return group.has(memberId) ? undefined : 'UNKNOWN_MEMBER_ID'
}
