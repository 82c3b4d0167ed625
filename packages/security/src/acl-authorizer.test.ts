import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokerConfig, ConfigError } from '@gregor/config'
import { AclAuthorizer, authorizerFromConfig } from './acl-authorizer.ts'
import { allowAll } from './authorizer.ts'
import type { Principal } from './principal.ts'

const user = (name: string): Principal => ({ type: 'User', name, tokenAuthenticated: false })
const topic = (name: string) => ({ type: 'TOPIC', name }) as const
const host = '10.0.0.1'

// 2 topic, 3 literal, 3 READ, 3 ALLOW
const annReadsOrders = {
  resourceType: 2,
  resourceName: 'orders',
  patternType: 3,
  principal: 'User:ann',
  host: '*',
  operation: 3,
  permissionType: 3,
}

function authorizer(allowsWhereNoneSpeaks = false): AclAuthorizer {
  const made = new AclAuthorizer({ superUsers: ['User:root'], allowsWhereNoneSpeaks })
  made.load([annReadsOrders])
  return made
}

describe('an authorizer with ACLs', () => {
  it('lets in whom they let in', () => {
    assert.equal(authorizer().allows(user('ann'), host, 'READ', topic('orders')), true)
    assert.equal(authorizer().allows(user('ann'), host, 'WRITE', topic('orders')), false)
    assert.equal(authorizer().allows(user('bob'), host, 'READ', topic('orders')), false)
  })

  it('keeps the names that are allowed, in their order', () => {
    const names = ['x', 'orders', 'y']
    assert.deepEqual(authorizer().allowedOf(user('ann'), host, 'READ', { type: 'TOPIC', names }), ['orders'])
    assert.deepEqual(authorizer(true).allowedOf(user('bob'), host, 'READ', { type: 'TOPIC', names }), ['x', 'y'])
  })

  it('lets super users do everything', () => {
    assert.equal(authorizer().allows(user('root'), host, 'ALTER', { type: 'CLUSTER', name: 'kafka-cluster' }), true)
    assert.equal(authorizer().allowsAny(user('root'), host, 'WRITE', 'TOPIC'), true)
  })

  it('lets only super users in before it was given the ACLs', () => {
    const fresh = new AclAuthorizer({ superUsers: ['User:root'], allowsWhereNoneSpeaks: true })
    assert.equal(fresh.allows(user('ann'), host, 'READ', topic('orders')), false)
    assert.equal(fresh.allowsAny(user('ann'), host, 'READ', 'TOPIC'), false)
    assert.equal(fresh.allows(user('root'), host, 'READ', topic('orders')), true)
  })

  it('forgets ACLs that are no longer among them', () => {
    const changed = authorizer()
    changed.load([])
    assert.equal(changed.allows(user('ann'), host, 'READ', topic('orders')), false)
  })

  it('says whether there is anything that may be read or written', () => {
    assert.equal(authorizer().allowsAny(user('ann'), host, 'READ', 'TOPIC'), true)
    assert.equal(authorizer().allowsAny(user('ann'), host, 'WRITE', 'TOPIC'), false)
    assert.equal(authorizer(true).allowsAny(user('bob'), host, 'WRITE', 'GROUP'), true)
  })

  it('names what is allowed by its bits: READ is 3, DESCRIBE 8', () => {
    assert.equal(authorizer().authorizedOperations(user('ann'), host, topic('orders')), 0b1_0000_1000)
    assert.equal(authorizer().authorizedOperations(user('bob'), host, topic('orders')), 0)
  })
})

describe('authorizerFromConfig', () => {
  const from = (properties: Readonly<Record<string, string>>) =>
    authorizerFromConfig(BrokerConfig.load({ properties: new Map(Object.entries(properties)) }))
  const standard = 'org.apache.kafka.metadata.authorizer.StandardAuthorizer'

  it('lets everybody do everything unless one is named', () => {
    assert.equal(from({}), allowAll)
  })

  it("makes Kafka's, with its super users, under its old names too", () => {
    for (const name of [standard, 'kafka.security.authorizer.AclAuthorizer']) {
      const made = from({ 'authorizer.class.name': name, 'super.users': 'User:root; User:admin;' })
      assert.ok(made instanceof AclAuthorizer)
      assert.equal(made.allows(user('admin'), host, 'READ', topic('x')), true)
    }
  })

  it('refuses a class that does not exist here and a super user who is no principal', () => {
    assert.throws(() => from({ 'authorizer.class.name': 'com.example.Mine' }), ConfigError)
    assert.throws(
      () => from({ 'authorizer.class.name': standard, 'super.users': 'root' }),
      /"root" is no principal; write User:name/,
    )
  })
})
