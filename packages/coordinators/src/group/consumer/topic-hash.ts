/**
 * What a consumer group remembers of its topics: a hash of their ids, names, partitions and racks (KIP-1101). Another
 * hash means that the group has to be assigned anew. Bytes and order are those of Apache Kafka, so that a group which
 * changes hands between the two does not rebalance.
 */
import { bytesFromUuid } from '@gregor/base'
import type { MetadataImage, TopicImage } from '@gregor/metadata'
import { xxHash3 } from './xx-hash3.ts'

/** Topics are hashed once: their images are new ones when they change. */
export class TopicHashes {
  readonly #hashes = new WeakMap<TopicImage, bigint>()

  /** Of the topics that are there; 0 where none is. */
  ofTopics(image: MetadataImage, names: Iterable<string>): bigint {
    const topics = [...names].toSorted().flatMap((name) => image.topics.byName.get(name) ?? [])
    if (topics.length === 0) return 0n
    const bytes = Buffer.alloc(topics.length * 8)
    topics.forEach((topic, index) => bytes.writeBigInt64LE(this.#ofTopic(image, topic), index * 8))
    return xxHash3(bytes)
  }

  #ofTopic(image: MetadataImage, topic: TopicImage): bigint {
    const known = this.#hashes.get(topic)
    if (known !== undefined) return known
    const hash = topicHash(image, topic)
    this.#hashes.set(topic, hash)
    return hash
  }
}

const layoutVersion = 0

export function topicHash(image: MetadataImage, { id, name, partitions }: TopicImage): bigint {
  const parts = [Buffer.from([layoutVersion]), halvesSwapped(bytesFromUuid(id)), text(name), int32(partitions.length)]
  for (const [partition, { replicas }] of partitions.entries()) {
    const racks = replicas.flatMap((replica) => image.brokers.get(replica)?.rack ?? []).toSorted()
    parts.push(int32(partition), ...racks.flatMap((rack) => [int32(rack.length), text(rack)]))
  }
  return xxHash3(Buffer.concat(parts))
}

/** Two longs, each with its low byte first. */
function halvesSwapped(bytes: Buffer): Buffer {
  return Buffer.from(bytes).swap64()
}

/** UTF-16, and how many units it is. */
function text(value: string): Buffer {
  return Buffer.concat([Buffer.from(value, 'utf16le'), int32(value.length)])
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes
}
