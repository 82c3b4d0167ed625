import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BatchTooLargeError, countingRandom, Host } from '@gregor/machine'
import type { HostBatch, HostLog } from '@gregor/machine'
import { errorName } from '@gregor/protocol'
import { topicsFrom, testConfig } from './transaction-fixture.ts'
import type { Topics } from './transaction-fixture.ts'
import { TransactionCoordinatorMachine } from './transaction-coordinator-machine.ts'
import type {
  MarkersRefused,
  ReserveProducerId,
  TransactionEvent,
  TransactionEventOf,
  TransactionReplies,
  TransactionReply,
  WriteMarkers,
} from './transaction-event.ts'
import { encodeTransactionBatch } from './transaction-log-record.ts'
import type { TransactionLogRecord } from './transaction-log-record.ts'
import { newTransaction } from './transaction.ts'

type Effect = WriteMarkers | ReserveProducerId | MarkersRefused

/** A log that commits when it is told to, and takes batches of so many bytes. */
class SlowLog implements HostLog<TransactionLogRecord> {
  endOffset = 0
  committedOffset = 0
  readonly epoch = 3
  readonly batchSizes: number[] = []
  bytesMax = 1_000_000

  append(batch: HostBatch<TransactionLogRecord>): { baseOffset: number; lastOffset: number } {
    const size = encodeTransactionBatch(batch, 0).length
    if (size > this.bytesMax) throw new BatchTooLargeError({ size, sizeMax: this.bytesMax, unit: 'bytes' })
    const baseOffset = this.endOffset
    this.endOffset += batch.records.length
    this.batchSizes.push(batch.records.length)
    return { baseOffset, lastOffset: this.endOffset - 1 }
  }
}

class Shell {
  readonly log = new SlowLog()
  readonly done: Effect[] = []
  readonly host: Host<TransactionEvent, TransactionLogRecord, TransactionReply, Effect>
  nowMs = 0
  readonly #scheduled: { atMs: number; run: () => void }[] = []

  constructor(machine = new TransactionCoordinatorMachine(testConfig)) {
    this.host = new Host({
      log: this.log,
      clock: {
        wallMs: () => this.nowMs,
        monotonicMs: () => this.nowMs,
        schedule: (delayMs, run) => {
          this.#scheduled.push({ atMs: this.nowMs + delayMs, run })
          return { cancel: () => undefined }
        },
      },
      random: countingRandom(),
      perform: (effect) => this.done.push(effect),
      onFailure: () => undefined,
      firstEvent: { type: 'Loaded' },
    })
    this.host.start(machine)
  }

  ask<Event extends TransactionEvent>(event: Event): Promise<TransactionReplies[Event['type']]> {
    return this.host.submit(event) as Promise<TransactionReplies[Event['type']]>
  }

  commit(): void {
    this.log.committedOffset = this.log.endOffset
    this.host.committed()
  }

