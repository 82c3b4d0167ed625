import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CreateAcls, DeleteAcls, DescribeAcls, errorCode } from '@gregor/protocol'
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

describe('DeleteAcls', () => {
  it('takes back what a filter means, and tells what that was', async () => {
    await using fixture = await BrokerFixture.start(secured)
    await fixture.call(CreateAcls, { creations: [acl, { ...acl, principal: 'User:bob' }] }, admin)
    const filters = [
      { ...any, principalFilter: 'User:ann' },
      { ...any, resourceNameFilter: 'nothing' },
    ]
    const { filterResults } = await fixture.call(DeleteAcls, { filters }, admin)
    assert.deepEqual(
      filterResults.map(({ errorCode: code, matchingAcls }) => [code, matchingAcls.map(({ principal }) => principal)]),
      [
        [0, ['User:ann']],
        [0, []],
      ],
    )
    const { resources } = await fixture.call(DescribeAcls, any, admin)
    assert.deepEqual(
      resources.flatMap(({ acls }) => acls.map(({ principal }) => principal)),
      ['User:bob'],
    )
  })

  it('refuses whoever may not alter the cluster, and leaves everything', async () => {
    await using fixture = await BrokerFixture.start(secured)
    await fixture.call(CreateAcls, { creations: [acl] }, admin)
    const { filterResults } = await fixture.call(DeleteAcls, { filters: [any] })
    assert.equal(filterResults[0]?.errorCode, errorCode('CLUSTER_AUTHORIZATION_FAILED'))
    assert.equal((await fixture.call(DescribeAcls, any, admin)).resources.length, 1)
  })
})
