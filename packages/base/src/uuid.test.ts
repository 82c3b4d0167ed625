import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { METADATA_TOPIC_ID, ZERO_UUID, bytesFromUuid, isUuid, randomUuid, uuidFromBytes } from './uuid.ts'

const bytes16 = fc.uint8Array({ minLength: 16, maxLength: 16 })

describe('uuid', () => {
  it('is 22 characters of URL-safe base64', () => {
    assert.equal(uuidFromBytes(Buffer.alloc(16)), ZERO_UUID)
    assert.equal(uuidFromBytes(Buffer.from('00000000000000000000000000000001', 'hex')), METADATA_TOPIC_ID)
    assert.equal(uuidFromBytes(Buffer.from('fffbfffbfffbfffbfffbfffbfffbfffb', 'hex')), '__v_-__7__v_-__7__v_-w')
    assert.equal(uuidFromBytes(Buffer.alloc(20, 0xff), 2), '_____________________w')
  })

  it('goes to bytes and back', () => {
    fc.assert(
      fc.property(bytes16, (bytes) => {
        const text = uuidFromBytes(Buffer.from(bytes))
        assert.ok(isUuid(text))
        assert.deepEqual(new Uint8Array(bytesFromUuid(text)), bytes)
      }),
    )
  })

  it('is not any other text', () => {
    for (const text of [
      '',
      'AAAAAAAAAAAAAAAAAAAAA',
      'AAAAAAAAAAAAAAAAAAAAAB',
      'AAAAAAAAAAAAAAAAAAAAA+',
      `${ZERO_UUID}A`,
    ]) {
      assert.equal(isUuid(text), false)
      assert.throws(() => bytesFromUuid(text), RangeError)
    }
  })

  it('is drawn at random as version 4 and never begins with a dash', () => {
    const draws = [Buffer.alloc(16, 0xfb), Buffer.alloc(16, 0x11)]
    const random = { fill: (target: Uint8Array) => (target.set(draws.shift() ?? Buffer.alloc(16)), target) }
    assert.equal(randomUuid(random), uuidFromBytes(Buffer.from('11111111111141119111111111111111', 'hex')))
    assert.deepEqual(draws, [])
  })
})
