import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FetchSessions, type FetchedPartition, type FetchTurn, type SessionRequest } from './fetch-sessions.ts'

const id = 'aaaaaaaaaaaaaaaaaaaaaa'

function partition(partitionIndex: number, fetchOffset = 0): FetchedPartition {
  return {
    topicId: id,
    topic: 't',
    partitionIndex,
    fetchOffset,
    currentLeaderEpoch: -1,
    lastFetchedEpoch: -1,
    logStartOffset: -1,
    maxBytes: 1000,
  }
}

function request(more: Partial<SessionRequest>): SessionRequest {
  return { sessionId: 0, sessionEpoch: 0, usesTopicIds: true, isReplica: false, partitions: [], forgotten: [], ...more }
}

function result(
  asked: FetchedPartition,
  more: { highWatermark?: number; byteCount?: number; errorCode?: number } = {},
) {
  return { partition: asked, errorCode: 0, highWatermark: 0, logStartOffset: 0, byteCount: 0, hasHint: false, ...more }
}

function sessions(sessionCountMax = 10): FetchSessions {
  let last = 40
  return new FetchSessions({ sessionCountMax, randomId: () => last++ })
}

function begun(turn: FetchTurn | string): FetchTurn {
  assert.ok(typeof turn !== 'string', typeof turn === 'string' ? turn : '')
  return turn
}

/** Opens a session over these partitions and returns its id. */
function open(all: FetchSessions, partitions: readonly FetchedPartition[], nowMs = 0, isReplica = false): number {
  const turn = begun(all.begin(request({ partitions, isReplica }), nowMs))
  const finished = all.finish(
    turn,
    turn.partitions.map((asked) => result(asked)),
    nowMs,
  )
  assert.ok(typeof finished !== 'string')
  return finished.sessionId
}

