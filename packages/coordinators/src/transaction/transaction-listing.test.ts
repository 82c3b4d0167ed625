import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errorCode } from '@gregor/protocol'
import { TransactionWorld } from './transaction-fixture.ts'

/** One id for each state: a is Empty, b Ongoing since 5 s, c PrepareCommit, d CompleteAbort. */
function world(): TransactionWorld {
  const all = new TransactionWorld()
  all.producer('a')
  all.add('b', all.producer('b'), { t: [0, 2], u: [1] })
  const [c, d] = [all.producer('c'), all.producer('d')]
  all.add('d', d, { t: [0] })
  all.end('d', d, 'Abort')
  all.answerMarkers()
  all.add('c', c, { t: [0] })
  all.end('c', c, 'Commit')
  all.nowMs += 5000
  return all
}

function idsOf({ transactionStates }: ReturnType<TransactionWorld['list']>): string {
  return transactionStates.map(({ transactionalId }) => transactionalId).join('')
}

describe('DescribeTransactions', () => {
  it('tells of each transactional id in the order asked for', () => {
    const described = world().send({ type: 'DescribeTransactions', transactionalIds: ['b', 'a'] })
    assert.deepEqual(described, [
      {
        errorCode: 0,
        transactionalId: 'b',
        transactionState: 'Ongoing',
        transactionTimeoutMs: 60_000,
        transactionStartTimeMs: 1_000_000,
        producerId: 101,
        producerEpoch: 0,
        topics: [
          { topic: 't', partitions: [0, 2] },
          { topic: 'u', partitions: [1] },
        ],
      },
      {
        errorCode: 0,
        transactionalId: 'a',
        transactionState: 'Empty',
        transactionTimeoutMs: 60_000,
        transactionStartTimeMs: -1,
        producerId: 100,
        producerEpoch: 0,
        topics: [],
      },
    ])
  })

  it('knows nothing of others', () => {
    const described = world().send({ type: 'DescribeTransactions', transactionalIds: ['z', ''] })
    assert.deepEqual(
      described.map((one) => [one.errorCode, one.transactionalId, one.transactionState]),
      [
        [errorCode('TRANSACTIONAL_ID_NOT_FOUND'), 'z', ''],
        [errorCode('INVALID_REQUEST'), '', ''],
      ],
    )
  })
})

describe('ListTransactions', () => {
  it('lists all there are, with their state and producer id', () => {
    assert.deepEqual(world().list({}), {
      errorCode: 0,
      unknownStateFilters: [],
      transactionStates: [
        { transactionalId: 'a', producerId: 100, transactionState: 'Empty' },
        { transactionalId: 'b', producerId: 101, transactionState: 'Ongoing' },
        { transactionalId: 'c', producerId: 102, transactionState: 'PrepareCommit' },
        { transactionalId: 'd', producerId: 103, transactionState: 'CompleteAbort' },
      ],
    })
  })

  it('filters by state, and reports what is none', () => {
    assert.equal(idsOf(world().list({ stateFilters: ['Empty', 'PrepareCommit'] })), 'ac')
    const { unknownStateFilters, transactionStates } = world().list({ stateFilters: ['ongoing', 'Dead', 'ongoing'] })
    assert.deepEqual([unknownStateFilters, transactionStates], [['ongoing'], []])
  })

  it('filters by producer id', () => {
    assert.equal(idsOf(world().list({ producerIdFilters: [101, 103, 9] })), 'bd')
  })

  it('filters by duration: longer than so many milliseconds; what has not begun counts as begun in 1970', () => {
    assert.equal(idsOf(world().list({ durationFilter: 4999 })), 'abcd')
    assert.equal(idsOf(world().list({ durationFilter: 5000 })), 'a')
    assert.equal(idsOf(world().list({ durationFilter: 0 })), 'abcd')
  })

  it('filters by a pattern that must match the whole id', () => {
    assert.equal(idsOf(world().list({ transactionalIdPattern: '[ab]' })), 'ab')
    assert.equal(idsOf(world().list({ transactionalIdPattern: '' })), 'abcd')
    const other = new TransactionWorld()
    other.producer('orders-1')
    assert.equal(idsOf(other.list({ transactionalIdPattern: 'orders' })), '')
    assert.equal(idsOf(other.list({ transactionalIdPattern: 'orders-.*' })), 'orders-1')
  })

  it('wants every filter to let it through', () => {
    assert.equal(idsOf(world().list({ stateFilters: ['Empty', 'Ongoing'], producerIdFilters: [101] })), 'b')
  })

  it('refuses what is no regular expression of RE2, look-ahead too', () => {
    const code = errorCode('INVALID_REGULAR_EXPRESSION')
    for (const transactionalIdPattern of ['(a', 'a(?=b)', '(a)\\1']) {
      const answer = { errorCode: code, unknownStateFilters: [], transactionStates: [] }
      assert.deepEqual(world().list({ transactionalIdPattern, stateFilters: ['none'] }), answer)
    }
  })

  it('takes a time that grows with the length of the id, not faster, whatever the pattern', () => {
    const all = new TransactionWorld()
    all.producer(`${'a'.repeat(5000)}!`)
    assert.equal(idsOf(all.list({ transactionalIdPattern: '(a+)+b' })), '')
  })
})
