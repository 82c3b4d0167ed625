import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { PagedBytes } from './paged-bytes.ts'

const sizeMax = 100_000

describe('PagedBytes', () => {
  it('holds what a plain buffer holds after the same writes, cuts and extensions', () => {
    const position = fc.nat(60_000)
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('write' as const),
        position,
        size: fc.nat(40_000),
        byte: fc.integer({ min: 1, max: 255 }),
      }),
      fc.record({ kind: fc.constant('truncate' as const), size: fc.nat(sizeMax) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const bytes = new PagedBytes()
        const model = Buffer.alloc(sizeMax)
        let size = 0
        for (const each of steps) {
          if (each.kind === 'write') {
            bytes.write(Buffer.alloc(each.size, each.byte), each.position)
            model.fill(each.byte, each.position, each.position + each.size)
            if (each.size > 0) size = Math.max(size, each.position + each.size)
          } else {
            bytes.truncate(each.size)
            model.fill(0, each.size)
            size = each.size
          }
        }
        assert.equal(bytes.size, size)
        assert.ok(bytes.toBuffer().equals(model.subarray(0, size)))
        assert.ok(bytes.copy().toBuffer().equals(model.subarray(0, size)))
      }),
    )
  })

  it('reads no further than its end', () => {
    const bytes = new PagedBytes()
    bytes.write(Buffer.from('hello'), 0)
    const target = Buffer.alloc(10, '.')
    assert.equal(bytes.read(target, 3), 2)
    assert.equal(target.toString(), 'lo........')
    assert.equal(bytes.read(target, 5), 0)
    assert.equal(bytes.read(target, 500), 0)
  })

  it('does not change with its copy', () => {
    const bytes = new PagedBytes()
    bytes.write(Buffer.from('before'), 0)
    const copy = bytes.copy()
    copy.write(Buffer.from('after!'), 0)
    assert.equal(bytes.toBuffer().toString(), 'before')
  })
})