  advance(ms: number): void {
    this.nowMs += ms
    for (const { run } of this.#scheduled.filter(({ atMs }) => atMs <= this.nowMs)) run()
  }
}

const producer = { producerId: 9, producerEpoch: 0 }

function initializing(transactionalId: string, freshProducerId: number): TransactionEventOf<'InitProducerId'> {
  const usual = { producerId: -1, producerEpoch: -1, enable2Pc: false, keepPreparedTxn: false }
  const request = { transactionalId, transactionTimeoutMs: 1000, ...usual }
  return { type: 'InitProducerId', request, apiVersion: 5, freshProducerId }
}

function adding(transactionalId: string, topics: Topics): TransactionEventOf<'AddPartitionsToTxn'> {
  const what = { transactionalId, ...producer, topics: topicsFrom(topics) }
  return { type: 'AddPartitionsToTxn', ...what, verifyOnly: false, apiVersion: 5 }
}

function ending(transactionalId: string): TransactionEventOf<'EndTxn'> {
  return { type: 'EndTxn', request: { transactionalId, ...producer, committed: true }, apiVersion: 5 }
}

/** With one open transaction, committed. */
async function running(): Promise<Shell> {
  const shell = new Shell()
  const init = shell.ask(initializing('x', 9))
  const add = shell.ask(adding('x', { t: [0] }))
  shell.commit()
  await Promise.all([init, add])
  return shell
}

describe('A transaction coordinator in its host', () => {
  it('answers an EndTxn, and has markers written, once its decision is committed', async () => {
    const shell = await running()
    const answered: string[] = []
    const end = shell.ask(ending('x')).then(() => answered.push('end'))
    await Promise.resolve()
    assert.deepEqual([answered, shell.done], [[], []])
    shell.commit()
    await end
    assert.deepEqual(
      shell.done.map(({ type }) => type),
      ['WriteMarkers'],
    )
  })

  it('says of a decision where in the log it stands, and under which epoch', async () => {
    const shell = await running()
    const end = shell.ask(ending('x'))
    shell.commit()
    await end
    const [effect] = shell.done
    assert.ok(effect?.type === 'WriteMarkers')
    assert.deepEqual([effect.decisionOffset, effect.coordinatorEpoch], [2, 3])
  })

  it('tells nobody of what may be lost: a read waits for what it saw', async () => {
    const shell = await running()
    const answered: string[] = []
    const end = shell.ask(ending('x')).then(() => answered.push('end'))
    const read = shell.ask({ type: 'DescribeTransactions', transactionalIds: ['x'] }).then(() => answered.push('read'))
    await Promise.resolve()
    assert.deepEqual(answered, [])
    shell.commit()
    await Promise.all([end, read])
    assert.deepEqual(answered, ['end', 'read'])
  })

  it('refuses what does not fit the log, and is as it was', async () => {
    const shell = await running()
    shell.log.bytesMax = 500
    const many = Array.from({ length: 200 }, (_, partition) => partition)
    const answers = await Promise.all([
      shell.ask(adding('x', { u: many })),
      shell.ask(initializing('z'.repeat(600), 10)),
    ])
    const [add, init] = answers
    assert.equal(add[0]?.resultsByPartition.length, 200)
    assert.equal(errorName(add[0]?.resultsByPartition[0]?.partitionErrorCode ?? 0), 'UNKNOWN_SERVER_ERROR')
    assert.ok('errorCode' in init)
    assert.equal(errorName(init.errorCode), 'UNKNOWN_SERVER_ERROR')
    shell.log.bytesMax = 80
    const request = { transactionalId: 'x', ...producer, groupId: 'g' }
    const offsets = await shell.ask({ type: 'AddOffsetsToTxn', request, offsetsPartition: 0, apiVersion: 3 })
    const end = await shell.ask(ending('x'))
    assert.ok('errorCode' in end)
    assert.deepEqual(
      [offsets, end].map(({ errorCode }) => errorName(errorCode)),
      ['UNKNOWN_SERVER_ERROR', 'UNKNOWN_SERVER_ERROR'],
    )
    assert.deepEqual(shell.done, [])

    shell.log.bytesMax = 1_000_000
    const [described] = await shell.ask({ type: 'DescribeTransactions', transactionalIds: ['x'] })
    assert.deepEqual([described?.transactionState, described?.topics], ['Ongoing', [{ topic: 't', partitions: [0] }]])
  })

  it('aborts many transactions that run out of time, in batches that fit, each named by its own record', () => {
    const machine = new TransactionCoordinatorMachine(testConfig)
    for (let index = 0; index < 40; index++) {
      const transaction = newTransaction({ producerId: index, timeoutMs: 1000, nowMs: 0 })
      const open = { state: 'Ongoing', topics: [{ name: 't', partitions: [index] }], startedAtMs: 0 } as const
      machine.apply({ transactionalId: `x${index}`, transaction: { ...transaction, ...open }, valueVersion: 1 }, index)
    }
    const shell = new Shell(machine)
    shell.log.endOffset = 40
    shell.log.bytesMax = 800
    shell.advance(10_000)
    shell.commit()
    assert.ok(shell.log.batchSizes.length > 1)
    const decisions = shell.done.map(
      (effect) => effect.type === 'WriteMarkers' && [effect.producerId, effect.decisionOffset],
    )
    assert.deepEqual(
      decisions,
      Array.from({ length: 40 }, (_, index) => [index, 40 + index]),
    )
    for (const effect of shell.done) {
      if (effect.type !== 'WriteMarkers') continue
      const results = effect.topics.map(({ name, partitions: [partition = -1] }) => {
        return { topic: name, partition, result: 'NONE' as const }
      })
      const { transactionalId, decisionOffset } = effect
      void shell.ask({ type: 'MarkersWritten', transactionalId, decisionOffset, results })
    }
    assert.deepEqual(new Set([...machine.transactions.values()].map(({ state }) => state)), new Set(['CompleteAbort']))
  })
})
