/** Sends what a membership wants sent, and tells it the answer; heartbeats are written into the history. */
import type { GroupAnswer, GroupRequest, Membership } from '@gregor/client'
import { ConsumerGroupHeartbeat, Heartbeat, JoinGroup, LeaveGroup, SyncGroup, errorName } from '@gregor/protocol'
import type { Complete, PartitionId } from '../history/history.ts'
import { type Driver, attempt } from './driver.ts'
import type { DriverConnection } from './driver-connection.ts'

export interface MembershipExchange {
  readonly driver: Driver & { readonly options: { readonly group: string }; readonly owned: readonly PartitionId[] }
  readonly connection: DriverConnection
  readonly membership: Membership
  /** The answer brought an assignment; `asked` is where the request stands in the history. */
  readonly onGranted: (asked: number) => void
}

/** JoinGroup and SyncGroup wait for others. */
const waitingTimeoutMs = 6_000

export async function exchangeMembership(exchange: MembershipExchange, request: GroupRequest): Promise<void> {
  const { driver, connection, membership } = exchange
  const asked = driver.history.mark()
  const beaten = beat(exchange, request)
  const answer = await attempt(answerTo(connection, request))
  if (answer === undefined) return membership.lost(driver.nowMs)
  beaten?.({ error: errorName(answer.response.errorCode) })
  if (hasAssignment(answer)) exchange.onGranted(asked)
  membership.answered(answer, driver.nowMs)
}

function hasAssignment(answer: GroupAnswer): boolean {
  if (answer.api === 'SyncGroup') return true
  return answer.api === 'ConsumerGroupHeartbeat' && answer.response.assignment !== null
}

async function answerTo(connection: DriverConnection, given: GroupRequest): Promise<GroupAnswer> {
  const timeoutMs = waitingTimeoutMs
  switch (given.api) {
    case 'JoinGroup':
      return { api: given.api, response: await connection.call(JoinGroup, given.request, { timeoutMs }) }
    case 'SyncGroup':
      return { api: given.api, response: await connection.call(SyncGroup, given.request, { timeoutMs }) }
    case 'Heartbeat':
      return { api: given.api, response: await connection.call(Heartbeat, given.request) }
    case 'LeaveGroup':
      return { api: given.api, response: await connection.call(LeaveGroup, given.request) }
    default:
      return { api: given.api, response: await connection.call(ConsumerGroupHeartbeat, given.request) }
  }
}

/** Joining and leaving are no signs of what a member owns. */
function beat(
  { driver, membership }: MembershipExchange,
  { api, request }: GroupRequest,
): Complete<'beat'> | undefined {
  const isBeat = api === 'Heartbeat' || (api === 'ConsumerGroupHeartbeat' && request.memberEpoch > 0)
  if (!isBeat) return undefined
  const { generationIdOrMemberEpoch: epoch } = membership.identity
  const { name: member, owned } = driver
  const protocol = api === 'Heartbeat' ? 'classic' : 'consumer'
  return driver.history.begin<'beat'>({ kind: 'beat', group: driver.options.group, member, epoch, owned, protocol })
}
