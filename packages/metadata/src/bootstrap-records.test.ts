import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bootstrapRecords } from './bootstrap-records.ts'

describe('bootstrapRecords', () => {
  it('name metadata.version first, then the others in order, without level 0 and without kraft.version', () => {
    const levels = new Map([
      ['transaction.version', 2],
      ['group.version', 1],
      ['share.version', 0],
      ['kraft.version', 1],
      ['metadata.version', 7],
    ])
    assert.deepEqual(bootstrapRecords(30, levels), [
      { type: 'FeatureLevelRecord', version: 0, name: 'metadata.version', featureLevel: 30 },
      { type: 'FeatureLevelRecord', version: 0, name: 'group.version', featureLevel: 1 },
      { type: 'FeatureLevelRecord', version: 0, name: 'transaction.version', featureLevel: 2 },
    ])
  })
})
