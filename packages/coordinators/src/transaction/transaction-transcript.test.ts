import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { lineFrom, retell } from '@gregor/machine'
import type { TranscriptLine } from '@gregor/machine'
import { errorName } from '@gregor/protocol'
import { testConfig } from './transaction-fixture.ts'
import type { TransactionVersion } from './transaction-config.ts'
import { TransactionCoordinatorMachine } from './transaction-coordinator-machine.ts'
import type {
  TopicPartitions,
  TransactionEffect,
  TransactionMachineEvent,
  TransactionReply,
} from './transaction-event.ts'
import type { TransactionLogRecord } from './transaction-log-record.ts'
import { newTransaction } from './transaction.ts'

/** What the lines of these dialogues mean: one transactional id; `as=5/0` is who the producer believes to be. */
function eventFrom(line: TranscriptLine): TransactionMachineEvent {
  const { as = '-1/-1', v = 5, t = [], fresh } = line as TranscriptLine & Asked
  const [producerId = -1, producerEpoch = -1] = as.split('/').map(Number)
  const identity = { transactionalId: 'x', producerId, producerEpoch }
  const given = { apiVersion: v, ...(fresh === undefined ? {} : { freshProducerId: fresh }) }
  switch (line.type) {
    case 'Init': {
      const request = { ...identity, transactionTimeoutMs: 60_000, enable2Pc: false, keepPreparedTxn: false }
      return { type: 'InitProducerId', request, ...given }
    }
    case 'Add':
      return {
        type: 'AddPartitionsToTxn',
        ...identity,
        topics: [{ name: 't', partitions: t }],
        verifyOnly: false,
        ...given,
      }
    case 'Commit':
    case 'Abort':
      return { type: 'EndTxn', request: { ...identity, committed: line.type === 'Commit' }, ...given }
    case 'Marked': {
      const { of: decisionOffset = -1, result = 'NONE' } = line as TranscriptLine & Asked
      const results = t.map((partition) => ({ topic: 't', partition, result }))
      return { type: 'MarkersWritten', transactionalId: 'x', decisionOffset, results }
    }
    default:
      // The rest is written as it is.
      return line as TransactionMachineEvent
  }
}

interface Asked {
  readonly as?: string
  readonly v?: number
  readonly t?: readonly number[]
  readonly fresh?: number
  readonly of?: number
  readonly result?: 'NONE' | 'NOT_LEADER_OR_FOLLOWER'
}

function written(value: TransactionLogRecord | TransactionReply | TransactionEffect): string {
  if (value === undefined) return 'done'
  if (Array.isArray(value)) {
    const [topic] = value as readonly { resultsByPartition: readonly { partitionErrorCode: number }[] }[]
    return errorName(topic?.resultsByPartition[0]?.partitionErrorCode ?? 0)
  }
  if ('valueVersion' in value) {
    if (value.transaction === undefined) return 'nothing'
    const { state, producerId, producerEpoch, nextProducerId, topics } = value.transaction
    const next = nextProducerId === -1 ? '' : ` next ${nextProducerId}`
    return `${state} ${producerId}/${producerEpoch}${next}${partitionsOf(topics)}`
  }
  if ('needs' in value) return `needs ${value.needs}`
  if ('errorCode' in value) {
    const {
      errorCode,
      producerId = -1,
      producerEpoch,
    } = value as {
      errorCode: number
      producerId?: number
      producerEpoch?: number
    }
    return `${errorName(errorCode)}${producerId === -1 ? '' : ` ${producerId}/${producerEpoch}`}`
  }
  if ('type' in value && value.type === 'WriteMarkers') {
    const { outcome, producerId, producerEpoch, decisionOffset, topics } = value
    return `${outcome} of ${decisionOffset} ${producerId}/${producerEpoch}${partitionsOf(topics)}`
  }
  return lineFrom(value)
}

