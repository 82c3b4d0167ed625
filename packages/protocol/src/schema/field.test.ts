import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { array, boolean, bytes, int16, int32, int64, int64Big, records, string, struct, uuid } from './field.ts'
import { type MessageInput, type MessageOf, defineMessage } from './schema.ts'

const Sample = defineMessage({
  name: 'Sample',
  versions: '0-3',
  flexible: 'none',
  fields: {
    id: int32(),
    name: string({ nullable: '1+' }),
    epoch: int64({ default: -1 }),
    exact: int64Big(),
    topicId: uuid({ versions: '2+' }),
    isOpen: boolean({ versions: '1+', default: true }),
    tags: array(string(), { nullable: '0+', default: null }),
    topics: array({ partitions: array(int32()), errorCode: int16() }),
    leader: struct({ id: int32(), epoch: int32({ default: -1 }) }, { versions: '3+', tag: 0 }),
    token: bytes({ nullable: '0+' }),
    records: records(),
  },
})

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const isTrue = <T extends true>(value: T): void => assert.equal(value, true)

interface Decoded {
  readonly id: number
  readonly name: string | null
  readonly epoch: number
  readonly exact: bigint
  readonly topicId: string
  readonly isOpen: boolean
  readonly tags: readonly string[] | null
  readonly topics: readonly { readonly partitions: readonly number[]; readonly errorCode: number }[]
  readonly leader: { readonly id: number; readonly epoch: number }
  readonly token: Buffer | null
  readonly records: Buffer
}

interface Input {
  readonly id: number
  readonly name: string | null
  readonly epoch?: number | undefined
  readonly exact: bigint
  readonly topicId?: string | undefined
  readonly isOpen?: boolean | undefined
  readonly tags?: readonly string[] | null | undefined
  readonly topics: readonly { readonly partitions: readonly number[]; readonly errorCode: number }[]
  readonly leader?: { readonly id: number; readonly epoch?: number | undefined } | undefined
  readonly token: Uint8Array | null
  readonly records: Uint8Array | readonly Uint8Array[]
}

type Mutual<A, B> = A extends B ? (B extends A ? true : false) : false

describe('the types derived from a schema', () => {
  it('have every field when decoded', () => {
    isTrue<Equal<keyof MessageOf<typeof Sample>, keyof Decoded>>(true)
    isTrue<Mutual<MessageOf<typeof Sample>, Decoded>>(true)
    isTrue<Mutual<Required<MessageOf<typeof Sample>>, MessageOf<typeof Sample>>>(true)
  })

  it('let fields with a default, a tag or versions of their own be left out when encoded', () => {
    isTrue<Mutual<MessageInput<typeof Sample>, Input>>(true)
    const value: MessageInput<typeof Sample> = { id: 1, name: null, exact: 1n, topics: [], token: null, records: [] }
    // @ts-expect-error: `id` has no default
    const incomplete: MessageInput<typeof Sample> = { name: null, exact: 1n, topics: [], token: null, records: [] }
    assert.ok(value.id !== incomplete.id)
  })
})

describe('a field', () => {
  it('must be left out or given as its type says', () => {
    assert.deepEqual(int32({ versions: '1-3', default: 7, ignorable: true }), {
      type: 'int32',
      versions: { min: 1, max: 3 },
      nullable: undefined,
      default: 7,
      ignorable: true,
      tag: undefined,
      flexible: true,
      sensitive: false,
      element: undefined,
      fields: undefined,
      presence: 'optional',
    })
    assert.equal(int32().presence, 'required')
    assert.equal(string({ tag: 1 }).presence, 'optional')
    assert.equal(string({ versions: '1+' }).presence, 'optional')
  })

  it('of an array of structs holds a struct', () => {
    const field = array({ type: int32() })
    assert.equal(field.element?.type, 'struct')
    assert.equal(field.element?.fields?.['type']?.type, 'int32')
  })
})
