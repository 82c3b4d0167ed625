/** The quorum that keeps the cluster’s metadata: who leads it, how far each has come, who votes (KIP-595, 836, 853). */
import { AddRaftVoter, DescribeQuorum, RemoveRaftVoter, type ResponseOf } from '@gregor/protocol'
import { type AdminContext, type CallOptions, call, check, failure, passingAtController } from './call.ts'

export interface QuorumDescription {
  /** -1: there is none at the moment. */
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly highWatermark: number
  readonly voters: readonly QuorumReplica[]
  readonly observers: readonly QuorumReplica[]
  /** Where voters can be reached, by id (3.9 and later). */
  readonly nodes: ReadonlyMap<number, readonly QuorumListener[]>
}

export interface QuorumReplica {
  readonly replicaId: number
  /** All zero before 3.9. */
  readonly replicaDirectoryId: string
  readonly logEndOffset: number
  /** In ms, by the leader's clock; `undefined`: unknown. */
  readonly lastFetchTimestamp: number | undefined
  readonly lastCaughtUpTimestamp: number | undefined
}

export interface QuorumListener {
  readonly name: string
  readonly host: string
  readonly port: number
}

export interface RaftVoter {
  readonly voterId: number
  readonly voterDirectoryId: string
}

export interface NewRaftVoter extends RaftVoter {
  readonly listeners: readonly QuorumListener[]
}

export interface RaftVoterOptions extends CallOptions {
  /** Refused where the cluster has another id. */
  readonly clusterId?: string
}

const metadataTopic = '__cluster_metadata'

export function describeMetadataQuorum(context: AdminContext, options: CallOptions): Promise<QuorumDescription> {
  return call(context, 'describeMetadataQuorum', options, async (given) => {
    const request = { topics: [{ topicName: metadataTopic, partitions: [{ partitionIndex: 0 }] }] }
    const { response } = await context.cluster.send('any', DescribeQuorum, request, given)
    check(response.errorCode, response.errorMessage)
    const partition = response.topics[0]?.partitions[0]
    if (partition === undefined) throw failure('UNKNOWN_SERVER_ERROR', 'the answer says nothing of the metadata quorum')
    check(partition.errorCode, partition.errorMessage)
    return {
      leaderId: partition.leaderId,
      leaderEpoch: partition.leaderEpoch,
      highWatermark: partition.highWatermark,
      voters: partition.currentVoters.map(quorumReplica),
      observers: partition.observers.map(quorumReplica),
      nodes: new Map(response.nodes.map(({ nodeId, listeners }) => [nodeId, listeners])),
    }
  })
}

export function addRaftVoter(
  context: AdminContext,
  { voterId, voterDirectoryId, listeners }: NewRaftVoter,
  options: RaftVoterOptions,
): Promise<void> {
  return call(context, 'addRaftVoter', { ...options, passing: passingAtController }, async (given) => {
    const clusterId = options.clusterId ?? null
    const request = { clusterId, timeoutMs: given.timeoutMs, voterId, voterDirectoryId, listeners }
    const { response } = await context.cluster.send('controller', AddRaftVoter, request, given)
    check(response.errorCode, response.errorMessage)
  })
}

export function removeRaftVoter(
  context: AdminContext,
  { voterId, voterDirectoryId }: RaftVoter,
  options: RaftVoterOptions,
): Promise<void> {
  return call(context, 'removeRaftVoter', { ...options, passing: passingAtController }, async (given) => {
    const request = { clusterId: options.clusterId ?? null, voterId, voterDirectoryId }
    const { response } = await context.cluster.send('controller', RemoveRaftVoter, request, given)
    check(response.errorCode, response.errorMessage)
  })
}

type AnsweredReplica = ResponseOf<
  typeof DescribeQuorum
>['topics'][number]['partitions'][number]['currentVoters'][number]

function quorumReplica({ lastFetchTimestamp, lastCaughtUpTimestamp, ...replica }: AnsweredReplica): QuorumReplica {
  return {
    ...replica,
    lastFetchTimestamp: lastFetchTimestamp < 0 ? undefined : lastFetchTimestamp,
    lastCaughtUpTimestamp: lastCaughtUpTimestamp < 0 ? undefined : lastCaughtUpTimestamp,
  }
}
