import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { allowAll } from './authorizer.ts'
import { anonymous, principalFromText, textFromPrincipal } from './principal.ts'

describe('allowAll', () => {
  it('allows everything', () => {
    assert.equal(allowAll.allows(anonymous, '127.0.0.1', 'ALTER', { type: 'CLUSTER', name: 'kafka-cluster' }), true)
    assert.equal(allowAll.allowsAny(anonymous, '127.0.0.1', 'WRITE', 'TOPIC'), true)
    const names = ['a', 'b']
    assert.deepEqual(allowAll.allowedOf(anonymous, '127.0.0.1', 'READ', { type: 'TOPIC', names }), names)
  })

  it('names the operations of each type of resource by their bits', () => {
    const bits = (type: 'TOPIC' | 'GROUP' | 'CLUSTER' | 'TRANSACTIONAL_ID') =>
      allowAll.authorizedOperations(anonymous, '127.0.0.1', { type, name: 'x' })
    // 3 READ, 4 WRITE, 5 CREATE, 6 DELETE, 7 ALTER, 8 DESCRIBE, 10 DESCRIBE_CONFIGS, 11 ALTER_CONFIGS
    assert.equal(bits('TOPIC'), 0b1101_1111_1000)
    // 3 READ, 6 DELETE, 8 DESCRIBE, 10, 11
    assert.equal(bits('GROUP'), 0b1101_0100_1000)
    // 5 CREATE, 7 ALTER, 8 DESCRIBE, 9 CLUSTER_ACTION, 10, 11, 12 IDEMPOTENT_WRITE
    assert.equal(bits('CLUSTER'), 0b1_1111_1010_0000)
    // 4 WRITE, 8 DESCRIBE, 15 TWO_PHASE_COMMIT
    assert.equal(bits('TRANSACTIONAL_ID'), 0b1000_0001_0001_0000)
  })
})

describe('a principal as text', () => {
  it('is its type and its name', () => {
    assert.equal(textFromPrincipal(anonymous), 'User:ANONYMOUS')
    assert.deepEqual(principalFromText('User:CN=a:b'), { type: 'User', name: 'CN=a:b', tokenAuthenticated: false })
    for (const bad of ['alice', ':alice', 'User:', '']) assert.equal(principalFromText(bad), undefined)
  })
})
