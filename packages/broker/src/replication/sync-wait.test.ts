import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AppendResult } from '@gregor/storage'
import { simulatedEnvironment, type SimulatedEnvironment } from '@gregor/testkit/simulation'
import { SyncWait } from './sync-wait.ts'

const late: AppendResult = { error: 'REQUEST_TIMED_OUT', logStartOffset: 0 }
const lost: AppendResult = { error: 'KAFKA_STORAGE_ERROR', logStartOffset: 0 }

function written(baseOffset: number): AppendResult {
  return {
    error: 'NONE',
    baseOffset,
    lastOffset: baseOffset,
    logAppendTimeMs: -1,
    logStartOffset: 0,
    isDuplicate: false,
  }
}

/** Three appends that wait for 100, 200 and 100 ms; what they were told, in order. */
function threeWaiting(environment: SimulatedEnvironment): { wait: SyncWait; told: string[] } {
  const told: string[] = []
  const waiter = {
    appended: (place: number, result: AppendResult) => told.push(`${place}: ${result.error}`),
  }
  const appends = [100, 200, 100].map((timeoutMs, place) => ({ waiter, place, timeoutMs, result: written(place) }))
  return { wait: new SyncWait(environment.clock, appends, late), told }
}

describe('appends that wait for a sync', () => {
  it('are told their results when it is done, once', async () => {
    const environment = simulatedEnvironment(1)
    const { wait, told } = threeWaiting(environment)
    wait.synced()
    await environment.time.advance(1_000)
    wait.synced()
    assert.deepEqual(told, ['0: NONE', '2: NONE', '1: NONE'])
  })

  it('are told when their time is over, each its own', async () => {
    const environment = simulatedEnvironment(1)
    const { wait, told } = threeWaiting(environment)
    await environment.time.advance(150)
    assert.deepEqual(told, ['0: REQUEST_TIMED_OUT', '2: REQUEST_TIMED_OUT'])
    await environment.time.advance(100)
    assert.deepEqual(told.slice(2), ['1: REQUEST_TIMED_OUT'])
    wait.synced()
    assert.equal(told.length, 3)
  })

  it('are told that it failed, as far as their time is not over', async () => {
    const environment = simulatedEnvironment(1)
    const { wait, told } = threeWaiting(environment)
    await environment.time.advance(150)
    wait.failed(lost)
    assert.deepEqual(told.slice(2), ['1: KAFKA_STORAGE_ERROR'])
  })
})
