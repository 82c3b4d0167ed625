import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { NetworkError } from '@gregor/platform'
import * as errors from './errors.ts'

const { ClosedError, ConnectionError, KafkaError, TimeoutError, isRetriable } = errors

describe('KafkaError', () => {
  it('says what happened and what to do, and about what', () => {
    const error = new KafkaError({ code: 'UNKNOWN_TOPIC_OR_PARTITION', about: 'topic orders' })
    assert.equal(
      error.message,
      'topic orders: This node has no such topic or partition. Refresh metadata; when it stays, create the topic or check its name.',
    )
    assert.equal(error.code, 'UNKNOWN_TOPIC_OR_PARTITION')
  })

  for (const [code, retriable, fatal, abortable] of [
    ['NOT_LEADER_OR_FOLLOWER', true, false, false],
    ['PRODUCER_FENCED', false, true, false],
    ['TRANSACTION_ABORTABLE', false, false, true],
    ['TOPIC_AUTHORIZATION_FAILED', false, false, true],
    ['INVALID_CONFIG', false, false, false],
  ] as const) {
    it(`knows of ${code} whether to try again, to abort, or to end`, () => {
      const error = new KafkaError({ code })
      assert.deepEqual([error.retriable, error.fatal, error.abortable], [retriable, fatal, abortable])
    })
  }

  it('lets who throws know better than the code', () => {
    const error = new KafkaError({ code: 'INVALID_PRODUCER_EPOCH', fatal: false, abortable: true })
    assert.deepEqual([error.fatal, error.abortable], [false, true])
  })
})

describe('isRetriable', () => {
  it('is true of what broke on the way, not of what was closed or of strangers', () => {
    const network = new NetworkError({ code: 'ECONNREFUSED', host: 'h', port: 1, operation: 'connect' })
    for (const error of [new ConnectionError('x'), new TimeoutError('x'), network])
      assert.equal(isRetriable(error), true)
    for (const error of [new ClosedError('x'), new Error('x'), undefined, 'x']) assert.equal(isRetriable(error), false)
  })
})

describe('clientErrors', () => {
  it('has a row for every class that is exported here', () => {
    const classes = Object.entries(errors).flatMap(([name, value]) =>
      typeof value === 'function' && value.prototype instanceof Error ? [name] : [],
    )
    assert.deepEqual(Object.keys(errors.clientErrors).toSorted(), classes.toSorted())
  })

  it('says of each class what its instances say', () => {
    const made: Readonly<Record<string, Error>> = {
      AuthenticationError: new errors.AuthenticationError('x'),
      UnsupportedVersionError: new errors.UnsupportedVersionError('x'),
      RecordTooLargeError: new errors.RecordTooLargeError('x'),
      DeliveryTimeoutError: new errors.DeliveryTimeoutError('x'),
      BufferFullError: new errors.BufferFullError('x'),
      TransactionAbortedError: new errors.TransactionAbortedError('x'),
      CommitFailedError: new errors.CommitFailedError('x'),
      NoOffsetError: new errors.NoOffsetError('x'),
      CorruptRecordError: new errors.CorruptRecordError({ topic: 't', partition: 0, offset: 1, nextOffset: 2 }, 'x'),
      LogTruncationError: new errors.LogTruncationError({ topic: 't', partition: 0, position: 2, divergentOffset: 1 }),
      OffsetOutOfRangeError: new errors.OffsetOutOfRangeError({ topic: 't', partition: 0, offset: 1 }),
      SerializationError: new errors.SerializationError('x'),
      ConnectionError: new ConnectionError('x'),
      TimeoutError: new TimeoutError('x'),
      ClosedError: new ClosedError('x'),
      ConfigError: new errors.ConfigError([]),
    }
    for (const [name, { retriable }] of Object.entries(errors.clientErrors)) {
      if (name === 'KafkaError') continue
      assert.equal(made[name]?.name, name)
      assert.equal(isRetriable(made[name]) ? 'yes' : 'no', retriable, name)
    }
  })
})
