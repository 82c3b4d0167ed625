import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MalformedMessageError } from '@gregor/base'
import { BatchBuilder, transactionRecords } from '@gregor/protocol'
import fc from 'fast-check'
import { decodeTransactionBatches, encodeTransactionBatch, encodeTransactionRecord } from './transaction-log-record.ts'
import type { TransactionLogRecord } from './transaction-log-record.ts'
import { newTransaction } from './transaction.ts'
import type { Transaction } from './transaction.ts'

const transaction: Transaction = {
  state: 'PrepareCommit',
  producerId: 1,
  producerEpoch: 2,
  previousProducerId: 3,
  nextProducerId: 4,
  lastProducerEpoch: 5,
  timeoutMs: 6,
  topics: [{ name: 't', partitions: [7] }],
  startedAtMs: 8,
  updatedAtMs: 9,
  clientTransactionVersion: 2,
}

function encoded(record: TransactionLogRecord): readonly (string | undefined)[] {
  const { key, value } = encodeTransactionRecord(record)
  return [key.toString('hex'), value?.toString('hex')]
}

function batchOf(key: Buffer | null, value: Buffer | null): Buffer {
  return new BatchBuilder().append(key, value, [], 0).build()
}

describe('A transaction in the log', () => {
  it('has in its first form the fields of Kafka 0.11', () => {
    assert.deepEqual(encoded({ transactionalId: 'x', transaction, valueVersion: 0 }), [
      '0000 0001 78'.replaceAll(' ', ''),
      [
        '0000', // form
        '0000000000000001', // producer id
        '0002', // epoch
        '00000006', // timeout
        '02', // PrepareCommit
        '00000001 0001 74 00000001 00000007', // partitions
        '0000000000000009', // updated
        '0000000000000008', // started
      ]
        .join('')
        .replaceAll(' ', ''),
    ])
  })

  it('has in its flexible form the ids before and after, and how the producer does transactions', () => {
    assert.deepEqual(encoded({ transactionalId: 'x', transaction, valueVersion: 1 }), [
      '0000000178',
      [
        '0001',
        '0000000000000001',
        '0002',
        '00000006',
        '02',
        '02 02 74 02 00000007 00',
        '0000000000000009',
        '0000000000000008',
        '03', // tagged fields
        '00 08 0000000000000003',
        '01 08 0000000000000004',
        '02 02 0002',
      ]
        .join('')
        .replaceAll(' ', ''),
    ])
  })

  it('has no list of partitions while it is empty, and no value when it is forgotten', () => {
    const empty = newTransaction({ producerId: 1, timeoutMs: 6, nowMs: 9 })
    const [, value] = encoded({ transactionalId: 'x', transaction: empty, valueVersion: 0 })
    assert.equal(
      value,
      '0000 0000000000000001 0000 00000006 00 ffffffff 0000000000000009 ffffffffffffffff'.replaceAll(' ', ''),
    )
    assert.equal(encodeTransactionRecord({ transactionalId: 'x', transaction: undefined, valueVersion: 1 }).value, null)
  })

  it('is read as it was written, but for what its form has no room for', () => {
    const states = ['Empty', 'Ongoing', 'PrepareCommit', 'PrepareAbort', 'CompleteCommit', 'CompleteAbort'] as const
    const [id, epoch] = [fc.integer({ min: -1, max: 1e12 }), fc.integer({ min: 0, max: 32_767 })]
    const transactions = fc.record(
      {
        state: fc.constantFrom(...states),
        producerId: id,
        producerEpoch: epoch,
        previousProducerId: id,
        nextProducerId: id,
        lastProducerEpoch: epoch,
        timeoutMs: fc.nat(),
        topics: fc.array(fc.record({ name: fc.string(), partitions: fc.array(fc.nat()) }, { noNullPrototype: true })),
        startedAtMs: id,
        updatedAtMs: id,
        clientTransactionVersion: fc.nat(2),
      },
      { noNullPrototype: true },
    )
    fc.assert(
      fc.property(transactions, fc.constantFrom(0 as const, 1 as const), (one, valueVersion) => {
        const batch = encodeTransactionBatch({ records: [{ transactionalId: 'x', transaction: one, valueVersion }] }, 0)
        const kept = { ...one, lastProducerEpoch: -1, ...(one.state === 'Empty' ? { topics: [] } : {}) }
        const lost = { previousProducerId: -1, nextProducerId: -1, clientTransactionVersion: 0 }
        const expected = valueVersion === 0 ? { ...kept, ...lost } : kept
        assert.deepEqual(
          [...decodeTransactionBatches(batch)],
          [{ offset: 0, record: { transactionalId: 'x', transaction: expected, valueVersion } }],
        )
      }),
    )
  })
})

describe('A partition of transactions', () => {
  it('may hold what is from the future, and control batches: they are passed over', () => {
    const key = transactionRecords.encodeKey('TransactionLog', { transactionalId: 'x' })
    const later = batchOf(key, Buffer.from([0, 2, 1, 2, 3]))
    const other = batchOf(Buffer.from([0, 9, 0, 0]), null)
    const control = new BatchBuilder({ isControl: true }).append(Buffer.alloc(4), Buffer.alloc(6), [], 0).build()
    const known = encodeTransactionBatch({ records: [{ transactionalId: 'x', transaction, valueVersion: 1 }] }, 0)
    const read = [...decodeTransactionBatches(Buffer.concat([later, other, control, known]))]
    assert.deepEqual(
      read.map(({ record }) => record.transactionalId),
      ['x'],
    )
  })

  it('may not hold what is no transaction', () => {
    const key = transactionRecords.encodeKey('TransactionLog', { transactionalId: 'x' })
    const { value } = encodeTransactionRecord({ transactionalId: 'x', transaction, valueVersion: 0 })
    assert.ok(value)
    value[16] = 7
    const bad = [batchOf(key, value), batchOf(null, value), batchOf(key, Buffer.from([0, 0, 1]))]
    for (const batch of bad) assert.throws(() => [...decodeTransactionBatches(batch)], MalformedMessageError)
  })
})
