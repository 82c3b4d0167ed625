import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConnectionResources } from './connection-resources.ts'

describe('ConnectionResources', () => {
  it('makes one receive buffer, of 1 MiB, when it is first asked for', () => {
    const resources = new ConnectionResources()
    assert.equal(resources.shared.length, 1_048_576)
    assert.equal(resources.shared, resources.shared)
  })
})
