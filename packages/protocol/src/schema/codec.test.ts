import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ByteReader, ByteWriter, MalformedMessageError, ZERO_UUID } from '@gregor/base'
import { Heartbeat, type HeartbeatRequest } from '../apis/index.ts'
import {
  UnsupportedVersionError,
  compile,
  decode,
  decodeRequest,
  decodeResponse,
  encode,
  encodeRequest,
  encodeResponse,
} from './codec.ts'
import {
  array,
  boolean,
  bytes,
  int16,
  int32,
  int64,
  int64Big,
  int8,
  records,
  string,
  struct,
  uint32,
  uuid,
} from './field.ts'
import { type Message, type MessageInput, type MessageOf, defineMessage } from './schema.ts'

const Cat = defineMessage({
  name: 'Cat',
  versions: '0-3',
  flexible: '2+',
  fields: {
    name: string({ nullable: '1+' }),
    lives: int8({ default: 9 }),
    whiskers: int16({ versions: '1+', default: -1, ignorable: true }),
    collar: string({ versions: '1-2' }),
    kittens: array({ name: string(), weight: int32({ versions: '3+' }) }, { nullable: '1+' }),
    chip: uuid({ versions: '3+' }),
    owner: struct({ name: string(), cats: array(int32()) }, { versions: '2+', tag: 1 }),
    nickname: string({ versions: '2+', nullable: '2+', default: null, tag: 0 }),
    vet: struct({ name: string() }, { versions: '3+', nullable: '3+', default: null }),
  },
})
type CatInput = MessageInput<typeof Cat>

const encoded = <M extends Message>(message: M, version: number, value: MessageInput<M>): string => {
  const writer = new ByteWriter()
  encode(message, version, value as never, writer)
  return writer.toBuffer().toString('hex')
}
const decoded = <M extends Message>(message: M, version: number, hex: string): MessageOf<M> =>
  decode(message, version, new ByteReader(Buffer.from(hex.replaceAll(' ', ''), 'hex'))) as MessageOf<M>

const tom: CatInput = { name: 'Tom', kittens: [{ name: 'A' }] }
const absent = { collar: '', chip: ZERO_UUID, owner: { name: '', cats: [] }, nickname: null, vet: null }

