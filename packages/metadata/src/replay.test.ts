import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { configOf, emptyImage, featureLevel, partitionOf } from './metadata-image.ts'
import type { MetadataImage } from './metadata-image.ts'
import type { MetadataRecord } from './metadata-record.ts'
import { historyOf, idOf } from './record-history.ts'
import { MetadataReplay } from './replay.ts'
import { recordsFromImage } from './snapshot.ts'

const topic = (name: string, id = name): MetadataRecord => ({ type: 'TopicRecord', name, topicId: id })
const config = (resourceName: string, value: string | null): MetadataRecord => ({
  type: 'ConfigRecord',
  resourceType: 2,
  resourceName,
  name: 'retention.ms',
  value,
})
const begin: MetadataRecord = { type: 'BeginTransactionRecord', name: null }
const end: MetadataRecord = { type: 'EndTransactionRecord' }
const abort: MetadataRecord = { type: 'AbortTransactionRecord', reason: null }

function batch(baseOffset: number, ...records: MetadataRecord[]) {
  return { baseOffset, epoch: 3, appendTimeMs: 1_000 + baseOffset, records }
}

function namesOf(image: MetadataImage): string[] {
  return [...image.topics.byName.keys()].toSorted()
}

describe('MetadataReplay', () => {
  it('begins with an empty image', () => {
    assert.equal(new MetadataReplay().image, emptyImage)
  })

  it('makes one image of a batch, which stands at its last offset', () => {
    const replay = new MetadataReplay()
    const [change, ...more] = replay.replayBatch(batch(10, topic('a'), topic('b')))
    assert.deepEqual(more, [])
    assert.equal(change?.image, replay.image)
    assert.deepEqual(
      { offset: replay.image.offset, epoch: replay.image.epoch, appendTimeMs: replay.image.appendTimeMs },
      { offset: 11, epoch: 3, appendTimeMs: 1_010 },
    )
    assert.deepEqual(namesOf(replay.image), ['a', 'b'])
  })

  it('advances by a batch that changes nothing', () => {
    const replay = new MetadataReplay()
    replay.replayBatch(batch(5, { type: 'NoOpRecord' }))
    assert.equal(replay.image.offset, 5)
  })

  it('leaves earlier images as they were', () => {
    const replay = new MetadataReplay()
    replay.replayBatch(batch(0, topic('a')))
    const before = replay.image
    replay.replayBatch(batch(1, topic('b'), { type: 'RemoveTopicRecord', topicId: 'a' }))
    assert.deepEqual(namesOf(before), ['a'])
    assert.deepEqual(namesOf(replay.image), ['b'])
  })
})

describe('A metadata transaction', () => {
  it('is not seen before its end, over several batches', () => {
    const replay = new MetadataReplay()
    assert.deepEqual(replay.replayBatch(batch(0, begin, topic('a'))), [])
    assert.deepEqual(replay.replayBatch(batch(2, topic('b'))), [])
    assert.equal(replay.isInTransaction, true)
    assert.equal(replay.image.offset, -1)
    replay.replayBatch(batch(3, end))
    assert.deepEqual(namesOf(replay.image), ['a', 'b'])
    assert.equal(replay.image.offset, 3)
  })

  it('leaves nothing behind when it is aborted', () => {
    const replay = new MetadataReplay()
    replay.replayBatch(batch(0, begin, topic('a')))
    replay.replayBatch(batch(2, abort, topic('b')))
    assert.deepEqual(namesOf(replay.image), ['b'])
  })

  it('that begins amid a batch does not hold back what came before', () => {
    const replay = new MetadataReplay()
    const changes = replay.replayBatch(batch(0, topic('a'), begin, topic('b')))
    assert.equal(changes.length, 1)
    assert.deepEqual(namesOf(replay.image), ['a'])
    assert.equal(replay.image.offset, 0)
  })

  it('is discarded by a snapshot', () => {
    const replay = new MetadataReplay()
    replay.replayBatch(batch(0, begin, topic('a')))
    replay.replaySnapshot([topic('b')], { offset: 9, epoch: 4, appendTimeMs: 7 })
    assert.equal(replay.isInTransaction, false)
    assert.deepEqual(namesOf(replay.image), ['b'])
  })

  for (const [what, records] of [
    ['begins within another one', [begin, begin]],
    ['ends and never began', [end]],
    ['is aborted and never began', [abort]],
  ] as const) {
    it(`that ${what} is a fault`, () => {
      assert.throws(() => new MetadataReplay().replayBatch(batch(0, ...records)), { name: 'MetadataFault' })
    })
  }
})

