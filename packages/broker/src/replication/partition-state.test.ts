import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  checkLeaderEpoch,
  effectiveMinIsr,
  hasEnoughIsr,
  nextHighWatermark,
  type Leadership,
} from './partition-state.ts'

function leadership(given: Partial<Leadership> = {}): Leadership {
  return { leaderId: 1, leaderEpoch: 5, partitionEpoch: 7, replicas: [1], isr: [1], ...given }
}

describe('the in-sync replicas that acks=all needs', () => {
  it('are those of the config, but never more than there are replicas', () => {
    assert.equal(effectiveMinIsr(leadership({ replicas: [1, 2, 3] }), 2), 2)
    assert.equal(effectiveMinIsr(leadership({ replicas: [1] }), 2), 1)
  })

  it('are enough or not', () => {
    const replicas = [1, 2, 3]
    assert.equal(hasEnoughIsr(leadership({ replicas, isr: [1, 2] }), 2), true)
    assert.equal(hasEnoughIsr(leadership({ replicas, isr: [1] }), 2), false)
    assert.equal(hasEnoughIsr(leadership({ replicas: [1], isr: [1] }), 2), true)
  })
})

describe('the high watermark', () => {
  it('goes to the end of the log where this node is alone in sync', () => {
    assert.equal(nextHighWatermark(leadership(), { nodeId: 1, highWatermark: 3, localEnd: 9 }), 9)
  })

  it('never goes back', () => {
    assert.equal(nextHighWatermark(leadership(), { nodeId: 1, highWatermark: 9, localEnd: 3 }), 9)
  })

  it('stays while others are in sync, or this node is not', () => {
    const others = leadership({ replicas: [1, 2], isr: [1, 2] })
    assert.equal(nextHighWatermark(others, { nodeId: 1, highWatermark: 3, localEnd: 9 }), 3)
    const without = leadership({ replicas: [1, 2], isr: [2] })
    assert.equal(nextHighWatermark(without, { nodeId: 1, highWatermark: 3, localEnd: 9 }), 3)
  })
})

describe('the leader epoch that a client knows', () => {
  for (const [epoch, outcome] of [
    [-1, 'NONE'],
    [4, 'FENCED_LEADER_EPOCH'],
    [5, 'NONE'],
    [6, 'UNKNOWN_LEADER_EPOCH'],
  ] as const) {
    it(`is answered with ${outcome} where it is ${epoch} and ours is 5`, () => {
      assert.equal(checkLeaderEpoch(leadership(), epoch), outcome)
    })
  }
})
