import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ElectLeaders, errorCode } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

describe('ElectLeaders', () => {
  it('says where the preferred leader leads already, and which partitions are not there', async () => {
    await using fixture = await BrokerFixture.start()
    await fixture.createTopic('t')
    const { errorCode: code, replicaElectionResults } = await fixture.call(ElectLeaders, {
      electionType: 0,
      topicPartitions: [
        { topic: 't', partitions: [0] },
        { topic: 'nobody', partitions: [0] },
      ],
    })
    assert.equal(code, 0)
    assert.deepEqual(
      new Map(replicaElectionResults.map(({ topic, partitionResult }) => [topic, partitionResult[0]?.errorCode])),
      new Map([
        ['t', errorCode('ELECTION_NOT_NEEDED')],
        ['nobody', errorCode('UNKNOWN_TOPIC_OR_PARTITION')],
      ]),
    )
  })

  it('tells nothing of partitions that need none, where all are meant', async () => {
    await using fixture = await BrokerFixture.start()
    await fixture.createTopic('t')
    const answer = await fixture.call(ElectLeaders, { electionType: 0, topicPartitions: null })
    assert.deepEqual(
      [answer.errorCode, answer.replicaElectionResults.flatMap(({ partitionResult }) => partitionResult)],
      [0, []],
    )
  })
})