describe('A snapshot', () => {
  it('replaces everything: what it does not name is removed, and told so', () => {
    const replay = new MetadataReplay()
    replay.replayBatch(batch(0, topic('a', idOf(1)), topic('b', idOf(2)), config('a', '1'), config('b', '1')))
    const { delta, isSnapshot } = replay.replaySnapshot([topic('b', idOf(2)), topic('c', idOf(3))], {
      offset: 99,
      epoch: 5,
      appendTimeMs: 1,
    })
    assert.equal(isSnapshot, true)
    assert.deepEqual(namesOf(replay.image), ['b', 'c'])
    assert.deepEqual([...delta.topics.deletedIds], [idOf(1)])
    assert.deepEqual(
      [...delta.configs.changes],
      [
        ['2:a', undefined],
        ['2:b', undefined],
      ],
    )
    assert.equal(configOf(replay.image, { type: 2, name: 'b' }).size, 0)
    assert.equal(replay.image.offset, 99)
  })

  it('forgets features and producer ids that it does not name', () => {
    const replay = new MetadataReplay()
    replay.replayBatch(
      batch(
        0,
        { type: 'FeatureLevelRecord', name: 'group.version', featureLevel: 1 },
        { type: 'ProducerIdsRecord', brokerId: 1, brokerEpoch: 1, nextProducerId: 1_000 },
      ),
    )
    replay.replaySnapshot([], { offset: 5, epoch: 1, appendTimeMs: 1 })
    assert.equal(featureLevel(replay.image, 'group.version'), 0)
    assert.equal(replay.image.nextProducerId, -1)
  })

  it('with a record that cannot be replayed is a fault at its offset', () => {
    const replay = new MetadataReplay()
    const snapshot = () =>
      replay.replaySnapshot([{ type: 'RemoveTopicRecord', topicId: 'x' }], {
        offset: 5,
        epoch: 1,
        appendTimeMs: 1,
      })
    assert.throws(snapshot, { name: 'MetadataFault', offset: 5 })
  })
})

describe('A fault', () => {
  it('names the offset, leaves the image as it was, and ends the replay', () => {
    const replay = new MetadataReplay()
    replay.replayBatch(batch(0, topic('a')))
    const { image } = replay
    const poison: MetadataRecord = { type: 'RemoveTopicRecord', topicId: 'nobody' }
    const expected = {
      name: 'MetadataFault',
      offset: 8,
      message: 'metadata record at offset 8: a record of topic nobody, which is not there',
    }
    assert.throws(() => replay.replayBatch(batch(7, topic('b'), poison)), expected)
    assert.equal(replay.image, image)
    assert.equal(replay.fault?.offset, 8)
    assert.throws(() => replay.replayBatch(batch(9, topic('c'))), expected)
    assert.throws(() => replay.replaySnapshot([], { offset: 20, epoch: 1, appendTimeMs: 1 }), expected)
  })
})

describe('M2: a snapshot and the tail give the image of the full replay', () => {
  const choices = fc.array(fc.nat(100_000), { maxLength: 120 })

  it('for every history and every place to take the snapshot', () => {
    fc.assert(
      fc.property(choices, fc.nat(), (numbers, where) => {
        const records = historyOf(numbers)
        const cut = where % (records.length + 1)
        const full = new MetadataReplay()
        records.forEach((record, offset) => full.replayBatch(batch(offset, record)))

        const prefix = new MetadataReplay()
        if (cut > 0) prefix.replayBatch(batch(0, ...records.slice(0, cut)))
        const fromSnapshot = new MetadataReplay()
        fromSnapshot.replaySnapshot([...recordsFromImage(prefix.image)], prefix.image)
        if (cut < records.length) fromSnapshot.replayBatch(batch(cut, ...records.slice(cut)))

        assert.deepEqual([...recordsFromImage(fromSnapshot.image)], [...recordsFromImage(full.image)])
        assert.equal(fromSnapshot.image.offset, records.length - 1)
      }),
    )
  })

  it('over an image that was there before, as well as over nothing', () => {
    fc.assert(
      fc.property(choices, choices, (before, after) => {
        const fresh = new MetadataReplay()
        fresh.replayBatch(batch(0, ...historyOf(after)))
        const snapshot = [...recordsFromImage(fresh.image)]
        const replay = new MetadataReplay()
        replay.replayBatch(batch(0, ...historyOf(before)))
        replay.replaySnapshot(snapshot, fresh.image)
        assert.deepEqual([...recordsFromImage(replay.image)], snapshot)
      }),
    )
  })

  it('in one batch or in many', () => {
    fc.assert(
      fc.property(choices, (numbers) => {
        const records = historyOf(numbers)
        const one = new MetadataReplay()
        one.replayBatch(batch(0, ...records))
        const many = new MetadataReplay()
        records.forEach((record, offset) => many.replayBatch(batch(offset, record)))
        assert.deepEqual([...recordsFromImage(one.image)], [...recordsFromImage(many.image)])
        assert.deepEqual({ ...one.image.topics.byId.get(idOf(0)) }, { ...many.image.topics.byId.get(idOf(0)) })
      }),
    )
  })
})

describe('partitionOf', () => {
  it('finds no partition of a topic that is not there', () => {
    assert.equal(partitionOf(emptyImage, 'x', 0), undefined)
  })
})
