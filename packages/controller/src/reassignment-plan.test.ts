import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { completedReassignment, reassignment, revertedReassignment } from './reassignment-plan.ts'

const moving = { replicas: [4, 1, 2, 3], removingReplicas: [3], addingReplicas: [4] }

describe('A reassignment', () => {
  it('lists the new replicas first, then those to go', () => {
    assert.deepEqual(reassignment([1, 2, 3], [4, 1, 2]), moving)
  })

  it('is complete when all new replicas are in sync', () => {
    assert.equal(completedReassignment({ ...moving, isr: [1, 2, 3] }), undefined)
    assert.deepEqual(completedReassignment({ ...moving, isr: [1, 3, 4] }), { replicas: [4, 1, 2], isr: [1, 4] })
  })

  it('to fewer replicas is complete when all that remain are in sync', () => {
    const fewer = { replicas: [1, 2, 3], removingReplicas: [3], addingReplicas: [] }
    assert.equal(completedReassignment({ ...fewer, isr: [1, 3] }), undefined)
    assert.deepEqual(completedReassignment({ ...fewer, isr: [1, 2] }), { replicas: [1, 2], isr: [1, 2] })
  })

  it('is not complete where nobody would be left', () => {
    assert.equal(
      completedReassignment({ replicas: [1], removingReplicas: [1], addingReplicas: [], isr: [1] }),
      undefined,
    )
  })

  it('that is none is never complete', () => {
    assert.equal(
      completedReassignment({ replicas: [1], removingReplicas: [], addingReplicas: [], isr: [1] }),
      undefined,
    )
  })

  it('given up leaves the replicas of before, and those of them that are in sync', () => {
    assert.deepEqual(revertedReassignment({ ...moving, isr: [1, 4] }), { replicas: [1, 2, 3], isr: [1] })
    assert.deepEqual(revertedReassignment({ ...moving, isr: [4] }), { replicas: [1, 2, 3], isr: [] })
  })
})
