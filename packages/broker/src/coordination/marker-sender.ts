/**
 * Tells the leaders of a transaction’s partitions how it has ended (KIP-98): what this node leads directly, the others
 * by WriteTxnMarkers, one request to each node. Tries once; what is to be tried again, and when, the coordinator decides.
 *
 * Bounded: one round of a transaction is under way at a time, and every request has a deadline.
 */
import { asError } from '@gregor/base'
import type { MarkerResult, TopicPartitions, WriteMarkers } from '@gregor/coordinators'
import type { Clock, Logger } from '@gregor/platform'
import { errorName, WriteTxnMarkers, type ProtocolError } from '@gregor/protocol'
import type { Peers } from '../metadata/peers.ts'
import type { MetadataView } from '../server/services.ts'
import { writeMarker, type MarkerServices } from './transaction-markers.ts'

export interface MarkerSenderOptions extends MarkerServices {
  readonly nodeId: number
  readonly metadata: MetadataView
  readonly peers: Pick<Peers, 'call'>
  readonly clock: Pick<Clock, 'wallMs'>
  readonly logger: Logger
  readonly timeoutMs: () => number
}

interface Place {
  readonly topic: string
  readonly partition: number
}

export class MarkerSender {
  readonly #options: MarkerSenderOptions

  constructor(options: MarkerSenderOptions) {
    this.#options = options
  }

  /** What each partition said, in any order. What fails here is logged and answered as a retriable error. */
  async send(ending: WriteMarkers): Promise<readonly MarkerResult[]> {
    const results: MarkerResult[] = []
    const placesByNode = new Map<number, Place[]>()
    for (const place of placesOf(ending.topics)) {
      const leader = this.#leaderOf(place)
      if (typeof leader === 'string') results.push({ ...place, result: leader })
      else placesByNode.set(leader, appended(placesByNode.get(leader), place))
    }
    const { nodeId, logger } = this.#options
    const answers = Array.from(placesByNode, async ([leaderId, places]) => {
      try {
        return await (leaderId === nodeId ? this.#writeHere(ending, places) : this.#ask(leaderId, ending, places))
      } catch (cause) {
        logger.error('Markers could not be written', {
          transactionalId: ending.transactionalId,
          error: asError(cause),
        })
        return places.map((place) => ({ ...place, result: 'UNKNOWN_SERVER_ERROR' as const }))
      }
    })
    return [...results, ...(await Promise.all(answers)).flat()]
  }

  #leaderOf({ topic, partition }: Place): number | MarkerResult['result'] {
    const known = this.#options.metadata.image.topics.byName.get(topic)?.partitions[partition]
    if (known === undefined) return 'PARTITION_DELETED'
    return known.leader === -1 ? 'LEADER_NOT_AVAILABLE' : known.leader
  }

  #writeHere(ending: WriteMarkers, places: readonly Place[]): Promise<MarkerResult[]> {
    const { producerId, producerEpoch, coordinatorEpoch, transactionVersion, outcome } = ending
    const marker = { producerId, producerEpoch, coordinatorEpoch, transactionVersion, outcome }
    const given = { services: this.#options, nowMs: this.#options.clock.wallMs() }
    return Promise.all(places.map(async (place) => ({ ...place, result: await writeMarker(marker, place, given) })))
  }

  async #ask(nodeId: number, ending: WriteMarkers, places: readonly Place[]): Promise<MarkerResult[]> {
    const { producerId, producerEpoch, coordinatorEpoch, transactionVersion, outcome } = ending
    const marker = {
      producerId,
      producerEpoch,
      transactionResult: outcome === 'Commit',
      topics: topicsOf(places),
      coordinatorEpoch,
      transactionVersion,
    }
    const answer = await this.#options.peers.call(
      nodeId,
      WriteTxnMarkers,
      { markers: [marker] },
      this.#options.timeoutMs(),
    )
    const codes = new Map<string, number>()
    for (const { topics } of answer?.markers ?? []) {
      for (const { name, partitions } of topics) {
        for (const { partitionIndex, errorCode } of partitions) codes.set(`${name}-${partitionIndex}`, errorCode)
      }
    }
    return places.map((place) => {
      const code = codes.get(`${place.topic}-${place.partition}`)
      const result: ProtocolError = code === undefined ? 'NETWORK_EXCEPTION' : errorName(code)
      return { ...place, result }
    })
  }
}

function* placesOf(topics: TopicPartitions): Generator<Place> {
  for (const { name, partitions } of topics) for (const partition of partitions) yield { topic: name, partition }
}

function topicsOf(places: readonly Place[]): { name: string; partitionIndexes: number[] }[] {
  const topics = new Map<string, number[]>()
  for (const { topic, partition } of places) topics.set(topic, appended(topics.get(topic), partition))
  return Array.from(topics, ([name, partitionIndexes]) => ({ name, partitionIndexes }))
}

/** In place: an ending transaction may have very many partitions. */
function appended<T>(list: T[] | undefined, item: T): T[] {
  if (list === undefined) return [item]
  list.push(item)
  return list
}
