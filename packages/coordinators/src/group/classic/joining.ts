/** A JoinGroup on its way into a classic group, and what it changes about a member that is known already. */
import type { JoinGroupRequest } from '@gregor/protocol'
import type { GroupEventOf, RequestContext } from '../group-event.ts'
import type { Turn } from '../turn.ts'
import { refuseWaitingJoin } from './classic-answers.ts'
import type { ClassicGroup } from './classic-group.ts'
import { protocolsOf } from './classic-member.ts'
import type { ClassicMember, Waiting } from './classic-member.ts'

export interface Joining {
  readonly request: JoinGroupRequest
  readonly context: RequestContext
  readonly waiting: Waiting
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
}

export function joiningFrom({ request, context, waiter }: GroupEventOf<'JoinGroup'>): Joining {
  const { sessionTimeoutMs } = request
  return {
    request,
    context,
    waiting: { waiter, apiVersion: context.apiVersion },
    sessionTimeoutMs,
    // Version 0 knows one timeout for both.
    rebalanceTimeoutMs: context.apiVersion === 0 ? sessionTimeoutMs : request.rebalanceTimeoutMs,
  }
}

/** The member waits for the others from now on. */
export function updateMember(turn: Turn, group: ClassicGroup, joining: Joining, member: ClassicMember): void {
  // An earlier JoinGroup of the same member that still waits was given up by its sender.
  refuseWaitingJoin(turn, group, member, 'REBALANCE_IN_PROGRESS', member.memberId)
  group.setProtocols(member, protocolsOf(joining.request))
  member.rebalanceTimeoutMs = joining.rebalanceTimeoutMs
  member.sessionTimeoutMs = joining.sessionTimeoutMs
  member.joinedAtMs = turn.given.monotonicMs
  group.setWaitingJoin(member, joining.waiting)
}

/** In the words of the client (KIP-800). */
export function joinReason({ request }: Joining): string {
  return request.reason === null || request.reason === '' ? 'no reason given' : request.reason
}

export function joinText({ request, context, sessionTimeoutMs, rebalanceTimeoutMs }: Joining): string {
  const protocols = request.protocols.map(({ name }) => name).join(', ')
  const instance = request.groupInstanceId === null ? '' : `, instance ${request.groupInstanceId}`
  return (
    `Joined from ${context.clientHost} as ${context.clientId}${instance}, protocols ${protocols}, ` +
    `session ${sessionTimeoutMs} ms, rebalance ${rebalanceTimeoutMs} ms.`
  )
}
