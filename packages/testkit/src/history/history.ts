/**
 * What clients did and were told, in one total order: every call with the moment it was made and the moment its answer
 * was there, if ever. A value is a string that is sent once in a history; so each record tells where it comes from.
 * What must hold of it: SPEC.md; who checks it: `check-history.ts`.
 */
import type { ProtocolError } from '@gregor/protocol'

export type IsolationLevel = 'read_uncommitted' | 'read_committed'

/** Partitions are named by the topic’s id: a topic made anew is another one. */
export interface PartitionId {
  readonly topicId: string
  readonly partition: number
}

export interface ReadBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly isControl: boolean
  /** Of the records that the reader hands on: not before `fetchOffset`, not of aborted transactions. */
  readonly records: readonly { readonly offset: number; readonly value: string }[]
}

export interface OffsetOf extends PartitionId {
  readonly offset: number
}

export interface MemberOf {
  readonly group: string
  readonly member: string
  /** -1: none. */
  readonly epoch: number
}

/** A batch, with all its retries: `completed` when it was acknowledged or refused for good. */
export interface Produce extends PartitionId {
  readonly kind: 'produce'
  /** One per life of a producer: what it sends to a partition, it sends in order. */
  readonly producer: string
  readonly values: readonly string[]
  /** The transaction it belongs to, a name for one history. */
  readonly transaction?: string
}

/** Of a transaction, with all its retries. */
export interface EndTransaction {
  readonly kind: 'end transaction'
  readonly transaction: string
  readonly outcome: 'commit' | 'abort'
}

export interface FetchRecords extends PartitionId {
  readonly kind: 'fetch'
  readonly reader: string
  readonly isolation: IsolationLevel
  readonly fetchOffset: number
}

export interface CommitOffsets extends MemberOf {
  readonly kind: 'commit offsets'
  readonly offsets: readonly OffsetOf[]
  readonly transaction?: string
}

export interface FetchOffsets {
  readonly kind: 'fetch offsets'
  readonly group: string
}

/** A request by which a member learns that it is still one: a heartbeat of either protocol. */
export interface Beat extends MemberOf {
  readonly kind: 'beat'
  /** What the member owned when it asked. */
  readonly owned: readonly PartitionId[]
  readonly protocol: 'classic' | 'consumer'
}

/** From here on the member reads the partitions: an answer has given them to it. Completed at once. */
export interface Own extends MemberOf {
  readonly kind: 'own'
  readonly partitions: readonly PartitionId[]
  readonly protocol: 'classic' | 'consumer'
  /** Where in the order the request was made whose answer gave them: they were given after that. */
  readonly asked: number
  /** Of a static member: who takes its place owns what it owned, in the same generation. */
  readonly instance?: string
}

/** The member has stopped reading the partitions. Completed at once. */
export interface Disown extends MemberOf {
  readonly kind: 'disown'
  readonly partitions: readonly PartitionId[]
}

export interface DeleteTopic {
  readonly kind: 'delete topic'
  readonly topicId: string
}

export interface DeleteGroup {
  readonly kind: 'delete group'
  readonly group: string
}

/** What happened to the node. Completed at once. */
export interface NodeEvent {
  readonly kind: 'node'
  readonly event: 'started' | 'killed' | 'lost power' | 'failed'
}

export interface Results {
  readonly produce: { readonly error: ProtocolError; readonly baseOffset: number }
  readonly 'end transaction': { readonly error: ProtocolError }
  readonly fetch: {
    readonly error: ProtocolError
    /** -1: not told, by a client that had fetched ahead. */
    readonly highWatermark: number
    /** -1: not told. */
    readonly lastStableOffset: number
    readonly logStartOffset: number
    readonly batches: readonly ReadBatch[]
  }
  readonly 'commit offsets': { readonly errors: readonly ProtocolError[] }
  /** Partitions without an offset are left out. */
  readonly 'fetch offsets': {
    readonly error: ProtocolError
    readonly asked: readonly PartitionId[] | 'all'
    readonly offsets: readonly OffsetOf[]
  }
  readonly beat: { readonly error: ProtocolError }
  readonly own: object
  readonly disown: object
  readonly 'delete topic': { readonly error: ProtocolError }
  readonly 'delete group': { readonly error: ProtocolError }
  readonly node: object
}

export type Call =
  | Produce
  | EndTransaction
  | FetchRecords
  | CommitOffsets
  | FetchOffsets
  | Beat
  | Own
  | Disown
  | DeleteTopic
  | DeleteGroup
  | NodeEvent

export type CallKind = Call['kind']
export type CallOf<Kind extends CallKind> = Extract<Call, { kind: Kind }>

/** `invoked` and `completed` are places in the order of all that happened. */
export interface Entry<Kind extends CallKind = CallKind> {
  readonly call: CallOf<Kind>
  readonly invoked: number
  readonly invokedMs: number
  readonly completed: number
  readonly completedMs: number
  readonly result: Results[Kind]
}

/** Nobody knows whether it was done: it may yet be. */
export interface OpenEntry<Kind extends CallKind = CallKind> {
  readonly call: CallOf<Kind>
  readonly invoked: number
  readonly invokedMs: number
  readonly completed: undefined
}

export type AnyEntry<Kind extends CallKind = CallKind> = Entry<Kind> | OpenEntry<Kind>

interface Recorded {
  readonly call: Call
  readonly invoked: number
  readonly invokedMs: number
  completed: number | undefined
  completedMs: number | undefined
  result: unknown
}

/** Ends the call it was made for. Called once. */
export type Complete<Kind extends CallKind> = (result: Results[Kind]) => void

export class History {
  readonly #nowMs: () => number
  readonly #entries: Recorded[] = []
  #order = 0

  /** @param nowMs - virtual time. */
  constructor(nowMs: () => number = () => 0) {
    this.#nowMs = nowMs
  }

  begin<Kind extends CallKind>(call: CallOf<Kind>): Complete<Kind> {
    const entry: Recorded = {
      call,
      invoked: this.#order++,
      invokedMs: this.#nowMs(),
      completed: undefined,
      completedMs: undefined,
      result: undefined,
    }
    this.#entries.push(entry)
    return (result) => {
      entry.completed = this.#order++
      entry.completedMs = this.#nowMs()
      entry.result = result
    }
  }

  /** A place in the order of all that happens. */
  mark(): number {
    return this.#order++
  }

  /** What takes no time. */
  note(call: Own | Disown | NodeEvent): void {
    this.begin<typeof call.kind>(call)({})
  }

  /** In the order they were made. */
  get entries(): readonly AnyEntry[] {
    // A result is given by `Complete`, whose type is that of the call.
    return this.#entries as unknown as readonly AnyEntry[]
  }

  of<Kind extends CallKind>(kind: Kind): readonly AnyEntry<Kind>[] {
    return this.entries.filter((entry) => entry.call.kind === kind) as unknown as readonly AnyEntry<Kind>[]
  }

  /** Those that were answered. */
  done<Kind extends CallKind>(kind: Kind): readonly Entry<Kind>[] {
    return this.of(kind).filter(isDone)
  }

  /** One line for each entry: equal runs have equal texts. */
  text(): string {
    return this.entries
      .map(({ call, invoked, invokedMs, ...rest }) => JSON.stringify([invoked, invokedMs, call, rest]))
      .join('\n')
  }
}

export function isDone<Kind extends CallKind>(entry: AnyEntry<Kind>): entry is Entry<Kind> {
  return entry.completed !== undefined
}

export function keyOf({ topicId, partition }: PartitionId): string {
  return `${topicId}-${partition}`
}
