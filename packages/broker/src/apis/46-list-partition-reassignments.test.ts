import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ListPartitionReassignments, errorCode } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

describe('ListPartitionReassignments', () => {
  it('lists none where nothing moves', async () => {
    await using fixture = await BrokerFixture.start()
    await fixture.createTopic('t')
    const answer = await fixture.call(ListPartitionReassignments, { topics: null })
    assert.deepEqual([answer.errorCode, answer.topics], [0, []])
  })

  it('refuses whoever may not describe the cluster', async () => {
    await using fixture = await BrokerFixture.start({
      properties: {
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users': 'User:admin',
      },
    })
    const answer = await fixture.call(ListPartitionReassignments, { topics: null })
    assert.equal(answer.errorCode, errorCode('CLUSTER_AUTHORIZATION_FAILED'))
  })
})
