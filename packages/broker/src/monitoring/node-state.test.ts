import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { NodeState } from './node-state.ts'

describe('NodeState', () => {
  it('remembers since when it is where it is', () => {
    let nowMs = 1_000
    const state = new NodeState({ wallMs: () => nowMs })
    assert.deepEqual([state.phase, state.sinceMs], ['starting', 1_000])
    nowMs = 2_000
    state.enter('running')
    nowMs = 3_000
    state.enter('running')
    assert.deepEqual([state.phase, state.sinceMs], ['running', 2_000])
  })

  it('stays failed, while it stops, too', () => {
    let nowMs = 1_000
    const state = new NodeState({ wallMs: () => nowMs })
    nowMs = 2_000
    state.enter('failed')
    nowMs = 3_000
    state.enter('stopping')
    assert.deepEqual([state.phase, state.sinceMs], ['failed', 2_000])
  })
})
