import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CreateAcls, DescribeAcls, errorCode } from '@gregor/protocol'
import { operationCodes, patternTypeCodes, permissionTypeCodes, resourceTypeCodes } from '@gregor/security'
import { BrokerFixture } from '../broker-fixture.ts'

const acl = {
  resourceType: resourceTypeCodes.TOPIC,
  resourceName: 't',
  resourcePatternType: patternTypeCodes.LITERAL,
  principal: 'User:ann',
  host: '*',
  operation: operationCodes.READ,
  permissionType: permissionTypeCodes.ALLOW,
}
const any = {
  resourceTypeFilter: 1,
  resourceNameFilter: null,
  patternTypeFilter: 1,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
}
const secured = {
  properties: {
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:admin',
  },
}
const admin = { principal: { type: 'User', name: 'admin', tokenAuthenticated: false } }

describe('DescribeAcls', () => {
  it('gathers the entries that a filter means by their resource', async () => {
    await using fixture = await BrokerFixture.start(secured)
    const creations = [acl, { ...acl, principal: 'User:bob' }, { ...acl, resourceName: 'u' }]
    await fixture.call(CreateAcls, { creations }, admin)
    const all = await fixture.call(DescribeAcls, any, admin)
    assert.deepEqual(
      all.resources.map(({ resourceName, acls }) => [resourceName, acls.length]),
      [
        ['t', 2],
        ['u', 1],
      ],
    )
    const bobs = await fixture.call(DescribeAcls, { ...any, principalFilter: 'User:bob' }, admin)
    assert.deepEqual(
      bobs.resources.map(({ resourceName, acls }) => [resourceName, acls.map(({ principal }) => principal)]),
      [['t', ['User:bob']]],
    )
  })

  it('refuses whoever may not know, what it does not know, and a node without an authorizer', async () => {
    await using fixture = await BrokerFixture.start(secured)
    const denied = await fixture.call(DescribeAcls, any)
    assert.deepEqual([denied.errorCode, denied.resources], [errorCode('CLUSTER_AUTHORIZATION_FAILED'), []])
    await using open = await BrokerFixture.start()
    const disabled = await open.call(DescribeAcls, any)
    assert.equal(disabled.errorCode, errorCode('SECURITY_DISABLED'))
  })
})
