import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { BatchBuilder } from './batch-builder.ts'
import { goldenBatches } from './golden-batches.ts'
import {
  attributesAt,
  attributesFrom,
  baseOffsetAt,
  baseSequenceAt,
  baseTimestampAt,
  batchSizeAt,
  checkBatch,
  compressionOf,
  crcAt,
  hasDeleteHorizon,
  isControl,
  isTransactional,
  lastOffsetAt,
  lastOffsetDeltaAt,
  lastSequenceAt,
  magicAt,
  maxTimestampAt,
  partitionLeaderEpochAt,
  producerEpochAt,
  producerIdAt,
  recordCountAt,
  refreshCrc,
  setAttributes,
  setBaseOffset,
  setPartitionLeaderEpoch,
  stampTimestamp,
  timestampTypeOf,
} from './record-batch.ts'

const transactional = Buffer.from(goldenBatches.transactional, 'hex')
/** Behind seven other bytes. */
const shifted = Buffer.concat([Buffer.alloc(7), transactional])

describe('the header of a batch that Apache Kafka wrote', () => {
  it('is read at its position', () => {
    assert.equal(batchSizeAt(shifted, 7), transactional.length)
    assert.equal(baseOffsetAt(shifted, 7), 100)
    assert.equal(partitionLeaderEpochAt(shifted, 7), 9)
    assert.equal(magicAt(shifted, 7), 2)
    assert.equal(crcAt(shifted, 7), 0x6c3eaea3)
    assert.equal(attributesAt(shifted, 7), 0x10)
    assert.equal(lastOffsetDeltaAt(shifted, 7), 5)
    assert.equal(lastOffsetAt(shifted, 7), 105)
    assert.equal(baseTimestampAt(shifted, 7), 1_700_000_000_000)
    assert.equal(maxTimestampAt(shifted, 7), 1_700_000_000_123)
    assert.equal(producerIdAt(shifted, 7), 7777)
    assert.equal(producerEpochAt(shifted, 7), 3)
    assert.equal(baseSequenceAt(shifted, 7), 42)
    assert.equal(lastSequenceAt(shifted, 7), 47)
    assert.equal(recordCountAt(shifted, 7), 3)
  })

  it('has -1 where there is no producer', () => {
    const batch = Buffer.from(goldenBatches.none, 'hex')
    assert.equal(producerIdAt(batch, 0), -1)
    assert.equal(producerEpochAt(batch, 0), -1)
    assert.equal(lastSequenceAt(batch, 0), -1)
    assert.equal(partitionLeaderEpochAt(batch, 0), -1)
  })

  it('names its codec', () => {
    for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
      assert.equal(compressionOf(attributesAt(Buffer.from(goldenBatches[codec], 'hex'), 0)), codec)
    }
  })
})

describe('sequences', () => {
  it('go on at 0 after 2147483647', () => {
    const batch = new BatchBuilder({ producerId: 1, producerEpoch: 0, baseSequence: 2147483646 })
      .append(null, null, [], 0)
      .append(null, null, [], 0)
      .append(null, null, [], 0)
      .build()
    assert.equal(lastSequenceAt(batch, 0), 0)
  })
})

describe('checkBatch', () => {
  for (const name of ['transactional', 'gzip', 'commitMarker', 'empty'] as const) {
    it(`finds nothing wrong with ${name}`, () => {
      const batch = Buffer.from(goldenBatches[name], 'hex')
      assert.equal(checkBatch(batch, 0, batch.length), undefined)
    })
  }

  it('sees every flipped bit behind the checksum', () => {
    for (let position = 17; position < transactional.length; position++) {
      const batch = Buffer.from(transactional)
      batch[position] = (batch[position] ?? 0) ^ 0x10
      assert.equal(checkBatch(batch, 0, batch.length), 'badCrc', `byte ${position}`)
    }
  })

  it('sees a batch that is cut off anywhere', () => {
    for (let end = 0; end < transactional.length; end++) {
      assert.equal(checkBatch(transactional, 0, end), 'truncated', `${end} bytes`)
    }
  })

  it('does not mind what stands behind the batch', () => {
    const followed = Buffer.concat([transactional, Buffer.from('garbage')])
    assert.equal(checkBatch(followed, 0, followed.length), undefined)
  })

  it('refuses other magic numbers', () => {
    for (const magic of [0, 1, 3, -1]) {
      const batch = Buffer.from(transactional)
      batch.writeInt8(magic, 16)
      assert.equal(checkBatch(batch, 0, batch.length), 'badMagic')
    }
  })

  it('refuses lengths that do not hold a header', () => {
    for (const length of [48, 0, -1, -2147483648]) {
      const batch = Buffer.from(transactional)
      batch.writeInt32BE(length, 8)
      assert.equal(checkBatch(batch, 0, batch.length), 'badSize')
    }
  })
})

