import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { IndexCache } from './index-cache.ts'

describe('the index cache', () => {
  it('unloads what was unused for longest, once there is too much', () => {
    const cache = new IndexCache(100)
    const unloaded: string[] = []
    const owners = ['a', 'b', 'c'].map((name) => ({ unload: () => unloaded.push(name) }))
    const [a, b, c] = owners
    assert.ok(a !== undefined && b !== undefined && c !== undefined)
    cache.used(a, 40)
    cache.used(b, 40)
    cache.used(a, 40)
    cache.used(c, 40)
    assert.deepEqual(unloaded, ['b'])
    assert.equal(cache.byteCount, 80)
    cache.forget(a)
    assert.equal(cache.byteCount, 40)
    cache.forget(a)
    assert.equal(cache.byteCount, 40)
  })

  it('never unloads what is being used, however large', () => {
    const cache = new IndexCache(100)
    const owner = { unload: () => assert.fail('it is in use') }
    cache.used(owner, 1000)
    assert.equal(cache.byteCount, 1000)
  })
})
