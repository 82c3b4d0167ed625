import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ClosedError, ConnectionError, KafkaError, TimeoutError } from '../errors.ts'
import { ScriptedCluster, adminOf } from './admin-fixture.ts'
import { type AdminContext, call, check, errorOf, failure, inRounds } from './call.ts'

const keyOf = (item: string): string => item
const settings = { defaultApiTimeoutMs: 10_000, requestTimeoutMs: 2000, retryBackoffMs: 100, retryBackoffMaxMs: 1000 }

function contextOf(): { context: AdminContext; run: <T>(call: Promise<T>) => Promise<T> } {
  const cluster = new ScriptedCluster()
  const { environment, run } = adminOf(cluster)
  return { context: { cluster, environment, settings }, run }
}

describe('inRounds', () => {
  it('asks again about those only that failed with what may pass', async () => {
    const { context, run } = contextOf()
    const rounds: (readonly string[])[] = []
    const results = await run(
      inRounds<string, number>(context, ['a', 'b', 'c'], { name: 'x', keyOf }, (open, report, { number }) => {
        rounds.push(open)
        for (const item of open) {
          if (item === 'a') report.done(item, 1)
          else if (item === 'b') report.failed(item, failure('TOPIC_AUTHORIZATION_FAILED'))
          else if (number < 3) report.failed(item, failure('NOT_LEADER_OR_FOLLOWER'))
          else report.done(item, 3)
        }
        return Promise.resolve()
      }),
    )
    assert.deepEqual(rounds, [['a', 'b', 'c'], ['c'], ['c']])
    assert.equal(results.value('a'), 1)
    assert.equal(results.value('c'), 3)
    assert.deepEqual(
      results.failures.map(({ item, error }) => [item, error instanceof KafkaError && error.code]),
      [['b', 'TOPIC_AUTHORIZATION_FAILED']],
    )
  })

  it('gives up when the time is up: those still open say what they met last', async () => {
    const { context, run } = contextOf()
    const results = await run(
      inRounds<string, number>(context, ['a', 'b'], { name: 'asking', keyOf, timeoutMs: 700 }, (open, report) => {
        for (const item of open) {
          if (item === 'a') report.done(item, 1)
          else report.failed(item, failure('LEADER_NOT_AVAILABLE', 'nobody leads'))
        }
        return Promise.resolve()
      }),
    )
    assert.equal(results.value('a'), 1)
    const { error } = results.get('b') ?? {}
    assert.ok(error instanceof TimeoutError)
    assert.equal(error.message, 'asking was not done within 700 ms; last: nobody leads')
    assert.ok(error.cause instanceof KafkaError)
  })

  it('fails with what a round throws those items that nothing was said about', async () => {
    const { context, run } = contextOf()
    const broken = new ConnectionError('broken')
    let count = 0
    const results = await run(
      inRounds<string, number>(context, ['a', 'b'], { name: 'x', keyOf }, (open, report) => {
        count++
        if (count === 1) report.done('a', 1)
        if (count === 1) return Promise.reject(broken)
        for (const item of open) report.done(item, 2)
        return Promise.resolve()
      }),
    )
    assert.deepEqual(results.all(), [1, 2])
  })

  it('asks about each thing once, however often it is given, and about nothing where nothing is', async () => {
    const { context, run } = contextOf()
    const rounds: (readonly string[])[] = []
    const round = (open: readonly string[]): Promise<void> => {
      rounds.push(open)
      return Promise.resolve()
    }
    const results = await run(inRounds<string, void>(context, ['a', 'a'], { name: 'deleting', keyOf }, round))
    assert.deepEqual(rounds, [['a']])
    const { error } = results.get('a') ?? {}
    assert.ok(error instanceof KafkaError && error.code === 'UNKNOWN_SERVER_ERROR')
    assert.equal(error.message, 'the answer to deleting says nothing of it')
    await run(inRounds<string, void>(context, [], { name: 'x', keyOf }, round))
    assert.equal(rounds.length, 1)
  })

  it('takes the first word about a thing', async () => {
    const { context, run } = contextOf()
    const results = await run(
      inRounds<string, number>(context, ['a', 'b'], { name: 'x', keyOf }, (_open, report) => {
        report.done('a', 1)
        report.failed('a', failure('UNKNOWN_SERVER_ERROR'))
        report.refused('b', failure('NOT_LEADER_OR_FOLLOWER'))
        report.done('b', 2)
        return Promise.resolve()
      }),
    )
    assert.equal(results.value('a'), 1)
    assert.throws(() => results.value('b'), { code: 'NOT_LEADER_OR_FOLLOWER' })
  })

  it('tries again only after the errors that are said to pass', async () => {
    const { context, run } = contextOf()
    const passing = new Set(['NOT_CONTROLLER'] as const)
    let count = 0
    const results = await run(
      inRounds<string, number>(context, ['a', 'b'], { name: 'x', keyOf, passing }, (open, report) => {
        count++
        for (const item of open) {
          if (item === 'a') report.failed(item, failure('UNKNOWN_TOPIC_OR_PARTITION'))
          else if (count === 1) report.failed(item, failure('NOT_CONTROLLER'))
          else report.done(item, 2)
        }
        return Promise.resolve()
      }),
    )
    assert.equal(count, 2)
    assert.throws(() => results.value('a'), { code: 'UNKNOWN_TOPIC_OR_PARTITION' })
    assert.equal(results.value('b'), 2)
  })

  it('throws when the client is closed, and when the caller gives up', async () => {
    const { context, run } = contextOf()
    const closed = new ClosedError('closed')
    await assert.rejects(
      run(inRounds<string, void>(context, ['a'], { name: 'x', keyOf }, () => Promise.reject(closed))),
      closed,
    )
    const reason = new Error('enough')
    const controller = new AbortController()
    const round = (): Promise<void> => {
      controller.abort(reason)
      return Promise.reject(new ConnectionError('broken'))
    }
    const options = { name: 'x', keyOf, signal: controller.signal }
    await assert.rejects(run(inRounds<string, void>(context, ['a'], options, round)), reason)
  })
})

describe('call', () => {
  it('tells each attempt how long a request may take', async () => {
    const { context, run } = contextOf()
    const timeouts: number[] = []
    await assert.rejects(
      run(
        call(context, 'asking', { timeoutMs: 2400 }, ({ timeoutMs }) => {
          timeouts.push(timeoutMs)
          return Promise.reject(new ConnectionError('broken'))
        }),
      ),
      TimeoutError,
    )
    assert.equal(timeouts[0], 2000)
    assert.ok((timeouts.at(-1) ?? 0) < 2000, timeouts.join(' '))
  })
})

describe('errorOf', () => {
  it('is nothing where all is well, and else what the server said, or what the table says', () => {
    assert.equal(errorOf(0), undefined)
    assert.equal(errorOf(36, 'Topic a is there.')?.message, 'Topic a is there.')
    assert.equal(errorOf(36)?.code, 'TOPIC_ALREADY_EXISTS')
    assert.match(errorOf(3, null, 'a-0')?.message ?? '', /^a-0: This node has no such topic or partition\./)
    assert.throws(() => check(41, ''), { code: 'NOT_CONTROLLER' })
  })
})