describe('a codec', () => {
  it('writes classic lengths before the flexible versions', () => {
    assert.equal(encoded(Cat, 0, tom), '0003546f6d' + '09' + '00000001' + '000141')
    assert.equal(encoded(Cat, 1, { ...tom, kittens: null }), '0003546f6d' + '09' + 'ffff' + '0000' + 'ffffffff')
  })

  it('writes compact lengths and tag buffers in flexible versions', () => {
    assert.equal(encoded(Cat, 2, tom), '04546f6d' + '09' + 'ffff' + '01' + '02' + '0241' + '00' + '00')
  })

  it('writes tagged fields in the order of their tags, those at their default not at all', () => {
    const value: CatInput = { ...tom, owner: { name: 'Ann', cats: [] }, nickname: 'T' }
    const tags = '02' + '00' + '02' + '0254' + '01' + '06' + '04416e6e' + '01' + '00'
    assert.equal(encoded(Cat, 2, value), '04546f6d' + '09' + 'ffff' + '01' + '02' + '0241' + '00' + tags)
    const same: CatInput = { ...tom, owner: { name: '', cats: [] }, nickname: null }
    assert.equal(encoded(Cat, 2, same), encoded(Cat, 2, tom))
  })

  it('writes a nullable struct behind a byte that says whether it is there', () => {
    const end = '00000000000000000000000000000000'
    assert.equal(encoded(Cat, 3, { name: null, kittens: [] }), '00' + '09' + 'ffff' + '01' + end + 'ff' + '00')
    const vet: CatInput = { name: null, kittens: [], vet: { name: 'V' } }
    assert.equal(encoded(Cat, 3, vet), '00' + '09' + 'ffff' + '01' + end + '01' + '0256' + '00' + '00')
  })

  it('fills in what a version lacks with defaults', () => {
    assert.deepEqual(decoded(Cat, 0, '0003546f6d 07 00000001 000141'), {
      ...absent,
      name: 'Tom',
      lives: 7,
      whiskers: -1,
      kittens: [{ name: 'A', weight: 0 }],
    })
  })

  it('reads back tagged fields and skips unknown ones', () => {
    assert.deepEqual(decoded(Cat, 2, '00 09 0005 01 01 03 00 02 0254 01 06 04416e6e 01 00 7f 02 ffff'), {
      ...absent,
      name: null,
      lives: 9,
      whiskers: 5,
      kittens: [],
      owner: { name: 'Ann', cats: [] },
      nickname: 'T',
    })
  })

  it('leaves what follows the message alone', () => {
    const reader = new ByteReader(Buffer.from('0000' + '09' + '00000000' + 'ffff', 'hex'))
    decode(Cat, 0, reader)
    assert.equal(reader.remaining, 2)
  })

  it('refuses to lose a value in a version without its field', () => {
    assert.throws(() => encoded(Cat, 0, { ...tom, collar: 'red' }), UnsupportedVersionError)
    assert.throws(() => encoded(Cat, 3, { ...tom, collar: 'red' }), UnsupportedVersionError)
    assert.throws(() => encoded(Cat, 1, { ...tom, nickname: 'T' }), UnsupportedVersionError)
    assert.throws(() => encoded(Cat, 1, { ...tom, owner: { name: 'x', cats: [] } }), UnsupportedVersionError)
    assert.throws(() => encoded(Cat, 2, { ...tom, kittens: [{ name: 'A', weight: 1 }] }), UnsupportedVersionError)
    assert.throws(() => encoded(Cat, 2, { ...tom, vet: { name: '' } }), UnsupportedVersionError)
  })

  it('loses what is ignorable, and what is at its default', () => {
    assert.equal(encoded(Cat, 0, { ...tom, whiskers: 5 }), encoded(Cat, 0, tom))
    assert.equal(encoded(Cat, 0, { ...tom, ...absent, lives: 9 }), encoded(Cat, 0, tom))
  })

  it('refuses null where the version has none', () => {
    assert.throws(() => encoded(Cat, 0, { ...tom, name: null }), UnsupportedVersionError)
    assert.throws(() => encoded(Cat, 0, { ...tom, kittens: null }), UnsupportedVersionError)
    assert.throws(() => decoded(Cat, 0, 'ffff'), MalformedMessageError)
    assert.throws(() => decoded(Cat, 2, '00 09 0000 00 01 00'), MalformedMessageError)
  })

  it('refuses versions without a schema', () => {
    assert.throws(() => compile(Cat, 4), UnsupportedVersionError)
    assert.throws(() => decoded(Cat, -1, '00'), UnsupportedVersionError)
  })

  it('refuses text of more than 32767 bytes', () => {
    assert.throws(() => encoded(Cat, 2, { ...tom, name: 'x'.repeat(32_768) }), RangeError)
    assert.throws(() => decoded(Cat, 2, '818002' + '78'.repeat(32_768)), MalformedMessageError)
  })
})