describe('fetch sessions', () => {
  it('answers a full fetch with all partitions and a new session id', () => {
    const all = sessions()
    assert.equal(open(all, [partition(0), partition(1)]), 41)
    assert.equal(all.sessionCount, 1)
    assert.equal(all.partitionCount, 2)
  })

  it('keeps no session for a request that wants none', () => {
    const all = sessions()
    const turn = begun(all.begin(request({ sessionEpoch: -1, partitions: [partition(0)] }), 0))
    assert.deepEqual(all.finish(turn, [result(partition(0))], 0), { sessionId: 0, results: [result(partition(0))] })
    assert.equal(all.sessionCount, 0)
  })

  it('serves an incremental fetch from what the session remembers', () => {
    const all = sessions()
    const sessionId = open(all, [partition(0), partition(1)])
    const turn = begun(all.begin(request({ sessionId, sessionEpoch: 1 }), 0))
    assert.deepEqual(
      turn.partitions.map(({ partitionIndex }) => partitionIndex),
      [0, 1],
    )
  })

  it('changes, adds and forgets partitions by what an incremental fetch names', () => {
    const all = sessions()
    const sessionId = open(all, [partition(0), partition(1)])
    const turn = begun(
      all.begin(
        request({
          sessionId,
          sessionEpoch: 1,
          partitions: [partition(0, 7), partition(2)],
          forgotten: [{ topicId: id, topic: '', partitions: [1] }],
        }),
        0,
      ),
    )
    assert.deepEqual(
      turn.partitions.map(({ partitionIndex, fetchOffset }) => [partitionIndex, fetchOffset]),
      [
        [0, 7],
        [2, 0],
      ],
    )
  })

  it('tells an incremental fetch only what is new', () => {
    const all = sessions()
    const sessionId = open(all, [partition(0), partition(1), partition(2)])
    const turn = begun(all.begin(request({ sessionId, sessionEpoch: 1 }), 0))
    const [first, second, third] = turn.partitions as [FetchedPartition, FetchedPartition, FetchedPartition]
    const finished = all.finish(
      turn,
      [result(first), result(second, { highWatermark: 3 }), result(third, { byteCount: 9 })],
      0,
    )
    assert.ok(typeof finished !== 'string')
    assert.deepEqual(
      finished.results.map(({ partition: { partitionIndex } }) => partitionIndex),
      [1, 2],
    )
  })

  it('moves a partition that gave bytes to the end of the line', () => {
    const all = sessions()
    const sessionId = open(all, [partition(0), partition(1)])
    const turn = begun(all.begin(request({ sessionId, sessionEpoch: 1 }), 0))
    all.finish(turn, [result(turn.partitions[0] as FetchedPartition, { byteCount: 5 })], 0)
    const next = begun(all.begin(request({ sessionId, sessionEpoch: 2 }), 0))
    assert.deepEqual(
      next.partitions.map(({ partitionIndex }) => partitionIndex),
      [1, 0],
    )
  })

  it('tells a partition again after its error is over, though its offsets are as before', () => {
    const all = sessions()
    const sessionId = open(all, [partition(0)])
    const failed = begun(all.begin(request({ sessionId, sessionEpoch: 1 }), 0))
    all.finish(failed, [result(failed.partitions[0] as FetchedPartition, { errorCode: 6 })], 0)
    const mended = begun(all.begin(request({ sessionId, sessionEpoch: 2 }), 0))
    const finished = all.finish(mended, [result(mended.partitions[0] as FetchedPartition)], 0)
    assert.ok(typeof finished !== 'string')
    assert.equal(finished.results.length, 1)
  })

  it('refuses an unknown session, a wrong epoch, and names where ids were used', () => {
    const all = sessions()
    const sessionId = open(all, [partition(0)])
    assert.equal(all.begin(request({ sessionId: 99, sessionEpoch: 1 }), 0), 'FETCH_SESSION_ID_NOT_FOUND')
    assert.equal(all.begin(request({ sessionId, sessionEpoch: 5 }), 0), 'INVALID_FETCH_SESSION_EPOCH')
    assert.equal(
      all.begin(request({ sessionId, sessionEpoch: 1, usesTopicIds: false }), 0),
      'FETCH_SESSION_TOPIC_ID_ERROR',
    )
  })

  it('refuses the answer of a fetch whose session moved on while it waited', () => {
    const all = sessions()
    const sessionId = open(all, [partition(0)])
    const slow = begun(all.begin(request({ sessionId, sessionEpoch: 1 }), 0))
    begun(all.begin(request({ sessionId, sessionEpoch: 2 }), 0))
    assert.equal(all.finish(slow, [], 0), 'INVALID_FETCH_SESSION_EPOCH')
  })

  it('closes the session of a request with epoch -1, and one that forgets its last partition', () => {
    const all = sessions()
    const first = open(all, [partition(0)])
    all.begin(request({ sessionId: first, sessionEpoch: -1, partitions: [partition(0)] }), 0)
    const second = open(all, [partition(0)])
    const turn = begun(
      all.begin(
        request({ sessionId: second, sessionEpoch: 1, forgotten: [{ topicId: id, topic: '', partitions: [0] }] }),
        0,
      ),
    )
    assert.equal(turn.kind, 'sessionless')
    assert.equal(all.sessionCount, 0)
  })

  it('gives no session when the cache is full of sessions worth as much', () => {
    const all = sessions(1)
    open(all, [partition(0)])
    assert.equal(open(all, [partition(0)]), 0)
    assert.equal(all.evictions, 0)
  })

  it('evicts for a larger session, for a replica, and whoever was idle for two minutes', () => {
    const all = sessions(1)
    open(all, [partition(0)])
    assert.notEqual(open(all, [partition(0), partition(1)]), 0)
    assert.notEqual(open(all, [partition(0)], 1, true), 0)
    assert.equal(open(all, [partition(0), partition(1)], 2), 0)
    assert.notEqual(open(all, [partition(0)], 120_002), 0)
    assert.equal(all.evictions, 3)
  })
})
