/** A partition’s identity, and the name its directory has in every log directory. */

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** `topic-0`: unique, since what stands behind the last dash is a number. */
export function partitionName({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
