import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { MalformedMessageError } from '@gregor/base'

import { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from './consumer-protocol.ts'

describe('a subscription', () => {
  const hex = '000300000002000161000162ffffffff0000000000000004000172'

  it('has the bytes that Apache Kafka writes', () => {
    const bytes = encodeSubscription({ topics: ['a', 'b'], ownedPartitions: [], generationId: 4, rackId: 'r' })
    assert.equal(bytes.toString('hex'), hex)
  })

  it('is read back', () => {
    assert.deepEqual(decodeSubscription(Buffer.from(hex, 'hex')), {
      topics: ['a', 'b'],
      userData: null,
      ownedPartitions: [],
      generationId: 4,
      rackId: 'r',
    })
  })

  it('of an older version leaves out what came later', () => {
    const bytes = encodeSubscription({ topics: ['a'], generationId: 4, rackId: 'r' }, 0)
    assert.equal(bytes.toString('hex'), '000000000001000161ffffffff')
    assert.deepEqual(decodeSubscription(bytes), {
      topics: ['a'],
      userData: null,
      ownedPartitions: [],
      generationId: -1,
      rackId: null,
    })
  })

  it('of a newer version is read as far as it is known', () => {
    assert.equal(decodeSubscription(Buffer.from(`0009${hex.slice(4)}112233`, 'hex')).rackId, 'r')
  })

  it('of a negative version is malformed', () => {
    assert.throws(() => decodeSubscription(Buffer.from('ffff00000000ffffffff', 'hex')), MalformedMessageError)
  })
})

describe('an assignment', () => {
  it('has the bytes that Apache Kafka writes', () => {
    const bytes = encodeAssignment({ assignedPartitions: [], userData: Buffer.from([9]) }, 0)
    assert.equal(bytes.toString('hex'), '0000000000000000000109')
  })

  it('is read back', () => {
    const assignedPartitions = [{ topic: 't', partitions: [0, 2] }]
    assert.deepEqual(decodeAssignment(encodeAssignment({ assignedPartitions })), { assignedPartitions, userData: null })
  })

  it('that is empty is malformed', () => {
    assert.throws(() => decodeAssignment(Buffer.alloc(0)), MalformedMessageError)
  })
})
