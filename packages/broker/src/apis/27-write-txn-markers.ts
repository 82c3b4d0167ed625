/**
 * WriteTxnMarkers (key 27): ends transactions in partitions (KIP-98). Transaction coordinators ask for it, and
 * administrators to be rid of a transaction that hangs (KIP-664). The answer waits until the markers are committed.
 * v2 the epoch of a marker is checked as the transaction’s version has it (KIP-1228)
 */
import { errorCode, WriteTxnMarkers } from '@gregor/protocol'
import type { ProtocolError, RequestOf, ResponseInput } from '@gregor/protocol'
import { writeMarker } from '../coordination/transaction-markers.ts'
import { isAllowedOnCluster } from '../server/authorization.ts'
import { defineHandler } from '../server/handler.ts'
import type { Services } from '../server/services.ts'

type Request = RequestOf<typeof WriteTxnMarkers>
type Response = ResponseInput<typeof WriteTxnMarkers>
type Marker = Request['markers'][number]
type TopicAnswer = Response['markers'][number]['topics'][number]

export const writeTxnMarkers = defineHandler(WriteTxnMarkers, {
  async handle(request, context, services) {
    const isPermitted =
      isAllowedOnCluster(services, context, 'ALTER') || isAllowedOnCluster(services, context, 'CLUSTER_ACTION')
    if (!isPermitted) return refuse(request, 'CLUSTER_AUTHORIZATION_FAILED')
    const answers = await Promise.all(
      request.markers.map(async (marker) => ({
        producerId: marker.producerId,
        topics: await write(marker, services, context.nowMs),
      })),
    )
    return { markers: byProducer(answers) }
  },
  refuse,
  isExemptFromQuotas: true,
})

function write(marker: Marker, services: Services, nowMs: number): Promise<TopicAnswer[]> {
  const { producerId, producerEpoch, coordinatorEpoch, transactionVersion } = marker
  const outcome = marker.transactionResult ? 'Commit' : 'Abort'
  const written = { outcome, producerId, producerEpoch, coordinatorEpoch, transactionVersion } as const
  return Promise.all(
    marker.topics.map(async ({ name, partitionIndexes }) => ({
      name,
      partitions: await Promise.all(
        partitionIndexes.map(async (partition) => {
          const error = await writeMarker(written, { topic: name, partition }, { services, nowMs })
          return { partitionIndex: partition, errorCode: errorCode(error) }
        }),
      ),
    })),
  )
}

/** A producer is answered once, however many markers of it there were. */
function byProducer(answers: readonly { readonly producerId: number; readonly topics: TopicAnswer[] }[]) {
  const topicsOf = new Map<number, TopicAnswer[]>()
  for (const { producerId, topics } of answers) {
    const known = topicsOf.get(producerId)
    if (known === undefined) topicsOf.set(producerId, [...topics])
    else known.push(...topics)
  }
  return Array.from(topicsOf, ([producerId, topics]) => ({ producerId, topics }))
}

function refuse({ markers }: Request, error: ProtocolError): Response {
  return {
    markers: byProducer(
      markers.map(({ producerId, topics }) => ({
        producerId,
        topics: topics.map(({ name, partitionIndexes }) => ({
          name,
          partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, errorCode: errorCode(error) })),
        })),
      })),
    ),
  }
}
