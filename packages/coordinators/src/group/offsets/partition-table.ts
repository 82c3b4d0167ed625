/** Values by group, topic and partition. Empty inner maps go away, so that `has` of a group means something. */

export type EntryOf<Value> = readonly [groupId: string, topic: string, partition: number, value: Value]

export class PartitionTable<Value> {
  readonly #groups = new Map<string, Map<string, Map<number, Value>>>()
  #size = 0
  /** Where the last value went: commits of many partitions of a topic come together. */
  #lastGroupId = ''
  #lastTopic = ''
  #last: Map<number, Value> | undefined

  get size(): number {
    return this.#size
  }

  groupIds(): IterableIterator<string> {
    return this.#groups.keys()
  }

  hasGroup(groupId: string): boolean {
    return this.#groups.has(groupId)
  }

  /** By topic and partition. */
  group(groupId: string): ReadonlyMap<string, ReadonlyMap<number, Value>> {
    return this.#groups.get(groupId) ?? nothing
  }

  get(groupId: string, topic: string, partition: number): Value | undefined {
    return this.#groups.get(groupId)?.get(topic)?.get(partition)
  }

  set(groupId: string, topic: string, partition: number, value: Value): void {
    const partitions = this.#partitionsOf(groupId, topic)
    this.#size -= partitions.size
    partitions.set(partition, value)
    this.#size += partitions.size
  }

  #partitionsOf(groupId: string, topic: string): Map<number, Value> {
    if (this.#last !== undefined && this.#lastTopic === topic && this.#lastGroupId === groupId) return this.#last
    let topics = this.#groups.get(groupId)
    if (topics === undefined) this.#groups.set(groupId, (topics = new Map<string, Map<number, Value>>()))
    let partitions = topics.get(topic)
    if (partitions === undefined) topics.set(topic, (partitions = new Map<number, Value>()))
    this.#lastGroupId = groupId
    this.#lastTopic = topic
    this.#last = partitions
    return partitions
  }

  delete(groupId: string, topic: string, partition: number): Value | undefined {
    const topics = this.#groups.get(groupId)
    const partitions = topics?.get(topic)
    const value = partitions?.get(partition)
    if (topics === undefined || partitions === undefined || value === undefined) return undefined
    partitions.delete(partition)
    this.#size--
    if (partitions.size === 0) {
      topics.delete(topic)
      this.#last = undefined
    }
    if (topics.size === 0) this.#groups.delete(groupId)
    return value
  }

  *entries(): Generator<EntryOf<Value>> {
    for (const [groupId, topics] of this.#groups) {
      for (const [topic, partitions] of topics) {
        for (const [partition, value] of partitions) yield [groupId, topic, partition, value]
      }
    }
  }
}

const nothing: ReadonlyMap<string, never> = new Map<string, never>()
