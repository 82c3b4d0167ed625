import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  boolean,
  bytes,
  float32,
  float64,
  int16,
  int32,
  int64,
  int64Big,
  json,
  nothing,
  type Serde,
  type SerdeContext,
  SerdeError,
  string,
  topic,
  uuid,
} from './index.ts'

const context: SerdeContext = { topic: 'orders', part: 'value', headers: [] }

function hex<T>(serde: Serde<T, unknown>, value: T): string | undefined {
  const written = serde.serialize(value, context)
  return written === null ? undefined : Buffer.from(written).toString('hex')
}

function read<T>(serde: Serde<never, T>, text: string): T | null {
  return serde.deserialize(Buffer.from(text, 'hex'), context)
}

function refuses(action: () => unknown, message: string): void {
  assert.throws(action, (error) => {
    assert.ok(error instanceof SerdeError)
    assert.equal(error.message, message)
    return true
  })
}

describe('what is written', () => {
  // As Java’s serializers write it; more of it in the conformance suite client-vectors.
  it('is UTF-8 for text, with ? for half a surrogate pair', () => {
    assert.equal(hex(string(), 'Zürich 🦋'), '5ac3bc7269636820f09fa68b')
    assert.equal(hex(string(), ''), '')
    assert.equal(hex(string(), 'a\ud83eb\udd8b'), '613f623f')
  })
  it('is fixed in width for whole numbers, most significant byte first', () => {
    assert.equal(hex(int16(), -2), 'fffe')
    assert.equal(hex(int32(), 258), '00000102')
    assert.equal(hex(int64(), -1), 'ffffffffffffffff')
    assert.equal(hex(int64(), Number.MAX_SAFE_INTEGER), '001fffffffffffff')
    assert.equal(hex(int64Big(), -(2n ** 63n)), '8000000000000000')
  })
  it('is IEEE 754 for others, and one byte for booleans', () => {
    assert.equal(hex(float32(), 0.1), '3dcccccd')
    assert.equal(hex(float64(), -0), '8000000000000000')
    assert.equal(hex(boolean(), true), '01')
    assert.equal(hex(boolean(), false), '00')
  })
  it('is text for UUIDs, in lower case', () => {
    const written = uuid().serialize('123E4567-E89B-12D3-A456-426614174000', context)
    assert.equal(String(written), '123e4567-e89b-12d3-a456-426614174000')
  })
  it('is the same object for bytes', () => {
    const given = Uint8Array.of(1, 2)
    assert.equal(bytes().serialize(given, context), given)
  })
})

describe('what does not fit', () => {
  it('is not written', () => {
    refuses(() => hex(int16(), 32_768), '32768 is no int16: a whole number from -32768 to 32767 is')
    refuses(() => hex(int32(), 0.5), '0.5 is no int32: a whole number from -2147483648 to 2147483647 is')
    refuses(
      () => hex(int64(), 2 ** 53),
      '9007199254740992 is no int64: a whole number from -9007199254740991 to 9007199254740991 is',
    )
    refuses(() => hex(int64Big(), 2n ** 63n), '9223372036854775808 is no bigint from -2^63 to 2^63 - 1')
    refuses(() => hex(float64(), '1' as never), '1 is no number')
    refuses(() => hex(boolean(), 1 as never), '1 is no boolean')
    refuses(() => hex(string(), 1 as never), 'number is no text')
    refuses(() => hex(bytes(), 'a' as never), 'string is no Uint8Array')
    refuses(() => hex(nothing(), 'a' as never), 'a was given where there is to be nothing')
    refuses(
      () => hex(uuid(), '123e4567'),
      '"123e4567" is no UUID of 36 characters, such as 123e4567-e89b-12d3-a456-426614174000',
    )
  })
  it('is not read', () => {
    refuses(() => read(int32(), '000102'), '3 bytes are no int32, which has 4')
    refuses(() => read(int64(), '0020000000000000'), '9007199254740992 is not exact as a number: read it with int64Big')
    refuses(() => read(boolean(), '02'), 'byte 2 is no boolean: 0 and 1 are')
    refuses(() => read(nothing(), '00'), '1 bytes were found where there is to be nothing')
  })
})

