/**
 * What a group coordinator is asked, what it answers, and what it wants done. Requests come decoded, authorized, and
 * for one partition of `__consumer_offsets`: where an API takes many groups, the shell splits it and puts the answers
 * together. Responses are values of the schemas, to be encoded in the version of the request.
 *
 * JoinGroup and SyncGroup may have to wait for others, so they are always answered by an effect that names the waiter.
 * A waiter that is never named waited on a machine that was dropped: NOT_COORDINATOR.
 */
import type { TimerEffect, TimerFired } from '@gregor/machine'
import type { MetadataImage } from '@gregor/metadata'
import type {
  ConsumerGroupDescribe,
  ConsumerGroupHeartbeat,
  ConsumerGroupHeartbeatRequest,
  DeleteGroups,
  DescribeGroups,
  Heartbeat,
  HeartbeatRequest,
  JoinGroup,
  JoinGroupRequest,
  LeaveGroup,
  LeaveGroupRequest,
  ListGroups,
  OffsetCommit,
  OffsetCommitRequest,
  OffsetDelete,
  OffsetDeleteRequest,
  OffsetFetch,
  OffsetFetchRequest,
  ResponseInput,
  SyncGroup,
  SyncGroupRequest,
  TxnOffsetCommit,
  TxnOffsetCommitRequest,
} from '@gregor/protocol'
import type { GroupCoordinatorConfig } from './group-config.ts'

export interface RequestContext {
  readonly apiVersion: number
  /** Empty where the client gave none. */
  readonly clientId: string
  /** As Java prints an address: `/127.0.0.1`. */
  readonly clientHost: string
}

/** Names one request that waits. The shell picks it, another one for each request. */
export type Waiter = number

interface Requests {
  JoinGroup: { readonly request: JoinGroupRequest; readonly context: RequestContext; readonly waiter: Waiter }
  SyncGroup: { readonly request: SyncGroupRequest; readonly context: RequestContext; readonly waiter: Waiter }
  Heartbeat: { readonly request: HeartbeatRequest }
  LeaveGroup: { readonly request: LeaveGroupRequest; readonly context: RequestContext }
  DescribeGroups: { readonly groupIds: readonly string[]; readonly context: RequestContext }
  ListGroups: { readonly statesFilter: readonly string[]; readonly typesFilter: readonly string[] }
  DeleteGroups: { readonly groupIds: readonly string[] }
  /** Of topics and partitions that exist; each topic with its name and its id, whatever the version. */
  OffsetCommit: { readonly request: OffsetCommitRequest; readonly context: RequestContext }
  /** One group, in the form of version 8 and later; topics with their names, with their ids where the client gave any. */
  OffsetFetch: { readonly group: OffsetFetchGroup; readonly requireStable: boolean }
  OffsetDelete: { readonly request: OffsetDeleteRequest }
  /** Its transaction was verified: the log asks for the guard that it gave out before. */
  TxnOffsetCommit: {
    readonly request: TxnOffsetCommitRequest
    readonly context: RequestContext
    readonly guard?: number
  }
  ConsumerGroupHeartbeat: {
    readonly request: ConsumerGroupHeartbeatRequest
    readonly context: RequestContext
    /** Whether the client may know of a topic: it gets no others by a regular expression. */
    readonly mayDescribe: (topic: string) => boolean
  }
  ConsumerGroupDescribe: { readonly groupIds: readonly string[] }
  /** A transaction that may have offsets here has ended. */
  WriteTxnMarker: {
    readonly outcome: 'Commit' | 'Abort'
    readonly producerId: number
    readonly producerEpoch: number
    readonly coordinatorEpoch: number
    /** Of the request that brought it: what the log holds the marker’s epoch to (KIP-1228). */
    readonly transactionVersion?: number
  }
}

/** What is no request of a client. */
interface Notices {
  /** The first event: all of the log was applied. */
  Loaded: object
  /** Once after the start, and with each new image. */
  MetadataChanged: {
    readonly image: MetadataImage
    /** Topics that are gone; of one that was made again under its name, the old id. */
    readonly deletedTopics: readonly { readonly topicId: string; readonly name: string }[]
    /** Left out: it is not known, so there may be. */
    readonly hasNewTopics?: boolean
  }
  /** What `resolveRegexes` found. */
  RegexesResolved: {
    readonly groupId: string
    /** Topics by expression. */
    readonly resolved: ReadonlyMap<string, readonly string[]>
    /** The offset of the image they come from. */
    readonly version: number
    /** When it was asked for; wall clock. */
    readonly atMs: number
  }
  ConfigChanged: { readonly config: GroupCoordinatorConfig }
}

export type GroupRequestType = keyof Requests
type EventTypes = Requests & Notices
export type GroupEventOf<Type extends keyof EventTypes> = { readonly type: Type } & EventTypes[Type]
export type GroupEvent = { [Type in keyof EventTypes]: GroupEventOf<Type> }[keyof EventTypes]
export type MachineEvent = GroupEvent | TimerFired

export type RegexesResolved = GroupEventOf<'RegexesResolved'>

export type OffsetFetchGroup = OffsetFetchRequest['groups'][number]
export type JoinGroupReply = ResponseInput<typeof JoinGroup>
export type SyncGroupReply = ResponseInput<typeof SyncGroup>

/** What `submit` of an event resolves to. */
export interface GroupReplies {
  JoinGroup: undefined
  SyncGroup: undefined
  Heartbeat: ResponseInput<typeof Heartbeat>
  LeaveGroup: ResponseInput<typeof LeaveGroup>
  DescribeGroups: ResponseInput<typeof DescribeGroups>['groups']
  ListGroups: ResponseInput<typeof ListGroups>['groups']
  DeleteGroups: ResponseInput<typeof DeleteGroups>['results']
  OffsetCommit: ResponseInput<typeof OffsetCommit>
  OffsetFetch: NonNullable<ResponseInput<typeof OffsetFetch>['groups']>[number]
  OffsetDelete: ResponseInput<typeof OffsetDelete>
  TxnOffsetCommit: ResponseInput<typeof TxnOffsetCommit>
  ConsumerGroupHeartbeat: ResponseInput<typeof ConsumerGroupHeartbeat>
  ConsumerGroupDescribe: ResponseInput<typeof ConsumerGroupDescribe>['groups']
  WriteTxnMarker: undefined
  RegexesResolved: undefined
  Loaded: undefined
  MetadataChanged: undefined
  ConfigChanged: undefined
}

export type GroupReply = GroupReplies[keyof GroupReplies]

export type GroupEffect = AnswerEffect | ResolveRegexes | TimerEffect

/** To be done by `resolveRegexes`, in steps, and told to the machine by the event that it returns. */
export interface ResolveRegexes {
  readonly type: 'ResolveRegexes'
  readonly groupId: string
  readonly regexes: readonly string[]
  readonly image: MetadataImage
  readonly mayDescribe: (topic: string) => boolean
  readonly atMs: number
}

/** Exactly one for each waiter, unless the machine is dropped. */
export type AnswerEffect =
  | { readonly type: 'AnswerJoinGroup'; readonly waiter: Waiter; readonly response: JoinGroupReply }
  | { readonly type: 'AnswerSyncGroup'; readonly waiter: Waiter; readonly response: SyncGroupReply }
