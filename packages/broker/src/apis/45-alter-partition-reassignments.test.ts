import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AlterPartitionReassignments, errorCode } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

async function reassign(
  fixture: BrokerFixture,
  name: string,
  replicas: readonly number[] | null,
): Promise<number | undefined> {
  const topics = [{ name, partitions: [{ partitionIndex: 0, replicas }] }]
  const { responses } = await fixture.call(AlterPartitionReassignments, { topics })
  return responses[0]?.partitions[0]?.errorCode
}

describe('AlterPartitionReassignments', () => {
  it('accepts what is so already, and refuses brokers that are not there', async () => {
    await using fixture = await BrokerFixture.start()
    await fixture.createTopic('t')
    assert.equal(await reassign(fixture, 't', [1]), 0)
    assert.equal(await reassign(fixture, 't', [7]), errorCode('INVALID_REPLICA_ASSIGNMENT'))
    assert.equal(await reassign(fixture, 't', []), errorCode('INVALID_REPLICA_ASSIGNMENT'))
    assert.equal(await reassign(fixture, 'nobody', [1]), errorCode('UNKNOWN_TOPIC_OR_PARTITION'))
  })

  it('says that there is none to cancel', async () => {
    await using fixture = await BrokerFixture.start()
    await fixture.createTopic('t')
    assert.equal(await reassign(fixture, 't', null), errorCode('NO_REASSIGNMENT_IN_PROGRESS'))
  })
})