describe('malformed input', () => {
  it('is refused when a count cannot fit in the bytes that are left', () => {
    assert.throws(() => decoded(Cat, 0, '0000 09 7fffffff 0000'), MalformedMessageError)
    assert.throws(() => decoded(Cat, 0, '0000 09 00000002 0000 00'), MalformedMessageError)
    assert.throws(() => decoded(Cat, 2, '01 09 0000 01 ffffffff0f'), MalformedMessageError)
  })

  it('is refused when a count of elements without bytes exceeds the bytes that are left', () => {
    const Empty = defineMessage({
      name: 'Empty',
      versions: '0-1',
      flexible: 'none',
      fields: { nothing: array({ later: int8({ versions: '1+' }) }) },
    })
    assert.throws(() => decoded(Empty, 0, '7fffffff'), MalformedMessageError)
    assert.deepEqual(decoded(Empty, 0, '00000001 ff'), { nothing: [{ later: 0 }] })
  })

  it('is refused when a count is beyond all reason, though the bytes are there', () => {
    const Flags = defineMessage({ name: 'Flags', versions: '0', flexible: 'none', fields: { flags: array(int8()) } })
    const frame = Buffer.alloc(4 + 2 ** 25 + 1)
    frame.writeInt32BE(2 ** 25 + 1)
    assert.throws(() => decode(Flags, 0, new ByteReader(frame)), MalformedMessageError)
  })

  it('is refused when its arrays have more elements, taken together, than the reader allows', () => {
    const Rows = defineMessage({
      name: 'Rows',
      versions: '0',
      flexible: 'none',
      fields: { rows: array({ cells: array(int8()) }) },
    })
    const frame = Buffer.from('00000002' + '00000002' + '0102' + '00000001' + '03', 'hex')
    const reader = new ByteReader(frame)
    reader.elementsLeft = 5
    assert.deepEqual(decode(Rows, 0, reader), { rows: [{ cells: [1, 2] }, { cells: [3] }] })
    assert.equal(reader.elementsLeft, 0)
    reader.moveTo(0, frame.length)
    reader.elementsLeft = 4
    assert.throws(() => decode(Rows, 0, reader), MalformedMessageError)
  })

  it('is refused when a tagged field is not as long as it says', () => {
    const start = '01 09 0000 01 01 01'
    assert.throws(() => decoded(Cat, 2, `${start} 00 03 0254 00`), MalformedMessageError)
    assert.throws(() => decoded(Cat, 2, `${start} 00 01 0254`), MalformedMessageError)
    assert.throws(() => decoded(Cat, 2, `${start} 00 7f 0254`), MalformedMessageError)
    assert.throws(() => decoded(Cat, 2, `${start} 63 7f 0254`), MalformedMessageError)
  })
})

const Numbers = defineMessage({
  name: 'Numbers',
  versions: '0-1',
  flexible: '1+',
  fields: {
    offset: int64(),
    limit: int64({ versions: '1+', default: 2 ** 63, tag: 0 }),
    since: int64({ versions: '1+', default: -1, ignorable: true }),
    exact: int64Big({ default: 1n }),
  },
})

describe('int64', () => {
  it('is a number, rounded beyond 2^53', () => {
    const value = decoded(Numbers, 0, '0020000000000001' + '0000000000000002')
    assert.deepEqual(value, { offset: 2 ** 53, limit: 2 ** 63, since: -1, exact: 2n })
  })

  it('is a bigint throughout when asked for', () => {
    const codec = compile(Numbers, 1, { int64: 'bigint' })
    const value = { offset: 2n ** 53n + 1n, limit: 2n ** 63n - 1n, since: -(2n ** 63n), exact: 5n }
    const writer = new ByteWriter()
    codec.write(writer, value)
    const bytes = writer.toBuffer()
    assert.equal(bytes.toString('hex'), '0020000000000001' + '8000000000000000' + '0000000000000005' + '00')
    assert.deepEqual(codec.read(new ByteReader(bytes)), value)
  })
})

const Parcel = defineMessage({
  name: 'Parcel',
  versions: '0-1',
  flexible: '1+',
  fields: {
    label: bytes({ versions: '1+' }),
    note: bytes({ nullable: '0+', default: null }),
    content: records({ nullable: '0+' }),
    isOpen: boolean({ default: false }),
  },
})

