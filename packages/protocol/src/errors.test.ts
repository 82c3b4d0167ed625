import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errorAdvice, errorCode, errorMessage, errorName, isRetriable, protocolErrors } from './errors.ts'

describe('the error table', () => {
  it('has every code from -1 to 133 once, in order', () => {
    const codes = Object.values(protocolErrors).map((entry) => entry.code)
    assert.deepEqual(
      codes,
      Array.from({ length: 135 }, (_, index) => index - 1),
    )
  })

  it('goes from names to codes and back', () => {
    assert.equal(errorCode('NONE'), 0)
    assert.equal(errorCode('UNKNOWN_SERVER_ERROR'), -1)
    assert.equal(errorCode('UNSUPPORTED_VERSION'), 35)
    assert.equal(errorCode('UNKNOWN_TOPIC_ID'), 100)
    assert.equal(errorName(3), 'UNKNOWN_TOPIC_OR_PARTITION')
    assert.equal(errorName(-1), 'UNKNOWN_SERVER_ERROR')
  })

  it('reads codes it does not have as UNKNOWN_SERVER_ERROR', () => {
    assert.equal(errorName(134), 'UNKNOWN_SERVER_ERROR')
    assert.equal(errorName(-2), 'UNKNOWN_SERVER_ERROR')
  })

  it('says what may pass', () => {
    assert.equal(isRetriable('NOT_LEADER_OR_FOLLOWER'), true)
    assert.equal(isRetriable('MESSAGE_TOO_LARGE'), false)
    assert.equal(isRetriable('REBALANCE_IN_PROGRESS'), false)
  })

  it('has a sentence and an advice for each', () => {
    for (const name of ['NONE', 'OFFSET_OUT_OF_RANGE', 'PRODUCER_FENCED'] as const) {
      assert.match(errorMessage(name), /^[A-Z].*\.$/)
      assert.match(errorAdvice(name), /^[A-Z].*\.$/)
    }
  })
})
