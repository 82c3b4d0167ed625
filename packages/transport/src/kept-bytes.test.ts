import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FrameSpan } from './frame-reader.ts'
import { KeptBytes } from './kept-bytes.ts'
import { SlabPool } from './slab-pool.ts'

describe('KeptBytes', () => {
  it('copies a frame and its neighbours at once', () => {
    const shared = Buffer.from('before|first|second|after')
    const kept = new KeptBytes(new SlabPool(), span(shared, 7, 12, 19))
    const second = span(shared, 13, 19, 19)
    assert.equal(kept.has(second), true)
    shared.fill('x')
    assert.equal(kept.view(span(shared, 7, 12, 19)).toString(), 'first')
    assert.equal(kept.view(second).toString(), 'second')
  })

  it('has nothing of what lies before, behind, across its end, or in other memory', () => {
    const shared = Buffer.from('before|first|second|after')
    const kept = new KeptBytes(new SlabPool(), span(shared, 7, 12, 16))
    for (const other of [
      span(shared, 0, 6),
      span(shared, 20, 25),
      span(shared, 13, 19),
      span(Buffer.from(shared), 7, 12),
    ]) {
      assert.equal(kept.has(other), false)
    }
  })

  it('copies no more than 16 KiB, but the whole frame', () => {
    const shared = Buffer.allocUnsafeSlow(200_000)
    const slabs = new SlabPool()
    new KeptBytes(slabs, span(shared, 0, 100, 200_000))
    assert.equal(slabs.lentBytes, 16_384)
    new KeptBytes(slabs, span(shared, 0, 100_000, 200_000))
    assert.equal(slabs.lentBytes, 16_384 + 114_688)
  })

  it('gives its slab back when the last user is gone', () => {
    const slabs = new SlabPool()
    const kept = new KeptBytes(slabs, span(Buffer.alloc(5000), 0, 5000))
    kept.retain()
    kept.retain()
    kept.release()
    kept.release()
    assert.equal(slabs.lentBytes, 5120)
    kept.release()
    assert.equal(slabs.lentBytes, 0)
  })

  it('takes no slab for a few bytes', () => {
    const slabs = new SlabPool()
    const kept = new KeptBytes(slabs, span(Buffer.alloc(3000), 0, 100, 2000))
    assert.equal(slabs.lentBytes, 0)
    kept.release()
    assert.equal(slabs.lentBytes, 0)
  })

  it('takes over the slab of a frame that has its own', () => {
    const slabs = new SlabPool()
    const slab = slabs.take(5000)
    slab.write('frame', 4)
    const kept = new KeptBytes(slabs, { ...span(slab, 4, 9), slab })
    assert.equal(kept.view(span(slab, 4, 9)).toString(), 'frame')
    kept.release()
    assert.equal(slabs.lentBytes, 0)
  })
})

function span(buffer: Buffer, start: number, end: number, receivedEnd = end): FrameSpan {
  return { buffer, start, end, receivedEnd, slab: undefined }
}
