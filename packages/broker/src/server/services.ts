/**
 * What handlers work with: built once by `broker.ts`, handed to every call. Nothing here is global.
 */
import type { ControllerGateway, MetadataImage } from '@gregor/metadata'
import type { Clock, Logger, Random } from '@gregor/platform'
import type { Authorizer } from '@gregor/security'
import type { LogDirectories } from '@gregor/storage'
import type { GroupCoordinators } from '../coordination/group-coordinators.ts'
import type { InternalTopics } from '../coordination/internal-topics.ts'
import type { TransactionCoordinators } from '../coordination/transaction-coordinators.ts'
import type { TransactionGuard } from '../coordination/transaction-guard.ts'
import type { TransactionPartitions } from '../coordination/transaction-partitions.ts'
import type { Peers } from '../metadata/peers.ts'
import type { ProducerIds } from '../metadata/producer-ids.ts'
import type { TopicCreation } from '../metadata/topic-creation.ts'
import type { AppendQueue } from '../replication/append-queue.ts'
import type { FetchWaiters } from '../replication/fetch-waiters.ts'
import type { LogMoves } from '../replication/log-moves.ts'
import type { ReadMemory } from '../replication/read-memory.ts'
import type { Replicas } from '../replication/replicas.ts'
import type { FetchSessions } from '../sessions/fetch-sessions.ts'
import type { NodeConfig } from './node-config.ts'
import type { RequestForwarder } from './request-forwarder.ts'
import type { RequestQuotas } from './request-quotas.ts'
import type { TopicMetrics } from './topic-metrics.ts'

export interface Services {
  readonly nodeId: number
  readonly clusterId: string
  readonly config: NodeConfig
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly authorizer: Authorizer
  readonly metadata: MetadataView
  readonly replicas: Replicas
  readonly logDirectories: LogDirectories
  readonly logMoves: LogMoves
  readonly controller: ControllerGateway
  readonly forwarder: RequestForwarder
  readonly fetchSessions: FetchSessions
  readonly fetchWaiters: FetchWaiters
  /** Appends that wait for the end of the pass. */
  readonly appends: AppendQueue
  /** What fetches read records into. */
  readonly readMemory: ReadMemory
  readonly producerIds: ProducerIds
  readonly topicCreation: TopicCreation
  readonly internalTopics: InternalTopics
  readonly groups: GroupCoordinators
  readonly transactions: TransactionCoordinators
  readonly transactionPartitions: TransactionPartitions
  /** What a batch of a transaction must pass before it is written. */
  readonly transactionGuard: TransactionGuard
  readonly peers: Peers
  readonly topicMetrics: TopicMetrics
  readonly quotas: RequestQuotas
  /** The node that leads the metadata log; -1: none is known to. */
  readonly metadataLeaderId: () => number
  /** The level of kraft.version, which the metadata log keeps itself. */
  readonly kraftVersion: () => number
  /** What ApiVersions answers with. */
  readonly advertisedApis: () => readonly AdvertisedApi[]
}

export interface AdvertisedApi {
  readonly apiKey: number
  readonly minVersion: number
  readonly maxVersion: number
}

/** The newest metadata this node has published to itself. Read it once per request: it is replaced, never changed. */
export interface MetadataView {
  readonly image: MetadataImage
}
