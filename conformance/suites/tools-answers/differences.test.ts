import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'

import { meantDifferences } from './tool-line.ts'

const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'compatibility.md'), 'utf8')

describe('what differs from Apache Kafka’s tools', () => {
  for (const [name, sentence] of Object.entries(meantDifferences)) {
    it(`is told of in docs/compatibility.md: ${name}`, () => {
      assert.ok(page.includes(`| ${sentence} |`), sentence)
    })
  }
})
