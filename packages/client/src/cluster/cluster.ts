/**
 * The cluster as everything in this package sees it: requests to its nodes, what is known of its topics, who coordinates
 * what. Producer, consumer and admin stand on this interface and know nothing of sockets, versions or authentication.
 *
 * Invariant: nothing here retries a request by itself; whoever asked knows whether it may be done twice (`retrying`).
 */
import type { Api, RequestInput, ResponseOf } from '@gregor/protocol'
import type { ClusterMetadata } from './cluster-metadata.ts'

export interface Cluster {
  /** Topics and nodes as they were answered last, and how to learn more. */
  readonly metadata: ClusterMetadata
  /** The nodes are controllers: they know nothing of topics, and `any` is the active one (KIP-919). Default: false. */
  readonly isOfControllers?: boolean
  /**
   * One request to one node, in the newest version that both sides know (at most `options.versionMax`). Requests to one
   * node leave in the order of the calls, without waiting for each other. The connection is made when it is needed;
   * requests wait for it.
   *
   * @throws UnsupportedVersionError where the node knows no version of it that will do. Nothing was sent.
   * @throws ConnectionError, TimeoutError: it may have been done or not.
   * @throws AuthenticationError where the node refused who we are: final.
   * @throws ClosedError after `close`.
   */
  send<A extends Api>(node: NodeChoice, api: A, request: Versioned<A>, options: SendOptions): Promise<Answer<A>>
  /** Sends what is not answered (Produce with acks 0): resolves when it was handed to the system. */
  sendOnly<A extends Api>(node: NodeChoice, api: A, request: Versioned<A>, options: SendOptions): Promise<void>
  /** The newest version of an API that this node and we know. Connects where that was not done yet. */
  versionOf(node: NodeChoice, api: Api, options: SendOptions): Promise<number>
  /** A finalized feature (`transaction.version`) as a node told it last: 0 where it is unknown. */
  featureLevel(name: string): number
  /** Who coordinates it, asked once and remembered until `forgetCoordinator`. @throws KafkaError */
  coordinator(kind: CoordinatorKind, key: string, options: SendOptions): Promise<number>
  /** After NOT_COORDINATOR, COORDINATOR_NOT_AVAILABLE or a broken connection to it. */
  forgetCoordinator(kind: CoordinatorKind, key: string): void
  /** Nobody needs it any more: its connections are closed, what is in flight there fails with ClosedError. */
  closeLane(lane: string): void
  /** Idempotent. What is in flight fails with ClosedError. */
  close(): Promise<void>
}

/** By id, as metadata names it; `any`: the least loaded of those that are connected or known, bootstrap ones included. */
export type NodeChoice = number | 'any' | 'controller'

export type CoordinatorKind = 'group' | 'transaction' | 'share'

/** A request, or how to make it for the version that was agreed on. */
export type Versioned<A extends Api> = RequestInput<A> | ((version: number) => RequestInput<A>)

export interface SendOptions {
  /** Connecting included. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  readonly versionMax?: number
  /**
   * Requests of one lane share a connection to a node, and a node answers those of a connection one after the other: what
   * waits long there (Fetch, JoinGroup) takes a lane of its own, so that others need not wait for it. Any name will do:
   * several consumers on one cluster take one each. Default: 'default'.
   */
  readonly lane?: string
}

export interface Answer<A extends Api> {
  readonly version: number
  readonly nodeId: number
  /** Its buffers are the caller's to keep. */
  readonly response: ResponseOf<A>
}

export interface LeaderHint {
  readonly topic: string
  readonly partition: number
  readonly leaderId: number
  readonly leaderEpoch: number
}

/** Where a leader that an answer named can be reached (KIP-951). */
export interface NodeEndpoint {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}