function partitionsOf(topics: TopicPartitions): string {
  return topics.map(({ name, partitions }) => ` ${name}-${partitions.join()}`).join('')
}

function tells(text: string, given: { transactionVersion?: TransactionVersion; startEpoch?: number } = {}): void {
  const { transactionVersion = 2, startEpoch } = given
  const machine = new TransactionCoordinatorMachine({ ...testConfig, transactionVersion })
  if (startEpoch !== undefined) {
    const transaction = newTransaction({ producerId: 5, timeoutMs: 60_000, nowMs: 0 })
    const complete = { ...transaction, state: 'CompleteCommit', producerEpoch: startEpoch, startedAtMs: 0 } as const
    machine.apply({ transactionalId: 'x', transaction: complete, valueVersion: 1 }, -1)
  }
  const expected = text
    .trim()
    .split('\n')
    .map((line) => line.trim())
    .join('\n')
  assert.equal(retell(expected, { machine, eventFrom, write: written }), expected)
}

describe('A producer that gets a new epoch with each transaction', () => {
  it('commits, and aborts, under one producer id', () => {
    tells(`
      > Init
      < needs ProducerId
      > Init fresh=5
      + Empty 5/0
      < NONE 5/0
      > Add as=5/0 t=[0]
      + Ongoing 5/0 t-0
      < NONE
      > Add as=5/0 t=[1]
      + Ongoing 5/0 t-0,1
      < NONE
      > Commit as=5/0
      + PrepareCommit 5/1 t-0,1
      < NONE 5/1
      ! Commit of 3 5/1 t-0,1
      # It may not begin another one while some partition does not know of the end.
      > Add as=5/1 t=[0]
      < CONCURRENT_TRANSACTIONS
      > Marked of=3 t=[0]
      > Marked of=3 t=[1]
      + CompleteCommit 5/1
      > Add as=5/1 t=[0]
      + Ongoing 5/1 t-0
      < NONE
      > Abort as=5/1
      + PrepareAbort 5/2 t-0
      < NONE 5/2
      ! Abort of 6 5/2 t-0
      > Marked of=6 t=[0]
      + CompleteAbort 5/2`)
  })

  it('is told the same again when it repeats its EndTxn', () => {
    tells(
      `
      > Add as=5/7 t=[0]
      + Ongoing 5/7 t-0
      < NONE
      > Commit as=5/7
      + PrepareCommit 5/8 t-0
      < NONE 5/8
      ! Commit of 1 5/8 t-0
      # Its answer was lost.
      > Commit as=5/7
      < CONCURRENT_TRANSACTIONS
      > Marked of=1 t=[0]
      + CompleteCommit 5/8
      > Commit as=5/7
      < NONE 5/8
      > Abort as=5/7
      < INVALID_TXN_STATE`,
      { startEpoch: 7 },
    )
  })

  it('does not end its next transaction by an EndTxn that comes late', () => {
    tells(
      `
      > Add as=5/7 t=[0]
      + Ongoing 5/7 t-0
      < NONE
      > Abort as=5/7
      + PrepareAbort 5/8 t-0
      < NONE 5/8
      ! Abort of 1 5/8 t-0
      > Marked of=1 t=[0]
      + CompleteAbort 5/8
      > Add as=5/8 t=[1]
      + Ongoing 5/8 t-1
      < NONE
      # The network has had this one for a while.
      > Abort as=5/7
      < PRODUCER_FENCED
      > Commit as=5/8
      + PrepareCommit 5/9 t-1
      < NONE 5/9
      ! Commit of 4 5/9 t-1`,
      { startEpoch: 7 },
    )
  })

  it('may abort what it never began, and gets a new epoch for it', () => {
    tells(
      `
      > Abort as=5/7
      + PrepareAbort 5/8
      + CompleteAbort 5/8
      < NONE 5/8
      > Commit as=5/8
      < INVALID_TXN_STATE`,
      { startEpoch: 7 },
    )
  })

  it('goes on with another producer id when its epochs are used up', () => {
    tells(
      `
      > Add as=5/32766 t=[0]
      + Ongoing 5/32766 t-0
      < NONE
      > Commit as=5/32766
      < needs ProducerId
      > Commit as=5/32766 fresh=6
      + PrepareCommit 5/32767 next 6 t-0
      < NONE 6/0
      ! Commit of 1 5/32767 t-0
      > Add as=6/0 t=[0]
      < CONCURRENT_TRANSACTIONS
      > Marked of=1 t=[0]
      + CompleteCommit 6/0
      > Commit as=5/32766
      < NONE 6/0
      > Add as=6/0 t=[0]
      + Ongoing 6/0 t-0
      < NONE
      > Commit as=5/32766
      < INVALID_PRODUCER_ID_MAPPING`,
      { startEpoch: 32_766 },
    )
  })
})

