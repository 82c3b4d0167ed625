import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CreateAcls, CreateTopics, Metadata, errorCode } from '@gregor/protocol'
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
const secured = {
  properties: {
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:admin',
  },
}
const admin = { principal: { type: 'User', name: 'admin', tokenAuthenticated: false } }

describe('CreateAcls', () => {
  it('lets somebody read from the moment it answers', async () => {
    await using fixture = await BrokerFixture.start(secured)
    await fixture.call(
      CreateTopics,
      {
        topics: [{ name: 't', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
        timeoutMs: 1000,
      },
      admin,
    )
    const ann = { principal: { type: 'User', name: 'ann', tokenAuthenticated: false } }
    assert.deepEqual((await fixture.call(Metadata, { topics: null }, ann)).topics, [])
    const { results } = await fixture.call(CreateAcls, { creations: [acl] }, admin)
    assert.deepEqual(
      results.map(({ errorCode: code }) => code),
      [0],
    )
    const { topics } = await fixture.call(Metadata, { topics: null }, ann)
    assert.deepEqual(
      topics.map(({ name }) => name),
      ['t'],
    )
  })

  it('refuses whoever may not alter the cluster, and an entry that makes no sense, alone', async () => {
    await using fixture = await BrokerFixture.start(secured)
    const denied = await fixture.call(CreateAcls, { creations: [acl] })
    assert.equal(denied.results[0]?.errorCode, errorCode('CLUSTER_AUTHORIZATION_FAILED'))
    const creations = [{ ...acl, principal: 'ann' }, acl]
    const { results } = await fixture.call(CreateAcls, { creations }, admin)
    assert.deepEqual(
      results.map(({ errorCode: code }) => code === 0),
      [false, true],
    )
    assert.notEqual(results[0]?.errorMessage, null)
  })
})
