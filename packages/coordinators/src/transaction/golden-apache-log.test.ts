import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { batchSizeAt, RecordCursor } from '@gregor/protocol'
import { goldenApacheLog } from './golden-apache-log.ts'
import { testConfig, TransactionWorld } from './transaction-fixture.ts'
import { TransactionCoordinatorMachine } from './transaction-coordinator-machine.ts'
import { decodeTransactionBatches, encodeTransactionBatch, encodeTransactionRecord } from './transaction-log-record.ts'
import type { TransactionLogRecord } from './transaction-log-record.ts'
import { newTransaction } from './transaction.ts'
import type { Transaction } from './transaction.ts'

/** Key and value of each record. */
function rawRecords(log: Buffer): string[] {
  const [cursor, raw] = [new RecordCursor(), new Array<string>()]
  for (let position = 0; position < log.length; position += batchSizeAt(log, position)) {
    cursor.resetToBatch(log, position, 1_000_000)
    while (cursor.next()) raw.push(`${cursor.key()?.toString('hex')} ${cursor.value()?.toString('hex')}`)
  }
  return raw
}

/** From the length on, but for what the log stamps: base offset, leader epoch, checksum over what follows it. */
function unstamped(batch: Buffer): string {
  return `${batch.subarray(8, 12).toString('hex')} ${batch.subarray(16, 17).toString('hex')} ${batch.subarray(21).toString('hex')}`
}

describe('A partition of transactions that Apache Kafka wrote', () => {
  it('would be written with the same bytes', () => {
    const raw = rawRecords(goldenApacheLog())
    const ours = [...decodeTransactionBatches(goldenApacheLog())].map(({ record }) => {
      const { key, value } = encodeTransactionRecord(record)
      return `${key.toString('hex')} ${value?.toString('hex')}`
    })
    assert.equal(ours.length, 75)
    assert.deepEqual(ours, raw)
  })

  it('would be written in the same batches', () => {
    const log = goldenApacheLog()
    const byOffset = new Map([...decodeTransactionBatches(log)].map(({ offset, record }) => [offset, record]))
    for (let position = 0; position < log.length; position += batchSizeAt(log, position)) {
      const batch = log.subarray(position, position + batchSizeAt(log, position))
      const baseOffset = Number(batch.readBigInt64BE(0))
      const records = Array.from({ length: batch.readInt32BE(57) }, (_, index) => {
        const record = byOffset.get(baseOffset + index)
        assert.ok(record)
        return record
      })
      const timestampMs = Number(batch.readBigInt64BE(27))
      assert.equal(unstamped(encodeTransactionBatch({ records }, timestampMs)), unstamped(batch))
    }
  })

  it('has forgotten in the end all that had expired', () => {
    const machine = new TransactionCoordinatorMachine(testConfig)
    for (const { record, offset } of decodeTransactionBatches(goldenApacheLog())) machine.apply(record, offset)
    assert.deepEqual([...machine.transactions.keys()], [])
  })

  it('is loaded as it was before', () => {
    const machine = new TransactionCoordinatorMachine(testConfig)
    for (const { record, offset } of decodeTransactionBatches(goldenApacheLog())) {
      if (record.transaction !== undefined) machine.apply(record, offset)
    }
    assert.deepEqual(
      [...machine.transactions].map(([id, { state, producerId, producerEpoch }]) => [
        id,
        state,
        producerId,
        producerEpoch,
      ]),
      [
        ['overflow', 'CompleteAbort', 1, 1],
        ['empty', 'CompleteAbort', 2, 1],
        ['tv2', 'Empty', 3, 2],
        ['fenced', 'Empty', 4, 2],
        ['timeout2', 'CompleteAbort', 5, 1],
        ['old', 'CompleteCommit', 6, 0],
        ['2only', 'Empty', 7, 0],
        ['tv1', 'Empty', 8, 2],
        ['tv1-timeout', 'CompleteAbort', 9, 1],
        ['tv1-new', 'CompleteAbort', 10, 1],
        ['tv0', 'Empty', 11, 2],
        ['tv0-timeout', 'CompleteAbort', 12, 1],
        ['refused', 'Empty', 13, 0],
      ],
    )
  })
})

