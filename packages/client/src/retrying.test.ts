import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SimulatedWorld } from '@gregor/testkit/simulation'
import { ConnectionError } from '@gregor/transport'
import { KafkaError } from './errors.ts'
import { backoffPauseMs, retrying } from './retrying.ts'

const options = { name: 'asking', backoffMs: 100, backoffMaxMs: 1000, timeoutMs: 10_000 }

describe('retrying', () => {
  it('tries again after what is retriable, with pauses that double', async () => {
    const world = new SimulatedWorld({ seed: 1 })
    const { environment } = world.node('client')
    const atMs: number[] = []
    const result = await world.time.run(
      retrying({ ...options, environment }, ({ number }) => {
        atMs.push(environment.clock.monotonicMs())
        if (number < 4) return Promise.reject(new ConnectionError('broken'))
        return Promise.resolve('done')
      }),
    )
    assert.equal(result, 'done')
    const pausesMs = atMs.slice(1).map((ms, index) => ms - (atMs[index] ?? 0))
    assert.equal(pausesMs.length, 3)
    for (const [index, plainMs] of [100, 200, 400].entries()) {
      const pauseMs = pausesMs[index] ?? 0
      assert.ok(pauseMs >= plainMs * 0.8 && pauseMs <= plainMs * 1.2 + 1, `${pauseMs}`)
    }
  })

  it('throws what is final as it is, at once', async () => {
    const { environment } = new SimulatedWorld({ seed: 1 }).node('client')
    const error = new KafkaError({ code: 'TOPIC_AUTHORIZATION_FAILED' })
    let count = 0
    const attempt = (): Promise<never> => {
      count++
      return Promise.reject(error)
    }
    await assert.rejects(retrying({ ...options, environment }, attempt), error)
    assert.equal(count, 1)
  })

  it('ends when the time is up, and says what it met last', async () => {
    const world = new SimulatedWorld({ seed: 1 })
    const { environment } = world.node('client')
    const cause = new KafkaError({ code: 'COORDINATOR_NOT_AVAILABLE' })
    const remaining: number[] = []
    const all = retrying({ ...options, environment, timeoutMs: 1000 }, ({ remainingMs }) => {
      remaining.push(remainingMs)
      return Promise.reject(cause)
    })
    await assert.rejects(world.time.run(all), {
      name: 'TimeoutError',
      message: /^asking was not done within 1000 ms/,
      cause,
    })
    assert.equal(remaining[0], 1000)
    assert.ok(remaining.length >= 3 && remaining.every((ms, index) => index === 0 || ms < (remaining[index - 1] ?? 0)))
  })

  it('gives up when the signal aborts, in the middle of a pause too', async () => {
    const world = new SimulatedWorld({ seed: 1 })
    const { environment } = world.node('client')
    const abort = new AbortController()
    const reason = new Error('enough')
    const all = retrying({ ...options, environment, signal: abort.signal }, () =>
      Promise.reject(new ConnectionError('broken')),
    )
    environment.clock.schedule(50, () => abort.abort(reason))
    const startedAtMs = world.time.nowMs
    await assert.rejects(world.time.run(all), reason)
    assert.ok(world.time.nowMs - startedAtMs < 60)
    await assert.rejects(
      retrying({ ...options, environment, signal: abort.signal }, () => Promise.resolve(1)),
      reason,
    )
  })

  it('tells of each failure before it pauses', async () => {
    const world = new SimulatedWorld({ seed: 1 })
    const { environment } = world.node('client')
    const told: unknown[] = []
    const error = new ConnectionError('broken')
    const all = retrying({ ...options, environment, onRetry: (...given) => void told.push(given) }, ({ number }) =>
      number === 1 ? Promise.reject(error) : Promise.resolve(),
    )
    await world.time.run(all)
    assert.deepEqual(told, [[error, 1]])
  })
})

describe('backoffPauseMs', () => {
  it('never passes the longest pause by more than a fifth', () => {
    const { random } = new SimulatedWorld({ seed: 3 }).node('client').environment
    for (let failures = 1; failures < 40; failures++) {
      assert.ok(backoffPauseMs({ backoffMs: 50, backoffMaxMs: 1000 }, failures, random) <= 1200)
    }
  })

  it('is the first pause where that is the longer one', () => {
    const { random } = new SimulatedWorld({ seed: 3 }).node('client').environment
    assert.ok(backoffPauseMs({ backoffMs: 500, backoffMaxMs: 100 }, 1, random) >= 400)
  })
})
