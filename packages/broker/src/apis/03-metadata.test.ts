import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ZERO_UUID } from '@gregor/base'
import { errorCode, errorName, Metadata, type ResponseOf } from '@gregor/protocol'
import { BrokerFixture, FixtureConnection } from '../broker-fixture.ts'

type Answer = ResponseOf<typeof Metadata>

const outcome = ({ topics }: Answer) => topics.map(({ name, errorCode: code }) => [name, errorName(code)])
const unknownId = 'BBBBBBBBBBBBBBBBBBBBBQ'

class ElsewhereConnection extends FixtureConnection {
  override readonly listener = { name: 'ELSEWHERE', securityProtocol: 'PLAINTEXT' } as const
}

describe('Metadata', () => {
  it('names the broker on the listener of the client, the cluster and a controller', async () => {
    await using fixture = await BrokerFixture.start()
    const answer = await fixture.call(Metadata, { topics: [] })
    const [address] = fixture.broker.addresses
    assert.deepEqual(answer.brokers, [{ nodeId: 1, host: address?.host, port: address?.port, rack: null }])
    assert.deepEqual([answer.clusterId, answer.controllerId], [fixture.broker.clusterId, 1])
    const elsewhere = await fixture.call(Metadata, { topics: [] }, { connection: new ElsewhereConnection() })
    assert.deepEqual([elsewhere.brokers, elsewhere.controllerId], [[], -1])
  })

  it('tells of all topics: of an empty list in version 0, of null from version 1 on', async () => {
    await using fixture = await BrokerFixture.start()
    await fixture.createTopic('a', { partitions: 2 })
    await fixture.createTopic('b')
    const all = [
      ['a', 'NONE'],
      ['b', 'NONE'],
    ]
    assert.deepEqual(outcome(await fixture.call(Metadata, { topics: [] }, { version: 0 })), all)
    assert.deepEqual(outcome(await fixture.call(Metadata, { topics: null }, { version: 1 })), all)
    assert.deepEqual(outcome(await fixture.call(Metadata, { topics: [] }, { version: 1 })), [])
    const { topics } = await fixture.call(Metadata, { topics: null })
    assert.deepEqual(
      topics[0]?.partitions,
      [0, 1].map((partitionIndex) => ({
        errorCode: 0,
        partitionIndex,
        leaderId: 1,
        leaderEpoch: 0,
        replicaNodes: [1],
        isrNodes: [1],
        offlineReplicas: [],
      })),
    )
  })

  it('creates what is named and missing, unless the request or the broker forbids it', async () => {
    await using fixture = await BrokerFixture.start({ properties: { 'num.partitions': '3' } })
    const created = await fixture.call(Metadata, { topics: [{ name: 'new' }] })
    assert.deepEqual([outcome(created), created.topics[0]?.partitions.length], [[['new', 'NONE']], 3])
    const kept = await fixture.call(Metadata, { topics: [{ name: 'not' }], allowAutoTopicCreation: false })
    assert.deepEqual(outcome(kept), [['not', 'UNKNOWN_TOPIC_OR_PARTITION']])
    const properties = { 'auto.create.topics.enable': 'false' }
    await using other = await BrokerFixture.start({ properties })
    assert.deepEqual(outcome(await other.call(Metadata, { topics: [{ name: 'new' }] })), [
      ['new', 'UNKNOWN_TOPIC_OR_PARTITION'],
    ])
  })

  it('creates the topics of coordinators as they want them', async () => {
    const properties = {
      'num.partitions': '9',
      'offsets.topic.num.partitions': '2',
      'transaction.state.log.num.partitions': '3',
      'share.coordinator.state.topic.num.partitions': '4',
    }
    await using fixture = await BrokerFixture.start({ properties })
    const names = ['__consumer_offsets', '__transaction_state', '__share_group_state']
    const { topics } = await fixture.call(Metadata, { topics: names.map((name) => ({ name })) })
    assert.deepEqual(
      topics.map(({ name, partitions }) => [name, partitions.length]),
      [
        ['__consumer_offsets', 2],
        ['__transaction_state', 3],
        ['__share_group_state', 4],
      ],
    )
    assert.deepEqual(
      [...fixture.broker.services.metadata.image.configs.values()]
        .filter(({ resource }) => names.includes(resource.name))
        .map(({ resource, values }) => [resource.name, values.get('cleanup.policy')]),
      [
        ['__consumer_offsets', 'compact'],
        ['__transaction_state', 'compact'],
        ['__share_group_state', 'delete'],
      ],
    )
  })

  it('creates a topic once for many who ask at the same time', async () => {
    await using fixture = await BrokerFixture.start()
    const asked = Array.from({ length: 5 }, () => fixture.begin(Metadata, { topics: [{ name: 'same' }] }))
    await fixture.run(Promise.all(asked))
    assert.deepEqual(outcome(await fixture.call(Metadata, { topics: null })), [['same', 'NONE']])
    assert.deepEqual(fixture.environment.logger.lines('warn'), [])
  })

  it('says what is wrong with a name', async () => {
    await using fixture = await BrokerFixture.start()
    const names = ['', '.', '..', 'a b', 'x'.repeat(250)]
    const answer = await fixture.call(Metadata, { topics: names.map((name) => ({ name })) })
    assert.deepEqual(
      outcome(answer),
      names.map((name) => [name, 'INVALID_TOPIC_EXCEPTION']),
    )
  })

  it('knows topics by their ids from version 12 on', async () => {
    await using fixture = await BrokerFixture.start()
    const topicId = await fixture.createTopic('t')
    const answer = await fixture.call(Metadata, {
      topics: [
        { topicId, name: null },
        { topicId: unknownId, name: null },
      ],
    })
    assert.deepEqual(
      answer.topics.map(({ name, topicId: id, errorCode: code }) => [name, id, errorName(code)]),
      [
        ['t', topicId, 'NONE'],
        [null, unknownId, 'UNKNOWN_TOPIC_ID'],
      ],
    )
    const early = await fixture.call(Metadata, { topics: [{ topicId, name: 't' }] }, { version: 11 })
    assert.deepEqual(outcome(early), [['t', 'INVALID_REQUEST']])
  })

  it('marks the topics of the cluster itself', async () => {
    await using fixture = await BrokerFixture.start()
    await fixture.createTopic('__consumer_offsets')
    const { topics } = await fixture.call(Metadata, { topics: null })
    assert.deepEqual(
      topics.map(({ isInternal }) => isInternal),
      [true],
    )
  })

  it('says LISTENER_NOT_FOUND where the leader is not on the listener, and LEADER_NOT_AVAILABLE before version 6', async () => {
    await using fixture = await BrokerFixture.start()
    await fixture.createTopic('t')
    const connection = new ElsewhereConnection()
    const codes: (number | undefined)[] = []
    for (const version of [5, 6]) {
      const { topics } = await fixture.call(Metadata, { topics: [{ name: 't' }] }, { version, connection })
      codes.push(topics[0]?.partitions[0]?.errorCode)
    }
    assert.deepEqual(codes, [errorCode('LEADER_NOT_AVAILABLE'), errorCode('LISTENER_NOT_FOUND')])
  })

  it('says what the client may do with topics and cluster, where it asks', async () => {
    await using fixture = await BrokerFixture.start()
    await fixture.createTopic('t')
    const request = { topics: [{ name: 't' }], includeTopicAuthorizedOperations: true }
    const { topics } = await fixture.call(Metadata, request, { version: 13 })
    // READ 3, WRITE 4, CREATE 5, DELETE 6, ALTER 7, DESCRIBE 8, DESCRIBE_CONFIGS 10, ALTER_CONFIGS 11
    assert.equal(topics[0]?.topicAuthorizedOperations, 0b1101_1111_1000)
    const cluster = { topics: [], includeClusterAuthorizedOperations: true }
    const notAsked = await fixture.call(Metadata, { topics: [] }, { version: 8 })
    const asked = await fixture.call(Metadata, cluster, { version: 8 })
    assert.deepEqual(
      [notAsked.clusterAuthorizedOperations, asked.clusterAuthorizedOperations],
      [-2_147_483_648, 0b1_1111_1010_0000 & ~(1 << 6)],
    )
  })

  it('answers a topic that went with the id that nobody has', async () => {
    await using fixture = await BrokerFixture.start()
    const answer = await fixture.call(Metadata, { topics: [{ name: 'gone' }], allowAutoTopicCreation: false })
    assert.equal(answer.topics[0]?.topicId, ZERO_UUID)
  })
})
