import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PassClock } from './pass-clock.ts'

/** A millisecond later each time it is read. */
class CountingClock {
  reads = 0
  wallReads = 0

  monotonicMs(): number {
    return ++this.reads
  }

  wallMs(): number {
    return 1_000_000 + ++this.wallReads
  }
}

describe('the clock of a pass', () => {
  it('is read once for the requests that are gathered, and once when they are done', () => {
    const clock = new CountingClock()
    const pass = new PassClock(clock)
    assert.deepEqual([pass.startMs, pass.startMs, pass.startMs], [1, 1, 1])
    assert.deepEqual([pass.wallMs, pass.wallMs], [1_000_001, 1_000_001])
    pass.turn()
    assert.deepEqual([pass.finishMs(true), pass.finishMs(true), pass.finishMs(true)], [2, 2, 2])
    pass.end()
    assert.deepEqual([clock.reads, clock.wallReads], [2, 1])
  })

  it('lets a request begin when the one before it has ended', () => {
    const pass = new PassClock(new CountingClock())
    assert.equal(pass.startMs, 1)
    assert.equal(pass.finishMs(false), 2)
    assert.equal(pass.startMs, 2)
    assert.equal(pass.finishMs(false), 3)
  })

  it('is read anew by the next pass, and by what ends between passes', () => {
    const pass = new PassClock(new CountingClock())
    assert.deepEqual([pass.startMs, pass.wallMs], [1, 1_000_001])
    pass.turn()
    pass.end()
    assert.equal(pass.finishMs(true), 2)
    assert.equal(pass.finishMs(false), 3)
    assert.deepEqual([pass.startMs, pass.wallMs], [4, 1_000_002])
  })
})
