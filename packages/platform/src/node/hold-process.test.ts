import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { holdProcess } from './hold-process.ts'

function timerCount(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
}

describe('holdProcess', () => {
  it('keeps the process alive until it is let go', () => {
    const before = timerCount()
    const letGo = holdProcess()
    assert.equal(timerCount(), before + 1)
    letGo()
    letGo()
    assert.equal(timerCount(), before)
  })
})
