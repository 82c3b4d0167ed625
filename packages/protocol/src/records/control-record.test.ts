import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { MalformedMessageError } from '@gregor/base'

import {
  controlBatch,
  controlRecordKey,
  controlRecordTypeOf,
  coordinatorEpochOf,
  transactionMarkerBatch,
} from './control-record.ts'
import { goldenBatches } from './golden-batches.ts'
import { attributesAt, isControl, isTransactional, producerIdAt } from './record-batch.ts'
import { RecordCursor } from './record-cursor.ts'

describe('a transaction marker', () => {
  it('has the bytes that Apache Kafka writes', () => {
    const batch = transactionMarkerBatch({
      outcome: 'Commit',
      producerId: 7777,
      producerEpoch: 3,
      coordinatorEpoch: 12,
      timestamp: 1_700_000_000_000,
      baseOffset: 88,
      partitionLeaderEpoch: 4,
    })
    assert.equal(batch.toString('hex'), goldenBatches.commitMarker)
  })

  it('is read back', () => {
    const batch = transactionMarkerBatch({
      outcome: 'Abort',
      producerId: 1,
      producerEpoch: 2,
      coordinatorEpoch: 3,
      timestamp: 4,
    })
    const cursor = new RecordCursor()
    cursor.resetToBatch(batch, 0, 100)
    cursor.next()
    assert.equal(controlRecordTypeOf(cursor.key()), 'Abort')
    assert.equal(coordinatorEpochOf(cursor.value()), 3)
  })

  it('of a later version is read as this one', () => {
    assert.equal(coordinatorEpochOf(Buffer.from('00010000000c99', 'hex')), 12)
  })

  for (const hex of ['0000000000', 'ffff0000000c']) {
    it(`is not ${hex}`, () => {
      assert.throws(() => coordinatorEpochOf(Buffer.from(hex, 'hex')), MalformedMessageError)
    })
  }

  it('has a value', () => {
    assert.throws(() => coordinatorEpochOf(null), MalformedMessageError)
  })
})

describe('the key of a control record', () => {
  const keys = {
    Abort: '00000000',
    Commit: '00000001',
    LeaderChange: '00000002',
    SnapshotHeader: '00000003',
    SnapshotFooter: '00000004',
    KRaftVersion: '00000005',
    KRaftVoters: '00000006',
  } as const
  for (const type of Object.keys(keys) as (keyof typeof keys)[]) {
    it(`is ${keys[type]} for ${type}`, () => {
      assert.equal(controlRecordKey(type).toString('hex'), keys[type])
      assert.equal(controlRecordTypeOf(Buffer.from(keys[type], 'hex')), type)
    })
  }

  it('of a later version is read as this one', () => {
    assert.equal(controlRecordTypeOf(Buffer.from('0001000199', 'hex')), 'Commit')
  })

  it('may name a type that is not known', () => {
    assert.equal(controlRecordTypeOf(Buffer.from('00000007', 'hex')), undefined)
    assert.equal(controlRecordTypeOf(Buffer.from('0000ffff', 'hex')), undefined)
  })

  it('has four bytes at least, and a version', () => {
    assert.throws(() => controlRecordTypeOf(null), MalformedMessageError)
    assert.throws(() => controlRecordTypeOf(Buffer.from('000001', 'hex')), MalformedMessageError)
    assert.throws(() => controlRecordTypeOf(Buffer.from('ffff0001', 'hex')), MalformedMessageError)
  })
})

describe('controlBatch', () => {
  it('holds several records of one time, outside transactions', () => {
    const batch = controlBatch(
      [
        { type: 'SnapshotHeader', value: Buffer.from('a') },
        { type: 'KRaftVersion', value: Buffer.from('b') },
      ],
      1_700_000_000_000,
      { baseOffset: 0, partitionLeaderEpoch: 1 },
    )
    assert.equal(isControl(attributesAt(batch, 0)), true)
    assert.equal(isTransactional(attributesAt(batch, 0)), false)
    assert.equal(producerIdAt(batch, 0), -1)
    const cursor = new RecordCursor()
    cursor.resetToBatch(batch, 0, 100)
    const types = []
    while (cursor.next()) types.push(controlRecordTypeOf(cursor.key()))
    assert.deepEqual(types, ['SnapshotHeader', 'KRaftVersion'])
  })
})