describe('null', () => {
  const all = [
    string(),
    uuid(),
    int16(),
    int32(),
    int64(),
    int64Big(),
    float32(),
    float64(),
    boolean(),
    bytes(),
    json(),
    nothing(),
  ]
  it('is null both ways', () => {
    for (const serde of all) {
      assert.equal(serde.serialize(null, context), null)
      assert.equal(serde.deserialize(null, context), null)
    }
  })
})

describe('what is read', () => {
  function returns<T>(serde: Serde<T>, values: fc.Arbitrary<T>): void {
    fc.assert(
      fc.property(values, (value) => {
        const written = serde.serialize(value, context)
        assert.deepEqual(serde.deserialize(Buffer.from(written ?? ''), context), value)
      }),
    )
  }
  it('is what was written', () => {
    returns(string(), fc.string({ unit: 'grapheme' }))
    returns(int16(), fc.integer({ min: -0x8000, max: 0x7fff }))
    returns(int32(), fc.integer())
    returns(int64(), fc.maxSafeInteger())
    returns(int64Big(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))
    returns(float32(), fc.float())
    returns(float64(), fc.double())
    returns(boolean(), fc.boolean())
    returns(uuid(), fc.uuid())
    returns(
      json<unknown>(),
      fc
        .json()
        .map((text) => JSON.parse(text) as unknown)
        .filter((value) => value !== null),
    )
  })
  it('is a view for bytes', () => {
    const fetched = Buffer.from([1, 2, 3])
    assert.equal(bytes().deserialize(fetched, context), fetched)
  })
  it('has U+FFFD where text is not UTF-8', () => assert.equal(read(string(), '61ff62'), 'a\ufffdb'))
})

describe('JSON', () => {
  /** A schema as libraries make them: text to a number. */
  const amount = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value: unknown) =>
        typeof value === 'object' && value !== null && 'amount' in value && typeof value.amount === 'string'
          ? { value: { amount: Number(value.amount) } }
          : {
              issues: [
                { message: 'expected text', path: ['amount'] },
                { message: 'try again', path: [{ key: 'a' }, 0] },
              ],
            },
      types: undefined as undefined | { readonly input: { amount: string }; readonly output: { amount: number } },
    },
  } as const

  it('is read as the schema makes it, and written as it was given', () => {
    const serde = json(amount)
    assert.equal(String(serde.serialize({ amount: '12' }, context)), '{"amount":"12"}')
    assert.deepEqual(serde.deserialize(Buffer.from('{"amount":"12"}'), context), { amount: 12 })
  })
  it('is refused with all that the schema finds, both ways', () => {
    const message = 'amount: expected text; a.0: try again'
    refuses(() => json(amount).serialize({ amount: 12 as never }, context), message)
    refuses(() => json(amount).deserialize(Buffer.from('{"amount":12}'), context), message)
  })
  it('names a problem without a place by its message alone', () => {
    const never = {
      '~standard': { version: 1, vendor: 'test', validate: () => ({ issues: [{ message: 'no' }] }) },
    } as const
    refuses(() => json(never).serialize('a', context), 'no')
  })
  it('wants a schema that answers at once', () => {
    const later = {
      '~standard': { version: 1, vendor: 'test', validate: () => Promise.reject(new Error('late')) },
    } as const
    refuses(() => json(later).serialize('a', context), 'the schema answers later: one that validates at once is needed')
  })
  it('is refused where there is none', () => {
    refuses(() => json<unknown>().serialize(() => 1, context), 'function has no JSON')
    assert.throws(() => json<unknown>().serialize(1n, context), SerdeError)
    assert.throws(() => json().deserialize(Buffer.from('{'), context), SerdeError)
  })
})

describe('a topic', () => {
  it('has bytes for keys and values unless it is told', () => {
    const { name, key, value } = topic('orders', { value: string() })
    assert.equal(name, 'orders')
    assert.equal(value, string())
    assert.equal(key, bytes())
    assert.equal(topic('orders').value, bytes())
  })
  it('has a name that Kafka allows', () => {
    for (const name of ['', 'a b', '..', '.', 'ä', 'x'.repeat(250)]) {
      assert.throws(() => topic(name), { name: 'TypeError', message: /is no name of a topic/ })
    }
    assert.equal(topic('a.B_c-9').name, 'a.B_c-9')
  })
})
