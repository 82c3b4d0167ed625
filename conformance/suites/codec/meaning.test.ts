/** Tests of the comparison: what it must see, and what it must pass over. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { array, boolean, bytes, defineMessage, float64, int32, int64, string, struct, uuid } from '@gregor/protocol'

import { meaningDifference } from './meaning.ts'

const { fields } = defineMessage({
  name: 'Example',
  versions: '0-1',
  flexible: 'none',
  fields: {
    epoch: int64(),
    name: string({ nullable: '0+' }),
    parts: array({ index: int32(), isLast: boolean() }),
    detail: struct({ content: bytes(), ratio: float64(), id: uuid() }),
    later: int32({ versions: '1+', default: -1 }),
  },
})
const ours = {
  epoch: 9_223_372_036_854_775_807n,
  name: null,
  parts: [{ index: 3, isLast: true }],
  detail: { content: Buffer.from([1, 255]), ratio: 0.5, id: 'AAECAwQFBgcICQoLDA0ODw' },
  later: -1,
}
const theirs = {
  epoch: '9223372036854775807',
  name: null as string | null,
  parts: [{ index: '3', isLast: 'true' }],
  detail: { content: '01ff', ratio: '3fe0000000000000', id: 'AAECAwQFBgcICQoLDA0ODw' },
  later: '-1' as string | undefined,
}

function differenceTo(changed: object, version = 0): string | undefined {
  return meaningDifference(fields, version, {
    ours,
    theirs: JSON.stringify({ ...theirs, ...changed }),
    renamed: undefined,
  })
}

describe('meaningDifference', () => {
  it('finds none where all is the same', () => {
    assert.equal(differenceTo({}), undefined)
  })

  it('sees one off in the last of 64 bits', () => {
    assert.equal(
      differenceTo({ epoch: '9223372036854775806' }),
      '.epoch is "9223372036854775807" here, "9223372036854775806" there',
    )
  })

  it('tells null from empty', () => {
    assert.equal(differenceTo({ name: '' }), '.name is null here, "" there')
  })

  it('looks into arrays and structs', () => {
    assert.equal(
      differenceTo({ parts: [{ index: '3', isLast: 'false' }] }),
      '.parts[0].isLast is "true" here, "false" there',
    )
    assert.equal(differenceTo({ parts: [] }), '.parts has 1 elements here, not so [] there')
    assert.equal(
      differenceTo({ detail: { ...theirs.detail, content: '01' } }),
      '.detail.content is "01ff" here, "01" there',
    )
    assert.equal(
      differenceTo({ detail: { ...theirs.detail, ratio: '0' } }),
      '.detail.ratio is "3fe0000000000000" here, "0" there',
    )
  })

  it('compares the default of a field that does not travel', () => {
    assert.equal(differenceTo({ later: '0' }), '.later is "-1" here, "0" there')
  })

  it('passes over such a field where Java has not got it, and misses it where it travels', () => {
    assert.equal(differenceTo({ later: undefined }), undefined)
    assert.equal(differenceTo({ later: undefined }, 1), '.later is unknown there')
  })

  it('sees a field under another name', () => {
    assert.equal(differenceTo({ epoch: undefined, term: '9223372036854775807' }), '.epoch is unknown there')
    const renamed = { epoch: 'term' }
    const { epoch, ...rest } = theirs
    const json = JSON.stringify({ ...rest, term: epoch })
    assert.equal(meaningDifference(fields, 0, { ours, theirs: json, renamed }), undefined)
  })
})