describe('A producer that keeps its epoch', () => {
  it('is told again of the end that there was, and of no other', () => {
    tells(
      `
      > Add as=5/7 t=[0] v=3
      + Ongoing 5/7 t-0
      < NONE
      > Commit as=5/7 v=4
      + PrepareCommit 5/7 t-0
      < NONE
      ! Commit of 1 5/7 t-0
      > Commit as=5/7 v=4
      < CONCURRENT_TRANSACTIONS
      > Marked of=1 t=[0]
      + CompleteCommit 5/7
      > Commit as=5/7 v=4
      < NONE
      > Abort as=5/7 v=4
      < INVALID_TXN_STATE`,
      { transactionVersion: 1, startEpoch: 7 },
    )
  })
})

describe('A zombie', () => {
  for (const { transactionVersion, v } of [
    { transactionVersion: 1, v: 3 },
    { transactionVersion: 2, v: 5 },
  ] as const) {
    it(`is fenced by the producer that took its place, and its transaction aborted (version ${transactionVersion})`, () => {
      tells(
        `
        > Add as=5/7 t=[0] v=${v}
        + Ongoing 5/7 t-0
        < NONE
        # Its successor.
        > Init
        + PrepareAbort 5/8 t-0
        < CONCURRENT_TRANSACTIONS
        ! Abort of 1 5/8 t-0
        > Init
        < CONCURRENT_TRANSACTIONS
        > Marked of=1 t=[0]
        + CompleteAbort 5/8
        > Init
        + Empty 5/9
        < NONE 5/9
        > Add as=5/7 t=[1] v=${v}
        < PRODUCER_FENCED
        > Commit as=5/7 v=${v}
        < PRODUCER_FENCED
        > Init as=5/7
        < PRODUCER_FENCED
        > Add as=5/9 t=[0] v=${v}
        + Ongoing 5/9 t-0
        < NONE
        > Commit as=5/7 v=${v}
        < PRODUCER_FENCED`,
        { transactionVersion, startEpoch: 7 },
      )
    })
  }
})

describe('A timer', () => {
  it('that was set again does nothing', () => {
    tells(
      `
      > Loaded
      ! SetTimer key=AbortTimedOut delayMs=10000 generation=1
      ! SetTimer key=RemoveExpired delayMs=3600000 generation=2
      > Add as=5/7 t=[0]
      + Ongoing 5/7 t-0
      < NONE
      @ 100000
      > TimerFired key=AbortTimedOut generation=7
      > TimerFired key=AbortTimedOut generation=1
      + PrepareAbort 5/8 t-0
      ! Abort of 1 5/8 t-0
      ! SetTimer key=AbortTimedOut delayMs=10000 generation=3
      > Marked of=1 t=[0] result=NOT_LEADER_OR_FOLLOWER
      ! SetTimer key=markers:x delayMs=50 generation=4
      > TimerFired key=AbortTimedOut generation=1
      > TimerFired key=markers:x generation=4
      ! Abort of 1 5/8 t-0`,
      { startEpoch: 7 },
    )
  })
})
