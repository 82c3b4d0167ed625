/** What each request is answered, and what it makes of the transaction, in every state: tables of state × event. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TransactionWorld } from './transaction-fixture.ts'
import type { Producer } from './transaction-fixture.ts'
import { newTransaction } from './transaction.ts'
import type { Transaction, TransactionState } from './transaction.ts'

const id = 'payments'
const states: readonly TransactionState[] = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
]
const current: Producer = { producerId: 5, producerEpoch: 3 }
const before: Producer = { producerId: 5, producerEpoch: 2 }
const after: Producer = { producerId: 5, producerEpoch: 4 }
const other: Producer = { producerId: 6, producerEpoch: 3 }

/** A transactional id that is in this state, of producer 5 in epoch 3. Markers are on their way where it ends. */
function worldIn(state: TransactionState, more: Partial<Transaction> = {}, transactionVersion: 1 | 2 = 2) {
  const isOpen = state === 'Ongoing' || state === 'PrepareCommit' || state === 'PrepareAbort'
  const transaction: Transaction = {
    ...newTransaction({ producerId: 5, timeoutMs: 60_000, nowMs: 1_000_000 }),
    state,
    producerEpoch: 3,
    topics: isOpen ? [{ name: 't', partitions: [0] }] : [],
    startedAtMs: state === 'Empty' ? -1 : 1_000_000,
    clientTransactionVersion: transactionVersion === 2 ? 2 : 0,
    ...more,
  }
  return new TransactionWorld({ transactionVersion }, { [id]: transaction })
}

/** The answer, and the states that were written, in order. */
function told(world: TransactionWorld, answer: string): string {
  const written = world.log.slice(1).map(({ transaction }) => transaction?.state ?? 'gone')
  return [answer, ...written].join(' ')
}

/** One column for each state, in the order of `states`. */
type Row = readonly [string, string, string, string, string, string]

function holds(rows: Readonly<Record<string, Row>>, ask: (name: string, state: TransactionState) => string): void {
  for (const [name, row] of Object.entries(rows)) {
    for (const [index, state] of states.entries()) {
      it(`${name} in ${state}: ${row[index]}`, () => assert.equal(ask(name, state), row[index]))
    }
  }
}

const busy = 'CONCURRENT_TRANSACTIONS'
const fenced = 'PRODUCER_FENCED'
const mapping = 'INVALID_PRODUCER_ID_MAPPING'
const invalid = 'INVALID_TXN_STATE'

describe('EndTxn of a producer that keeps its epoch', () => {
  const commit = 'NONE PrepareCommit'
  const abort = 'NONE PrepareAbort'
  const rows: Record<string, Row> = {
    'Commit, current epoch': [invalid, commit, busy, busy, 'NONE', invalid],
    'Abort, current epoch': [invalid, abort, busy, busy, invalid, 'NONE'],
    'Commit, epoch before': [fenced, fenced, fenced, fenced, fenced, fenced],
    'Abort, epoch before': [fenced, fenced, fenced, fenced, fenced, fenced],
    'Commit, epoch after': [fenced, fenced, fenced, fenced, fenced, fenced],
    'Commit, other id': [mapping, mapping, mapping, mapping, mapping, mapping],
  }
  holds(rows, (name, state) => {
    const world = worldIn(state, {}, 1)
    return told(world, world.end(id, producerOf(name), outcomeOf(name), 4).error)
  })
})

describe('EndTxn of a producer that gets a new epoch with each end', () => {
  const commit = 'NONE 5/4 PrepareCommit'
  const abort = 'NONE 5/4 PrepareAbort'
  const empty = 'NONE 5/4 PrepareAbort CompleteAbort'
  const again = 'NONE 5/3'
  const rows: Record<string, Row> = {
    'Commit, current epoch': [invalid, commit, busy, busy, invalid, invalid],
    'Abort, current epoch': [empty, abort, busy, busy, empty, empty],
    'Commit, epoch before': [fenced, fenced, busy, busy, again, invalid],
    'Abort, epoch before': [fenced, fenced, busy, busy, invalid, again],
    'Commit, epoch after': [fenced, fenced, busy, busy, fenced, fenced],
    'Abort, epoch after': [fenced, fenced, busy, busy, fenced, fenced],
    'Commit, other id': [mapping, mapping, busy, busy, mapping, mapping],
  }
  holds(rows, (name, state) => {
    const world = worldIn(state)
    const { error, producerId, producerEpoch } = world.end(id, producerOf(name), outcomeOf(name))
    return told(world, producerId === undefined ? error : `${error} ${producerId}/${producerEpoch}`)
  })
})

