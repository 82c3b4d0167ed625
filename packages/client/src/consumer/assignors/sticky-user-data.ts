/**
 * What the sticky assignors tell the leader in a subscription’s user data, byte for byte as the Java client does:
 * `sticky` all it had (version 0) and in which generation (version 1, one field more at the end), `cooperative-sticky`
 * the generation alone.
 */
import { ByteReader, ByteWriter, MalformedMessageError } from '@gregor/base'
import type { TopicPartition } from '../partition-set.ts'
import { inOrderOfComputed } from './java-hash-set.ts'
import { type Claim, noGeneration } from './owned-partitions.ts'

export function encodeStickyUserData(partitions: readonly TopicPartition[], generationId: number): Buffer {
  const byTopic = Map.groupBy(partitions, ({ topic }) => topic)
  const writer = new ByteWriter()
  writer.int32(byTopic.size)
  for (const topic of inOrderOfComputed(byTopic.keys())) {
    const ofTopic = byTopic.get(topic) ?? []
    const name = Buffer.from(topic)
    writer.int16(name.length)
    writer.bytes(name)
    writer.int32(ofTopic.length)
    for (const { partition } of ofTopic) writer.int32(partition)
  }
  writer.int32(generationId)
  return writer.toBuffer()
}

/** Either version. What cannot be read is as nothing, of no generation. */
export function decodeStickyUserData(userData: Buffer): Claim {
  return attempt(() => {
    const reader = new ByteReader(userData)
    const partitions = readPartitions(reader)
    // Version 0 ends here.
    return { partitions, generation: reader.remaining >= 4 ? reader.int32() : undefined }
  })
}

export function encodeGeneration(generationId: number): Buffer {
  const buffer = Buffer.alloc(4)
  buffer.writeInt32BE(generationId)
  return buffer
}

export function decodeGeneration(userData: Buffer): number {
  return userData.length < 4 ? noGeneration : userData.readInt32BE(0)
}

function readPartitions(reader: ByteReader): readonly TopicPartition[] {
  const partitions: TopicPartition[] = []
  for (let topics = readCount(reader); topics > 0; topics--) {
    const length = reader.int16()
    if (length < 0) throw new MalformedMessageError(`a topic of ${length} bytes`)
    const topic = reader.utf8(length)
    for (let count = readCount(reader); count > 0; count--) partitions.push({ topic, partition: reader.int32() })
  }
  return partitions
}

function readCount(reader: ByteReader): number {
  const count = reader.int32()
  if (count < 0 || count > reader.remaining) throw new MalformedMessageError(`${count} entries`)
  return count
}

function attempt(read: () => Claim): Claim {
  try {
    return read()
  } catch (error) {
    if (error instanceof MalformedMessageError) return { partitions: [], generation: noGeneration }
    throw error
  }
}