describe('stamping', () => {
  it('changes offset and leader epoch without touching the checksum', () => {
    const batch = Buffer.from(transactional)
    setBaseOffset(batch, 0, 9_007_199_254_740_991)
    setPartitionLeaderEpoch(batch, 0, 77)
    assert.equal(batch.toString('hex', 0, 17), '001fffffffffffff000000650000004d02')
    assert.equal(batch.compare(transactional, 17, undefined, 17), 0)
    assert.equal(baseOffsetAt(batch, 0), 9_007_199_254_740_991)
    assert.equal(checkBatch(batch, 0, batch.length), undefined)
  })

  it('writes negative 64-bit numbers', () => {
    const batch = Buffer.from(transactional)
    setBaseOffset(batch, 0, -2)
    assert.equal(batch.toString('hex', 0, 8), 'fffffffffffffffe')
    assert.equal(baseOffsetAt(batch, 0), -2)
  })

  it('with the time of the append renews the checksum', () => {
    const batch = Buffer.from(goldenBatches.none, 'hex')
    stampTimestamp(batch, 0, 'LogAppendTime', 1_800_000_000_000)
    assert.equal(timestampTypeOf(attributesAt(batch, 0)), 'LogAppendTime')
    assert.equal(maxTimestampAt(batch, 0), 1_800_000_000_000)
    assert.equal(checkBatch(batch, 0, batch.length), undefined)
  })

  it('with a timestamp leaves what it had, and drops attributes that mean nothing', () => {
    const batch = Buffer.from(transactional)
    setAttributes(batch, 0, 0x7f90 | attributesAt(batch, 0))
    refreshCrc(batch, 0)
    const before = Buffer.from(batch)
    stampTimestamp(batch, 0, 'CreateTime', maxTimestampAt(batch, 0))
    assert.deepEqual(batch, before)
    stampTimestamp(batch, 0, 'CreateTime', 1_800_000_000_000)
    assert.equal(attributesAt(batch, 0), 0x10)
    assert.equal(maxTimestampAt(batch, 0), 1_800_000_000_000)
    assert.equal(checkBatch(batch, 0, batch.length), undefined)
  })

  it('of attributes alone makes the checksum wrong', () => {
    const batch = Buffer.from(transactional)
    setAttributes(batch, 0, 0)
    assert.equal(checkBatch(batch, 0, batch.length), 'badCrc')
  })
})

describe('attributes', () => {
  it('are the bits of the format', () => {
    assert.equal(attributesFrom({}), 0)
    assert.equal(attributesFrom({ compression: 'zstd' }), 4)
    assert.equal(attributesFrom({ timestampType: 'LogAppendTime' }), 8)
    assert.equal(attributesFrom({ isTransactional: true }), 16)
    assert.equal(attributesFrom({ isControl: true }), 32)
    assert.equal(attributesFrom({ hasDeleteHorizon: true }), 64)
  })

  it('are read back', () => {
    assert.equal(compressionOf(0x7b), 'lz4')
    assert.equal(timestampTypeOf(0x08), 'LogAppendTime')
    assert.equal(timestampTypeOf(0x77), 'CreateTime')
    assert.equal(isTransactional(0x10), true)
    assert.equal(isTransactional(0xef), false)
    assert.equal(isControl(0x20), true)
    assert.equal(isControl(0xdf), false)
    assert.equal(hasDeleteHorizon(0x40), true)
    assert.equal(hasDeleteHorizon(0xbf), false)
  })

  it('may name a codec that does not exist', () => {
    assert.equal(compressionOf(5), undefined)
    assert.equal(compressionOf(7), undefined)
  })
})