describe('bytes and records', () => {
  it('are views when read', () => {
    const frame = Buffer.from('ffffffff' + '00000002' + '0102' + '01', 'hex')
    const { label, note, content, isOpen } = decode(Parcel, 0, new ByteReader(frame))
    assert.deepEqual([label.length, note, content, isOpen], [0, null, Buffer.from([1, 2]), true])
    assert.equal(content?.buffer, frame.buffer)
  })

  it('are appended without copying when written, from one buffer or several', () => {
    const large = Buffer.alloc(1_000, 7)
    const writer = new ByteWriter()
    encode(Parcel, 1, { content: [Buffer.from([1]), large] }, writer)
    const parts = writer.finish()
    assert.equal(parts[1], large)
    assert.equal(Buffer.concat(parts).toString('hex'), '01' + '00' + 'ea07' + '01' + '07'.repeat(1_000) + '00' + '00')
    assert.equal(encoded(Parcel, 0, { note: Buffer.from([5]), content: null }), '0000000105' + 'ffffffff' + '00')
  })
})

const Tagged = defineMessage({
  name: 'Tagged',
  versions: '0',
  flexible: '0+',
  fields: {
    classic: struct({ name: string() }, { nullable: '0+', default: null, tag: 0 }),
    epochs: array(int32(), { nullable: '0+', tag: 3 }),
  },
})

describe('nullable tagged fields', () => {
  it('write a struct behind a varint, and null where that is not the default', () => {
    assert.equal(encoded(Tagged, 0, {}), '00')
    assert.equal(encoded(Tagged, 0, { classic: { name: 'a' } }), '01' + '00' + '04' + '01' + '0261' + '00')
    assert.equal(encoded(Tagged, 0, { epochs: null }), '01' + '03' + '01' + '00')
  })

  it('read back', () => {
    assert.deepEqual(decoded(Tagged, 0, '02 00 04 01 0261 00 03 01 00'), { classic: { name: 'a' }, epochs: null })
    assert.deepEqual(decoded(Tagged, 0, '01 00 01 00'), { classic: null, epochs: [] })
  })
})

describe('the codecs of an API', () => {
  it('read and write its requests and responses', () => {
    const writer = new ByteWriter()
    encodeRequest(Heartbeat, 0, { groupId: 'g', generationId: 1, memberId: 'm' }, writer)
    encodeResponse(Heartbeat, 0, { errorCode: 27 }, writer)
    const reader = new ByteReader(writer.toBuffer())
    const request: HeartbeatRequest = decodeRequest(Heartbeat, 0, reader)
    assert.deepEqual(request, { groupId: 'g', generationId: 1, memberId: 'm', groupInstanceId: null })
    assert.deepEqual(decodeResponse(Heartbeat, 0, reader), { throttleTimeMs: 0, errorCode: 27 })
    assert.equal(reader.remaining, 0)
  })
})

describe('a value that is at its default', () => {
  const Defaults = defineMessage({
    name: 'Defaults',
    versions: '0-1',
    flexible: '1+',
    fields: {
      count: uint32({ versions: '1+', default: 4_000_000_000 }),
      maybe: records({ versions: '1+', nullable: '1+' }),
      always: records({ versions: '1+' }),
      exact: int64Big({ versions: '1+' }),
      name: string({ versions: '1+', nullable: '1+' }),
    },
  })

  it('may be given in a version without its field', () => {
    const defaults = { count: 4_000_000_000, maybe: null, always: Buffer.alloc(0), exact: 0n, name: '' }
    assert.equal(encoded(Defaults, 0, defaults), '')
    assert.deepEqual(decoded(Defaults, 0, ''), defaults)
    assert.equal(encoded(Defaults, 0, { always: [] }), '')
  })

  it('is not one of another kind that is empty, too', () => {
    assert.throws(() => encoded(Defaults, 0, { maybe: Buffer.alloc(0) }), UnsupportedVersionError)
    assert.throws(() => encoded(Defaults, 0, { name: null }), UnsupportedVersionError)
    assert.throws(() => encoded(Defaults, 0, { exact: 1n }), UnsupportedVersionError)
  })
})
