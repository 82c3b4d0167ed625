import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { decodeMetadataRecord, encodeMetadataRecord, UnknownRecordError } from '@gregor/protocol'
import { MetadataReplay } from './replay.ts'
import { historyOf } from './record-history.ts'
import { recordsFromImage } from './snapshot.ts'

describe('M3: a record survives being encoded and decoded', () => {
  it('in every history', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100_000), { maxLength: 100 }), (choices) => {
        for (const record of historyOf(choices)) {
          const { version: _, ...decoded } = decodeMetadataRecord(encodeMetadataRecord(record))
          assert.deepEqual(decoded, record)
        }
      }),
    )
  })

  it('and gives the image of the records that were never encoded', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100_000), { maxLength: 100 }), (choices) => {
        const records = historyOf(choices)
        const position = { baseOffset: 0, epoch: 1, appendTimeMs: 1 }
        const direct = new MetadataReplay()
        direct.replayBatch({ ...position, records })
        const decoded = new MetadataReplay()
        decoded.replayBatch({
          ...position,
          records: records.map((one) => decodeMetadataRecord(encodeMetadataRecord(one))),
        })
        assert.deepEqual([...recordsFromImage(decoded.image)], [...recordsFromImage(direct.image)])
      }),
    )
  })

  it('unless nobody knows its type', () => {
    assert.throws(() => decodeMetadataRecord(Buffer.from([1, 99, 0])), UnknownRecordError)
  })
})

describe('A snapshot under an old metadata.version', () => {
  it('leaves out what that version cannot say, where nothing is lost', () => {
    const replay = new MetadataReplay()
    const records = historyOf([]).map((record) => ({ ...record, featureLevel: 16 }))
    replay.replayBatch({ baseOffset: 0, epoch: 1, appendTimeMs: 1, records })
    const partition = {
      partitionId: 0,
      topicId: 'BBBBBBBBBBBBBBBBBBBBBA',
      replicas: [1],
      isr: [1],
      removingReplicas: [],
      addingReplicas: [],
      leader: 1,
      leaderRecoveryState: 0,
      leaderEpoch: 0,
      partitionEpoch: 0,
      directories: [],
      eligibleLeaderReplicas: null,
      lastKnownElr: null,
    }
    replay.replayBatch({
      baseOffset: 1,
      epoch: 1,
      appendTimeMs: 1,
      records: [
        { type: 'TopicRecord', name: 't', topicId: partition.topicId },
        { type: 'PartitionRecord', ...partition },
      ],
    })
    const written = [...recordsFromImage(replay.image)].map((record) =>
      decodeMetadataRecord(encodeMetadataRecord(record, 16)),
    )
    assert.deepEqual(written.at(-1), { type: 'PartitionRecord', version: 0, ...partition })
  })
})
