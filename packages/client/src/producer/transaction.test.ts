import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ProtocolError } from '@gregor/protocol'
import { Transaction, type TransactionRequest, type TransactionState } from './transaction.ts'

const partition = { topic: 'events', partition: 0 }
const member = { memberId: 'm', instanceId: null, generationIdOrMemberEpoch: 3 }
const offsets = { groupId: 'g', member, offsets: [{ topic: 'events', partition: 1, offset: 12 }] }
const names = { transactionalId: 'tx', producerId: 7, producerEpoch: 0 }

describe('Transaction', () => {
  it('asks for its identity, and for nothing while nothing is to be done', () => {
    const transaction = newTransaction(true)
    assert.deepEqual(transaction.next(0), { do: 'find coordinator', of: 'transaction', key: 'tx' })
    transaction.coordinatorFound('transaction')
    assert.deepEqual(sent(transaction, 'InitProducerId'), {
      transactionalId: 'tx',
      transactionTimeoutMs: 5_000,
      producerId: -1,
      producerEpoch: -1,
    })
    assert.deepEqual(transaction.next(0), { do: 'wait', untilMs: Infinity })
    transaction.answered({ error: 'NONE', identity: { producerId: 7, producerEpoch: 0 } }, 0)
    assert.equal(transaction.state, 'ready')
    assert.deepEqual(transaction.identity, { producerId: 7, producerEpoch: 0 })
    assert.deepEqual(transaction.next(0), { do: 'wait', untilMs: Infinity })
  })

  it('produces at once with version 2, and has a new epoch after each end', () => {
    const transaction = opened(true)
    transaction.include(partition)
    assert.ok(transaction.mayProduceTo(partition))
    transaction.commit()
    assert.deepEqual(sent(transaction, 'EndTxn'), { ...names, committed: true })
    transaction.answered({ error: 'NONE', identity: { producerId: 7, producerEpoch: 1 } }, 0)
    assert.equal(transaction.state, 'ready')
    assert.deepEqual(transaction.identity, { producerId: 7, producerEpoch: 1 })
    assert.ok(!transaction.mayProduceTo(partition))
  })

  it('adds partitions first before version 2', () => {
    const transaction = opened(false)
    transaction.include(partition)
    transaction.include(partition)
    transaction.include({ topic: 'events', partition: 2 })
    assert.ok(!transaction.mayProduceTo(partition))
    assert.deepEqual(sent(transaction, 'AddPartitionsToTxn'), {
      transactions: [],
      v3AndBelowTransactionalId: 'tx',
      v3AndBelowProducerId: 7,
      v3AndBelowProducerEpoch: 0,
      v3AndBelowTopics: [{ name: 'events', partitions: [0, 2] }],
    })
    transaction.answered({ error: 'NONE' }, 0)
    assert.ok(transaction.mayProduceTo(partition))
    transaction.include(partition)
    assert.deepEqual(transaction.next(0), { do: 'wait', untilMs: Infinity })
    transaction.commit()
    assert.equal(sent(transaction, 'EndTxn').producerEpoch, 0)
    transaction.answered({ error: 'NONE' }, 0)
    assert.equal(transaction.state, 'ready')
  })

  it('sends a group’s offsets to the group’s coordinator, adding the group first before version 2', () => {
    for (const joinsImplicitly of [true, false]) {
      const transaction = opened(joinsImplicitly)
      transaction.sendOffsets(offsets)
      assert.ok(!transaction.hasSentOffsets)
      if (!joinsImplicitly) {
        assert.deepEqual(sent(transaction, 'AddOffsetsToTxn'), { ...names, groupId: 'g' })
        transaction.answered({ error: 'NONE' }, 0)
      }
      assert.deepEqual(transaction.next(0), { do: 'find coordinator', of: 'group', key: 'g' })
      transaction.coordinatorFound('group')
      assert.deepEqual(sent(transaction, 'TxnOffsetCommit'), {
        ...names,
        groupId: 'g',
        generationId: 3,
        memberId: 'm',
        groupInstanceId: null,
        topics: [
          {
            name: 'events',
            partitions: [{ partitionIndex: 1, committedOffset: 12, committedLeaderEpoch: -1, committedMetadata: '' }],
          },
        ],
      })
      transaction.answered({ error: 'NONE' }, 0)
      assert.ok(transaction.hasSentOffsets)
      transaction.abort()
      assert.equal(sent(transaction, 'EndTxn').committed, false)
    }
  })

  it('ends an empty transaction without a request', () => {
    for (const end of ['commit', 'abort'] as const) {
      const transaction = opened(true)
      transaction[end]()
      assert.equal(transaction.state, 'ready')
      assert.deepEqual(transaction.next(0), { do: 'wait', untilMs: Infinity })
    }
  })

  it('asks for the same outcome until it is answered', () => {
    const transaction = opened(true)
    transaction.include(partition)
    transaction.commit()
    sent(transaction, 'EndTxn')
    transaction.lost(10)
    assert.deepEqual(transaction.next(10), { do: 'find coordinator', of: 'transaction', key: 'tx' })
    transaction.coordinatorFound('transaction')
    assert.deepEqual(transaction.next(10), { do: 'wait', untilMs: 110 })
    assert.deepEqual(sent(transaction, 'EndTxn', 110), { ...names, committed: true })
    transaction.answered({ error: 'CONCURRENT_TRANSACTIONS' }, 110)
    assert.deepEqual(sent(transaction, 'EndTxn', 210), { ...names, committed: true })
    transaction.answered({ error: 'NONE' }, 210)
    assert.equal(transaction.state, 'ready')
  })

  it('takes a new epoch after a batch that failed, from InitProducerId before version 2', () => {
    const transaction = opened(false)
    transaction.include(partition)
    sent(transaction, 'AddPartitionsToTxn')
    transaction.answered({ error: 'NONE' }, 0)
    transaction.produceFailed('OUT_OF_ORDER_SEQUENCE_NUMBER')
    assert.equal(transaction.state, 'abortable')
    assert.ok(!transaction.mayProduceTo(partition))
    transaction.abort()
    sent(transaction, 'EndTxn')
    transaction.answered({ error: 'NONE' }, 0)
    assert.equal(transaction.state, 'unidentified')
    assert.equal(sent(transaction, 'InitProducerId').producerEpoch, 0)
  })

  // What an error makes of a transaction that has sent the request; and after which other requests come.
  const errors: readonly (readonly [TransactionRequest['api'], ProtocolError, TransactionState])[] = [
    ['InitProducerId', 'CONCURRENT_TRANSACTIONS', 'unidentified'],
    ['InitProducerId', 'COORDINATOR_LOAD_IN_PROGRESS', 'unidentified'],
    ['InitProducerId', 'NOT_COORDINATOR', 'unidentified'],
    ['InitProducerId', 'PRODUCER_FENCED', 'fatal'],
    ['InitProducerId', 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'fatal'],
    ['AddPartitionsToTxn', 'UNKNOWN_TOPIC_OR_PARTITION', 'open'],
    ['AddPartitionsToTxn', 'TOPIC_AUTHORIZATION_FAILED', 'abortable'],
    ['AddPartitionsToTxn', 'TRANSACTION_ABORTABLE', 'abortable'],
    ['AddPartitionsToTxn', 'INVALID_PRODUCER_ID_MAPPING', 'abortable'],
    ['AddPartitionsToTxn', 'PRODUCER_FENCED', 'fatal'],
    ['AddOffsetsToTxn', 'GROUP_AUTHORIZATION_FAILED', 'abortable'],
    ['AddOffsetsToTxn', 'INVALID_TXN_STATE', 'fatal'],
    ['EndTxn', 'COORDINATOR_NOT_AVAILABLE', 'committing'],
    ['EndTxn', 'TRANSACTION_ABORTABLE', 'abortable'],
    ['EndTxn', 'INVALID_PRODUCER_EPOCH', 'fatal'],
    ['EndTxn', 'INVALID_PRODUCER_ID_MAPPING', 'fatal'],
  ]
  for (const [api, error, state] of errors) {
    it(`is ${state} after ${api} was answered ${error}`, () => {
      const transaction = api === 'InitProducerId' ? newTransaction(false) : opened(false)
      transaction.coordinatorFound('transaction')
      if (api === 'AddPartitionsToTxn') transaction.include(partition)
      if (api === 'AddOffsetsToTxn') transaction.sendOffsets(offsets)
      if (api === 'EndTxn') {
        transaction.include(partition)
        sent(transaction, 'AddPartitionsToTxn')
        transaction.answered({ error: 'NONE' }, 0)
        transaction.commit()
      }
      sent(transaction, api)
      transaction.answered({ error }, 0)
      assert.equal(transaction.state, state)
      assert.equal(transaction.error, state === 'abortable' || state === 'fatal' ? error : undefined)
    })
  }

  for (const error of [
    'ILLEGAL_GENERATION',
    'UNKNOWN_MEMBER_ID',
    'STALE_MEMBER_EPOCH',
    'FENCED_INSTANCE_ID',
  ] as const) {
    it(`can only be aborted after TxnOffsetCommit was answered ${error}`, () => {
      const transaction = opened(true)
      transaction.sendOffsets(offsets)
      transaction.coordinatorFound('group')
      sent(transaction, 'TxnOffsetCommit')
      transaction.answered({ error }, 0)
      assert.equal(transaction.state, 'abortable')
      assert.throws(() => transaction.commit(), /open/)
      transaction.abort()
      assert.equal(sent(transaction, 'EndTxn').committed, false)
    })
  }

  it('leaves an abort that cannot be made to the coordinator, and takes a new epoch', () => {
    const transaction = opened(false)
    transaction.include(partition)
    sent(transaction, 'AddPartitionsToTxn')
    transaction.answered({ error: 'INVALID_PRODUCER_ID_MAPPING' }, 0)
    transaction.abort()
    sent(transaction, 'EndTxn')
    transaction.answered({ error: 'INVALID_PRODUCER_ID_MAPPING' }, 0)
    assert.equal(transaction.state, 'unidentified')
  })

  it('refuses what its state does not allow', () => {
    const transaction = newTransaction(true)
    assert.throws(() => transaction.begin(), /ready/)
    assert.throws(() => transaction.include(partition), /open/)
    assert.throws(() => transaction.abort(), /cannot be aborted/)
    assert.throws(() => transaction.answered({ error: 'NONE' }, 0), /not due/)
    transaction.lost(0)
    assert.equal(transaction.state, 'unidentified')
  })
})

function newTransaction(joinsImplicitly: boolean): Transaction {
  return new Transaction({ transactionalId: 'tx', transactionTimeoutMs: 5_000, joinsImplicitly, retryBackoffMs: 100 })
}

function opened(joinsImplicitly: boolean): Transaction {
  const transaction = newTransaction(joinsImplicitly)
  transaction.coordinatorFound('transaction')
  sent(transaction, 'InitProducerId')
  transaction.answered({ error: 'NONE', identity: { producerId: 7, producerEpoch: 0 } }, 0)
  transaction.begin()
  return transaction
}

function sent<Name extends TransactionRequest['api']>(transaction: Transaction, api: Name, nowMs = 0): RequestOf<Name> {
  const next = transaction.next(nowMs)
  assert.ok(next.do === 'send' && next.api === api, `${api} is due, not ${JSON.stringify(next)}`)
  return next.request as RequestOf<Name>
}

type RequestOf<Name extends TransactionRequest['api']> = Extract<TransactionRequest, { api: Name }>['request']
