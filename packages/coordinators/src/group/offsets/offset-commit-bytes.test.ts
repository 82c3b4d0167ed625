import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { groupRecords } from '@gregor/protocol'
import fc from 'fast-check'
import { OffsetCommitBytes } from './offset-commit-bytes.ts'

/** Of few kinds, so that those that follow each other are often alike. */
const commits = fc.record({
  key: fc.record({
    group: fc.constantFrom('g', 'gruppe-ä', ''),
    topic: fc.constantFrom('t', 'topic'),
    partition: fc.nat(),
  }),
  value: fc.record({
    offset: fc.oneof(fc.maxSafeInteger(), fc.constantFrom(-1, 0, 2 ** 53, 2 ** 63)),
    leaderEpoch: fc.constantFrom(-1, 5),
    metadata: fc.constantFrom('', 'ü', 'm'.repeat(126), 'm'.repeat(127)),
    commitTimestamp: fc.maxSafeInteger(),
    expireTimestamp: fc.constantFrom(-1, -1, -1, 1_700_000_000_000),
    topicId: fc.constantFrom('AAAAAAAAAAAAAAAAAAAAAA', 'AAECAwQFBgcICQoLDA0ODw'),
  }),
})

describe('The bytes of OffsetCommit records', () => {
  it('are those of the codec, whatever was written before', () => {
    fc.assert(
      fc.property(fc.array(commits, { maxLength: 20 }), (records) => {
        const bytes = new OffsetCommitBytes()
        for (const { key, value } of records) {
          const version = value.expireTimestamp === -1 ? 4 : 1
          assert.deepEqual(bytes.key(key), groupRecords.encodeKey('OffsetCommit', key))
          assert.deepEqual(bytes.value(value), groupRecords.encodeValue('OffsetCommit', value, version))
        }
      }),
    )
  })

  it('are good until the next record alone: it takes their place', () => {
    const bytes = new OffsetCommitBytes()
    const first = bytes.key({ group: 'g', topic: 't', partition: 1 })
    assert.equal(first.toString('hex'), '000100016700017400000001')
    bytes.key({ group: 'g', topic: 't', partition: 2 })
    assert.equal(first.toString('hex'), '000100016700017400000002')
  })
})
