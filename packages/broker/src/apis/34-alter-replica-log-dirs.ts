/** AlterReplicaLogDirs (key 34): moves replicas into other directories of this node (KIP-113), one answer per partition. */
import { AlterReplicaLogDirs, errorCode } from '@gregor/protocol'
import type { ProtocolError, RequestOf, ResponseInput } from '@gregor/protocol'
import { isAllowedOnCluster } from '../server/authorization.ts'
import { defineHandler } from '../server/handler.ts'
import type { Services } from '../server/services.ts'

type Request = RequestOf<typeof AlterReplicaLogDirs>
type Response = ResponseInput<typeof AlterReplicaLogDirs>

export const alterReplicaLogDirs = defineHandler(AlterReplicaLogDirs, {
  async handle(request, context, services) {
    const isPermitted = isAllowedOnCluster(services, context, 'ALTER')
    return answer(request, (topic, partitionIndex, path) =>
      isPermitted ? move(topic, partitionIndex, path, services) : Promise.resolve('CLUSTER_AUTHORIZATION_FAILED'),
    )
  },
  refuse: (request, error) => ({ results: grouped(request, () => errorCode(error)) }),
})

async function move(
  topic: string,
  partitionIndex: number,
  path: string,
  { replicas, logMoves, config }: Services,
): Promise<ProtocolError> {
  const error = logMoves.check(path)
  if (error !== 'NONE') return error
  if (config.get('cordoned.log.dirs').includes(path)) return 'INVALID_REPLICA_ASSIGNMENT'
  const partition = replicas.hosted(topic, partitionIndex)
  if (typeof partition !== 'string') return logMoves.move(partition, path)
  // Known to the cluster, and not on this node.
  return partition === 'NOT_LEADER_OR_FOLLOWER' ? 'REPLICA_NOT_AVAILABLE' : partition
}

async function answer(
  request: Request,
  act: (topic: string, partitionIndex: number, path: string) => Promise<ProtocolError>,
): Promise<Response> {
  const errors = new Map<string, number>()
  for (const { path, topics } of request.dirs) {
    for (const { name, partitions } of topics) {
      for (const index of partitions) errors.set(`${name}:${index}`, errorCode(await act(name, index, path)))
    }
  }
  return { results: grouped(request, (topic, index) => errors.get(`${topic}:${index}`) ?? 0) }
}

function grouped(request: Request, codeOf: (topic: string, partitionIndex: number) => number): Response['results'] {
  const byTopic = new Map<string, { partitionIndex: number; errorCode: number }[]>()
  for (const { name, partitions } of request.dirs.flatMap(({ topics }) => topics)) {
    const results = byTopic.get(name) ?? []
    byTopic.set(name, results)
    for (const partitionIndex of partitions) results.push({ partitionIndex, errorCode: codeOf(name, partitionIndex) })
  }
  return [...byTopic].map(([topicName, partitions]) => ({ topicName, partitions }))
}
