/**
 * Between the bytes that classic consumers put into JoinGroup and SyncGroup, with topics by name, and members of
 * consumer groups, with topics by id. Topics that are gone are left out.
 */
import { MalformedMessageError } from '@gregor/base'
import type { MetadataImage } from '@gregor/metadata'
import { ConsumerProtocolAssignment, decodeAssignment, decodeSubscription, encodeAssignment } from '@gregor/protocol'
import type { Subscription } from '@gregor/protocol'
import { inOrder } from './partition-epochs.ts'
import type { Assignment, TopicPartitions } from './partition-epochs.ts'

/** `undefined` where they are no subscription of a consumer. */
export function subscriptionFrom(metadata: Buffer): Subscription | undefined {
  return orUndefined(() => decodeSubscription(metadata))
}

export interface EmbeddedAssignment {
  readonly partitions: Assignment
  /** An assignor of its own has put something in that would be lost. */
  readonly hasUserData: boolean
}

/** `undefined` where they are no assignment of a consumer. No bytes at all are an empty one. */
export function assignmentFromBytes(image: MetadataImage, bytes: Buffer): EmbeddedAssignment | undefined {
  if (bytes.length === 0) return { partitions: new Map<string, never>(), hasUserData: false }
  const decoded = orUndefined(() => decodeAssignment(bytes))
  if (decoded === undefined) return undefined
  const { assignedPartitions, userData } = decoded
  const partitions = new Map(
    topicPartitionsByName(image, assignedPartitions).map((one) => [one.topicId, new Set(one.partitions)]),
  )
  return { partitions, hasUserData: (userData?.length ?? 0) > 0 }
}

/** In the version that the member spoke in its subscription. */
export function bytesFromAssignment(image: MetadataImage, assignment: Assignment, metadata: Buffer): Buffer {
  const assignedPartitions = [...assignment].flatMap(([topicId, partitions]) => {
    const topic = image.topics.byId.get(topicId)?.name
    return topic === undefined ? [] : [{ topic, partitions: inOrder(partitions) }]
  })
  const version = metadata.length >= 2 ? metadata.readInt16BE(0) : 0
  const { min, max } = ConsumerProtocolAssignment.versions
  return encodeAssignment({ assignedPartitions, userData: null }, Math.min(Math.max(version, min), max))
}

export function topicPartitionsByName(
  image: MetadataImage,
  topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
): TopicPartitions {
  return topics.flatMap(({ topic, partitions }) => {
    const topicId = image.topics.byName.get(topic)?.id
    return topicId === undefined ? [] : [{ topicId, partitions }]
  })
}

function orUndefined<T>(decode: () => T): T | undefined {
  try {
    return decode()
  } catch (error) {
    if (error instanceof MalformedMessageError) return undefined
    throw error
  }
}
