/**
 * What a member of a group has to do next, in either protocol: the interface that `ClassicMembership` and
 * `ConsumerMembership` (KIP-848) share. The caller asks `next`, does what it says, and reports how it went. Pure: no
 * timer, no I/O. One request is in flight at a time. States, transitions and invariants: SPEC.md.
 */
import type {
  Api,
  ConsumerGroupHeartbeat,
  Heartbeat,
  JoinGroup,
  LeaveGroup,
  ProtocolError,
  RequestInput,
  ResponseOf,
  SyncGroup,
} from '@gregor/protocol'
import type { TopicPartition } from './partition-set.ts'

export interface Membership {
  /** What to do now. After `send` nothing else is sent before `answered` or `lost`. */
  next(nowMs: number): Instruction
  /** To the request sent last. */
  answered(answer: GroupAnswer, nowMs: number): void
  /** The request sent last has no answer: the connection broke, or time was up. */
  lost(nowMs: number): void
  coordinatorFound(): void
  /** The coordinator answered something else, such as a commit, with that error. */
  refused(error: ProtocolError): void
  /** What `give up` named is given up, its offsets committed. */
  gaveUp(): void
  /** What it wants to read has changed, or what there is to read: it says so, which makes the group share out anew. */
  rejoin(reason: string): void
  /**
   * Leaves once what it owns is given up. By default members say so unless they are static, which come back; `leave`: all
   * do; `remain`: none does, and the coordinator notices when the session ends.
   */
  leave(how?: LeaveChoice): void
  /** Its owner has been silent for too long: it leaves at once, all is lost, until `back`. */
  expire(): void
  /** Its owner is there again: it joins again, with nothing. Does nothing unless expired. */
  back(): void
  readonly identity: MemberIdentity
  /** What the member may read and commit. By name in the classic, by topic id in the consumer protocol. */
  readonly owned: readonly TopicPartition[]
  /** Why there is nothing to do any more, ever: `undefined` while there is. */
  readonly end: MembershipEnd | undefined
}

export type Instruction =
  | ({ readonly do: 'send' } & GroupRequest)
  | { readonly do: 'find coordinator' }
  /** Stop reading these, commit them, say `gaveUp`. With `isLost` they may be another's: committing is of no use. */
  | { readonly do: 'give up'; readonly partitions: readonly TopicPartition[]; readonly isLost: boolean }
  /** Begin to read these at their committed offsets. Said once. */
  | { readonly do: 'take'; readonly partitions: readonly TopicPartition[] }
  /** Classic leaders: say `assigned`. */
  | { readonly do: 'assign'; readonly protocolName: string; readonly members: readonly JoinedMember[] }
  /** Ask again at that moment (Infinity: not before something happens), or when something has happened. */
  | { readonly do: 'wait'; readonly untilMs: number }

export type LeaveChoice = 'default' | 'leave' | 'remain'

/** `message`: what the coordinator said, where it said something. */
export type MembershipEnd = 'left' | { readonly error: ProtocolError; readonly message?: string }

/** As commits want it. */
export interface MemberIdentity {
  readonly memberId: string
  readonly instanceId: string | null
  /** -1: not a member at the moment. */
  readonly generationIdOrMemberEpoch: number
}

/** A member as its leader sees it: `metadata` is what it offered under the name that was chosen. */
export interface JoinedMember {
  readonly memberId: string
  readonly instanceId: string | null
  readonly metadata: Buffer
}

type Exchange<Name extends string, A extends Api> = {
  readonly request: { readonly api: Name; readonly request: RequestInput<A> }
  readonly answer: { readonly api: Name; readonly response: ResponseOf<A> }
}

type Exchanges =
  | Exchange<'JoinGroup', typeof JoinGroup>
  | Exchange<'SyncGroup', typeof SyncGroup>
  | Exchange<'Heartbeat', typeof Heartbeat>
  | Exchange<'LeaveGroup', typeof LeaveGroup>
  | Exchange<'ConsumerGroupHeartbeat', typeof ConsumerGroupHeartbeat>

export type GroupRequest = Exchanges['request']
export type GroupAnswer = Exchanges['answer']
