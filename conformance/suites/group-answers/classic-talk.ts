/** What members of classic groups say, in any version, and how two of them come to share a group. */

import {
  encodeAssignment,
  encodeSubscription,
  Heartbeat,
  JoinGroup,
  LeaveGroup,
  SyncGroup,
  type RequestInput,
  type ResponseOf,
} from '@gregor/protocol'

import type { Talk } from './talk.ts'

export type Joined = ResponseOf<typeof JoinGroup>
type Join = RequestInput<typeof JoinGroup>

export const sessionTimeoutMs = 30_000
export const memberIdRequired = 79
export const rebalanceInProgress = 27

export function subscriptionTo(...topics: readonly string[]): Buffer {
  return encodeSubscription({ topics: [...topics], ownedPartitions: [] }, 1)
}

export function assignmentOf(topic: string, ...partitions: readonly number[]): Buffer {
  return encodeAssignment({ assignedPartitions: [{ topic, partitions: [...partitions] }] }, 1)
}

/** The versions of the requests of one client, which go with its JoinGroup. */
export function versionsWith(join: number): {
  readonly join: number
  readonly sync: number
  readonly heartbeat: number
  readonly leave: number
} {
  // SyncGroup 5 asks for the protocol that JoinGroup 7 and later tell.
  const sync = join >= 7 ? 5 : Math.min(join, 3)
  return { join, sync, heartbeat: Math.min(join, 4), leave: Math.min(join, 5) }
}

/** A client of a classic group: remembers what it was told, as clients do. */
export class ClassicClient {
  readonly name: string
  readonly #talk: Talk
  readonly #groupId: string
  readonly #versions: ReturnType<typeof versionsWith>
  readonly #more: Partial<Join>
  memberId = ''
  generationId = -1

  constructor(
    talk: Talk,
    name: string,
    given: { readonly groupId: string; readonly version?: number; readonly more?: Partial<Join> },
  ) {
    this.name = name
    this.#talk = talk
    this.#groupId = given.groupId
    this.#versions = versionsWith(given.version ?? 9)
    this.#more = given.more ?? {}
  }

  /** Before it may wait for others (KIP-394). */
  get isGivenAnIdFirst(): boolean {
    return this.#versions.join >= 4 && this.memberId === '' && (this.#more.groupInstanceId ?? null) === null
  }

  /** Comes again with its id where it is told to. */
  async join(more: Partial<Join> = {}): Promise<Joined> {
    const first = await this.joinOnce(more)
    return first.errorCode === memberIdRequired ? this.joinOnce(more) : first
  }

  async joinOnce(more: Partial<Join> = {}): Promise<Joined> {
    const request: Join = {
      groupId: this.#groupId,
      sessionTimeoutMs,
      rebalanceTimeoutMs: 20_000,
      memberId: this.memberId,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: subscriptionTo('four') }],
      ...this.#more,
      ...more,
    }
    const answer = await this.#talk.ask(this.name, JoinGroup, request, { version: this.#versions.join })
    if (answer.errorCode === 0 || answer.errorCode === memberIdRequired) this.memberId = answer.memberId
    if (answer.errorCode === 0) this.generationId = answer.generationId
    return answer
  }

  sync(
    assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[] = [],
    more: Partial<RequestInput<typeof SyncGroup>> = {},
  ): Promise<ResponseOf<typeof SyncGroup>> {
    const request = {
      groupId: this.#groupId,
      generationId: this.generationId,
      memberId: this.memberId,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: [...assignments],
      ...(this.#versions.sync >= 3 && { groupInstanceId: this.#more.groupInstanceId ?? null }),
      ...more,
    }
    return this.#talk.ask(this.name, SyncGroup, request, { version: this.#versions.sync })
  }

  heartbeat(more: Partial<RequestInput<typeof Heartbeat>> = {}): Promise<ResponseOf<typeof Heartbeat>> {
    return this.#talk.ask(this.name, Heartbeat, this.#heartbeatRequest(more), { version: this.#versions.heartbeat })
  }

  /** Beats until it is told of a rebalance. */
  async untilRebalance(): Promise<void> {
    await this.#talk.until(
      this.name,
      Heartbeat,
      this.#heartbeatRequest({}),
      ({ errorCode }) => errorCode === rebalanceInProgress,
      { version: this.#versions.heartbeat },
    )
  }

  leave(memberId: string = this.memberId): Promise<ResponseOf<typeof LeaveGroup>> {
    const version = this.#versions.leave
    const leaving = version >= 3 ? { memberId: '', members: [{ memberId }] } : { memberId, members: [] }
    return this.#talk.ask(this.name, LeaveGroup, { groupId: this.#groupId, ...leaving }, { version })
  }

  #heartbeatRequest(more: Partial<RequestInput<typeof Heartbeat>>): RequestInput<typeof Heartbeat> {
    return {
      groupId: this.#groupId,
      generationId: this.generationId,
      memberId: this.memberId,
      ...(this.#versions.heartbeat >= 3 && { groupInstanceId: this.#more.groupInstanceId ?? null }),
      ...more,
    }
  }
}

/** A stable group of one. */
export async function alone(
  client: ClassicClient,
  assignment: Buffer = assignmentOf('four', 0, 1, 2, 3),
): Promise<void> {
  await client.join()
  await client.sync([{ memberId: client.memberId, assignment }])
}

/** The second comes to the first, who leads; both get two partitions of topic `four`. */
export async function shareWith(first: ClassicClient, second: ClassicClient): Promise<void> {
  if (second.isGivenAnIdFirst) await second.joinOnce()
  const waiting = second.joinOnce()
  await first.untilRebalance()
  await Promise.all([first.joinOnce(), waiting])
  const waitingForPart = second.sync()
  await first.sync([
    { memberId: first.memberId, assignment: assignmentOf('four', 0, 1) },
    { memberId: second.memberId, assignment: assignmentOf('four', 2, 3) },
  ])
  await waitingForPart
}
