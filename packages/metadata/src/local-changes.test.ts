import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { localChanges } from './local-changes.ts'
import type { LocalChanges } from './local-changes.ts'
import { MetadataDelta } from './metadata-delta.ts'
import { emptyImage } from './metadata-image.ts'
import type { MetadataImage } from './metadata-image.ts'
import type { MetadataRecord, RecordOf } from './metadata-record.ts'
import { partitionChange } from './partition-registration.ts'
import { idOf } from './record-history.ts'
import { recordsFromImage } from './snapshot.ts'

const topicId = idOf(1)
const partition = (partitionId: number, replicas: number[]): RecordOf<'PartitionRecord'> => ({
  type: 'PartitionRecord',
  partitionId,
  topicId,
  replicas,
  isr: replicas,
  removingReplicas: [],
  addingReplicas: [],
  leader: replicas[0] ?? -1,
  leaderRecoveryState: 0,
  leaderEpoch: 0,
  partitionEpoch: 0,
  directories: replicas.map(idOf),
  eligibleLeaderReplicas: null,
  lastKnownElr: null,
})
const start: readonly MetadataRecord[] = [
  { type: 'TopicRecord', name: 't', topicId },
  partition(0, [1, 2]),
  partition(1, [2, 1]),
  partition(2, [2, 3]),
]

function changes(records: Iterable<MetadataRecord>, before: MetadataImage, isSnapshot = false) {
  const delta = new MetadataDelta(before, { isSnapshot })
  for (const record of records) delta.replay(record)
  const image = delta.apply({ offset: 1, epoch: 1, appendTimeMs: 1 })
  return { image, of: (brokerId: number) => short(localChanges(delta.topics, brokerId)) }
}

function short({ removed, deleted, leading, following }: LocalChanges) {
  const ids = (list: readonly { partitionId: number }[]) => list.map(({ partitionId }) => partitionId)
  return { removed: ids(removed), deleted: ids(deleted), leading: ids(leading), following: ids(following) }
}

const nothing = { removed: [], deleted: [], leading: [], following: [] }

describe('localChanges', () => {
  const first = changes(start, emptyImage)

  it('tell a broker what it leads and follows', () => {
    assert.deepEqual(first.of(1), { ...nothing, leading: [0], following: [1] })
    assert.deepEqual(first.of(2), { ...nothing, leading: [1, 2], following: [0] })
    assert.deepEqual(first.of(9), nothing)
  })

  it('tell the directory, and whether the leader epoch is a new one', () => {
    const delta = new MetadataDelta(first.image)
    delta.replay({ ...partitionChange(topicId, 0), leader: 2 })
    delta.replay({ ...partitionChange(topicId, 1), isr: [2] })
    const { leading } = localChanges(delta.topics, 2)
    assert.deepEqual(
      leading.map(({ topic, topicId: id, partitionId, directory, isNewLeaderEpoch }) => ({
        topic,
        id,
        partitionId,
        directory,
        isNewLeaderEpoch,
      })),
      [
        { topic: 't', id: topicId, partitionId: 0, directory: idOf(2), isNewLeaderEpoch: true },
        { topic: 't', id: topicId, partitionId: 1, directory: idOf(2), isNewLeaderEpoch: false },
      ],
    )
  })

  it('tell of partitions that moved away', () => {
    const move = { ...partitionChange(topicId, 1), replicas: [2, 3], isr: [2, 3], directories: [idOf(2), idOf(3)] }
    const { of } = changes([move], first.image)
    assert.deepEqual(of(1), { ...nothing, removed: [1] })
    assert.deepEqual(of(3), { ...nothing, following: [1] })
  })

  it('tell of deleted topics', () => {
    const { of } = changes([{ type: 'RemoveTopicRecord', topicId }], first.image)
    assert.deepEqual(of(1), { ...nothing, removed: [0, 1], deleted: [0, 1] })
  })

  it('of a snapshot that repeats what is known are none', () => {
    assert.deepEqual(changes(recordsFromImage(first.image), first.image, true).of(2), nothing)
  })

  it('of a snapshot without the topic are its deletion', () => {
    assert.deepEqual(changes([], first.image, true).of(3), { ...nothing, removed: [2], deleted: [2] })
  })
})