describe('AddPartitionsToTxn', () => {
  const begun = 'NONE Ongoing'
  const rows: Record<string, Row> = {
    'Another one, current epoch': [begun, begun, busy, busy, begun, begun],
    'Known one, current epoch': [begun, 'NONE', busy, busy, begun, begun],
    'Another one, epoch before': [fenced, fenced, busy, busy, fenced, fenced],
    'Another one, epoch after': [fenced, fenced, busy, busy, fenced, fenced],
    'Another one, other id': [mapping, mapping, busy, busy, mapping, mapping],
  }
  holds(rows, (name, state) => {
    const world = worldIn(state)
    return told(world, world.add(id, producerOf(name), { t: [name.startsWith('Known') ? 0 : 1] }))
  })
})

describe('AddOffsetsToTxn', () => {
  const begun = 'NONE Ongoing'
  const rows: Record<string, Row> = {
    'Current epoch': [begun, begun, busy, busy, begun, begun],
    'Epoch before': [fenced, fenced, busy, busy, fenced, fenced],
    'Other id': [mapping, mapping, busy, busy, mapping, mapping],
  }
  holds(rows, (name, state) => {
    const world = worldIn(state)
    const request = { transactionalId: id, ...producerOf(name.toLowerCase()), groupId: 'g' }
    const { errorCode } = world.send({ type: 'AddOffsetsToTxn', request, offsetsPartition: 9, apiVersion: 4 })
    return told(world, errorNames[errorCode] ?? String(errorCode))
  })
})

describe('A leader that asks whether partitions are in a transaction', () => {
  const missing = 'TRANSACTION_ABORTABLE'
  const rows: Record<string, Row> = {
    'Known one, current epoch': [missing, 'NONE', busy, busy, missing, missing],
    'Another one, current epoch': [missing, missing, busy, busy, missing, missing],
    'Known one, epoch before': [fenced, fenced, fenced, fenced, fenced, fenced],
    'Known one, other id': [mapping, mapping, mapping, mapping, mapping, mapping],
  }
  holds(rows, (name, state) => {
    const world = worldIn(state)
    const topics = [{ name: 't', partitions: [name.startsWith('Known') ? 0 : 1] }]
    const what = { transactionalId: id, ...producerOf(name), topics, verifyOnly: true, apiVersion: 5 }
    const [topic] = world.send({ type: 'AddPartitionsToTxn', ...what })
    return told(world, errorNames[topic?.resultsByPartition[0]?.partitionErrorCode ?? -1] ?? '?')
  })
})

describe('InitProducerId', () => {
  const next = 'NONE 5/4 Empty'
  const aborted = 'CONCURRENT_TRANSACTIONS PrepareAbort'
  const rows: Record<string, Row> = {
    'Of a new producer': [next, aborted, busy, busy, next, next],
    'Of the current epoch': [next, aborted, busy, busy, next, next],
    // Its epoch is looked at once the transaction is out of its way, as on Apache Kafka.
    'Of the epoch before': [fenced, aborted, busy, busy, fenced, fenced],
    'Of another id': [fenced, fenced, busy, busy, fenced, fenced],
  }
  const producers: Record<string, Producer | undefined> = {
    'Of a new producer': undefined,
    'Of the current epoch': current,
    'Of the epoch before': before,
    'Of another id': other,
  }
  holds(rows, (name, state) => {
    const world = worldIn(state)
    const { error, producerId, producerEpoch } = world.init(id, producers[name] ?? {})
    return told(world, producerId === undefined ? error : `${error} ${producerId}/${producerEpoch}`)
  })
})

describe('Time', () => {
  const rows: Record<string, Row> = {
    'Longer than its timeout': ['', 'PrepareAbort', '', '', '', ''],
    'Longer than ids are kept': ['gone', 'PrepareAbort', '', '', 'gone', 'gone'],
  }
  holds(rows, (name, state) => {
    const world = worldIn(state)
    world.advance(name === 'Longer than its timeout' ? 70_000 : 604_800_000 + 3_600_000)
    return told(world, '').trim()
  })
})

function producerOf(name: string): Producer {
  if (name.endsWith('epoch before')) return before
  if (name.endsWith('epoch after')) return after
  return name.endsWith('other id') ? other : current
}

function outcomeOf(name: string): 'Commit' | 'Abort' {
  return name.startsWith('Commit') ? 'Commit' : 'Abort'
}

/** Written out, to see that requests in new versions are answered so. */
const errorNames: Readonly<Record<number, string>> = {
  0: 'NONE',
  49: mapping,
  51: busy,
  90: fenced,
  120: 'TRANSACTION_ABORTABLE',
}