describe('A transaction coordinator that is asked what Apache Kafka was asked', () => {
  it('writes the same records, but for their times and the order of partitions', () => {
    const usedUp: Transaction = {
      ...newTransaction({ producerId: 0, timeoutMs: 60_000, nowMs: 0 }),
      state: 'CompleteAbort',
      producerEpoch: 32_765,
      clientTransactionVersion: 2,
    }
    const world = new TransactionWorld({}, { overflow: usedUp })
    world.nextProducerId = 1
    askInSecondVersion(world)
    configure(world, 1)
    askInFirstVersions(world, 'tv1')
    const fresh = world.producer('tv1-new')
    world.add('tv1-new', fresh, { t: [2] })
    world.end('tv1-new', fresh, 'Abort')
    world.answerMarkers()
    configure(world, 0)
    askInFirstVersions(world, 'tv0')
    world.producer('refused')
    world.advance(604_800_000 + 3_600_000)

    const theirs = [...decodeTransactionBatches(goldenApacheLog())].map(({ record }) => timeless(record))
    const ours = world.log.slice(1).map((record) => {
      const [read] = decodeTransactionBatches(encodeTransactionBatch({ records: [record] }, 0))
      assert.ok(read)
      return timeless(read.record)
    })
    // Tombstones come in the order of a hash table there.
    assert.deepEqual(ours.slice(0, -tombstones), theirs.slice(0, -tombstones))
    assert.deepEqual(ours.slice(-tombstones).toSorted(), theirs.slice(-tombstones).toSorted())
  })
})

const tombstones = 13

function askInSecondVersion(world: TransactionWorld): void {
  const last = world.producer('overflow')
  world.add('overflow', last, { t: [0, 1] })
  const rotated = world.end('overflow', last, 'Commit')
  world.answerMarkers()
  assert.deepEqual(rotated, { error: 'NONE', producerId: 1, producerEpoch: 0 })
  assert.deepEqual(world.end('overflow', last, 'Commit'), rotated)
  world.add('overflow', { producerId: 1, producerEpoch: 0 }, { u: [2] })
  world.end('overflow', { producerId: 1, producerEpoch: 0 }, 'Abort')
  world.answerMarkers()
  world.end('empty', world.producer('empty'), 'Abort')
  const producer = world.producer('tv2')
  world.add('tv2', producer, { t: [0, 2] })
  world.add('tv2', producer, { u: [1] })
  world.end('tv2', producer, 'Commit')
  world.answerMarkers()
  world.init('tv2', { ...producer, producerEpoch: 1 })
  world.add('fenced', world.producer('fenced'), { t: [1] })
  world.init('fenced')
  world.answerMarkers()
  world.init('fenced')
  timeOut(world, 'timeout2', 5)
  const old = world.producer('old')
  world.add('old', old, { t: [0] }, 3)
  const request = { ...old, transactionalId: 'old', groupId: 'g' }
  world.send({ type: 'AddOffsetsToTxn', request, offsetsPartition: 0, apiVersion: 3 })
  world.end('old', old, 'Commit', 4)
  world.answerMarkers()
  world.producer('2only')
}

function askInFirstVersions(world: TransactionWorld, name: string): void {
  const producer = world.producer(name)
  world.add(name, producer, { t: [0] }, 3)
  world.add(name, producer, { u: [0] }, 3)
  world.end(name, producer, 'Commit', 4)
  world.answerMarkers()
  world.add(name, producer, { t: [1] }, 3)
  world.init(name)
  world.answerMarkers()
  world.init(name)
  timeOut(world, `${name}-timeout`, 3)
}

function timeOut(world: TransactionWorld, transactionalId: string, apiVersion: number): void {
  const { producerId = -1, producerEpoch = -1 } = world.init(transactionalId, { transactionTimeoutMs: 1 })
  world.add(transactionalId, { producerId, producerEpoch }, { t: [1] }, apiVersion)
  world.advance(20_000)
  world.answerMarkers()
}

function configure(world: TransactionWorld, transactionVersion: 0 | 1): void {
  world.config = { ...world.config, transactionVersion }
  world.send({ type: 'ConfigChanged', config: world.config })
}

/** As text: only whether it has begun is left of its times. */
function timeless({ transactionalId, transaction, valueVersion }: TransactionLogRecord): string {
  if (transaction === undefined) return `${transactionalId} is forgotten`
  const { topics, startedAtMs, updatedAtMs, ...rest } = transaction
  const partitions = topics.flatMap(({ name, partitions: all }) => all.map((one) => `${name}-${one}`)).toSorted()
  const hasBegun = startedAtMs !== -1
  return JSON.stringify({ transactionalId, valueVersion, ...rest, partitions, hasBegun, isDated: updatedAtMs > 0 })
}
