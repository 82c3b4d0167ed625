import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'

import { referencePages } from './reference.ts'

const pages = await referencePages()

describe('the reference', () => {
  for (const [name, text] of pages) {
    it(`has a page ${name} that says what the code says (npm run docs)`, () => {
      assert.equal(readFileSync(join(import.meta.dirname, '..', 'docs', 'reference', name), 'utf8'), text)
    })
  }
})
