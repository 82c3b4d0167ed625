import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConfigError } from '@gregor/config'
import {
  CreateAcls,
  DeleteAcls,
  DescribeCluster,
  errorCode,
  Fetch,
  InitProducerId,
  ListOffsets,
  Metadata,
  Produce,
} from '@gregor/protocol'
import { operationCodes, permissionTypeCodes, resourceTypeCodes } from '@gregor/security'
import { batchOf, BrokerFixture, type Caller } from '../broker-fixture.ts'

const properties = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users': 'User:root',
}

function as(name: string): Caller {
  return { principal: { type: 'User', name, tokenAuthenticated: false } }
}

type Grant = readonly [type: keyof typeof resourceTypeCodes, name: string, operation: keyof typeof operationCodes]

async function grant(fixture: BrokerFixture, user: string, ...grants: readonly Grant[]): Promise<void> {
  const creations = grants.map(([type, resourceName, operation]) => ({
    resourceType: resourceTypeCodes[type],
    resourceName,
    principal: `User:${user}`,
    host: '*',
    operation: operationCodes[operation],
    permissionType: permissionTypeCodes.ALLOW,
  }))
  const { results } = await fixture.call(CreateAcls, { creations }, as('root'))
  assert.ok(results.every(({ errorCode: code }) => code === 0))
}

async function createTopic(fixture: BrokerFixture, name: string): Promise<string> {
  await grant(fixture, 'ANONYMOUS', ['CLUSTER', 'kafka-cluster', 'CREATE'])
  return fixture.createTopic(name)
}

async function produceError(fixture: BrokerFixture, topicId: string, user: string): Promise<number | undefined> {
  const partitionData = [{ index: 0, records: batchOf(['a']) }]
  const request = { transactionalId: null, acks: 1, timeoutMs: 1000, topicData: [{ topicId, partitionData }] }
  const { responses } = await fixture.call(Produce, request, as(user))
  return responses[0]?.partitionResponses[0]?.errorCode
}

async function fetchError(fixture: BrokerFixture, topicId: string, user: string): Promise<number | undefined> {
  const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000 }]
  const request = { maxWaitMs: 0, minBytes: 0, topics: [{ topicId, partitions }] }
  const { responses } = await fixture.call(Fetch, request, as(user))
  return responses[0]?.partitions[0]?.errorCode
}

const denied = errorCode('TOPIC_AUTHORIZATION_FAILED')

describe('a broker with an authorizer', () => {
  it('lets nobody do anything but super users, and serves itself all the same', async () => {
    await using fixture = await BrokerFixture.start({ properties })
    const { topics } = await fixture.call(Metadata, { topics: [{ name: 't' }] }, as('ann'))
    assert.equal(topics[0]?.errorCode, denied)
    const created = await fixture.call(Metadata, { topics: [{ name: 't' }] }, as('root'))
    assert.equal(created.topics[0]?.errorCode, 0)
    await fixture.advance(60_000)
    assert.equal(fixture.broker.services.metadata.image.brokers.get(1)?.fenced, false)
  })

  it('lets in whom an ACL lets in, from the moment that its creation is answered until it is deleted', async () => {
    await using fixture = await BrokerFixture.start({ properties })
    const topicId = await createTopic(fixture, 't')
    assert.deepEqual(
      [await produceError(fixture, topicId, 'ann'), await fetchError(fixture, topicId, 'ann')],
      [denied, denied],
    )
    await grant(fixture, 'ann', ['TOPIC', 't', 'WRITE'])
    assert.deepEqual(
      [await produceError(fixture, topicId, 'ann'), await fetchError(fixture, topicId, 'ann')],
      [0, denied],
    )
    await grant(fixture, 'ann', ['TOPIC', 't', 'READ'])
    assert.deepEqual(
      [await produceError(fixture, topicId, 'bob'), await fetchError(fixture, topicId, 'ann')],
      [denied, 0],
    )
    const ofAnn = {
      resourceTypeFilter: 1,
      resourceNameFilter: null,
      principalFilter: 'User:ann',
      hostFilter: null,
      operation: 1,
      permissionType: 1,
    }
    await fixture.call(DeleteAcls, { filters: [ofAnn] }, as('root'))
    assert.deepEqual(
      [await produceError(fixture, topicId, 'ann'), await fetchError(fixture, topicId, 'ann')],
      [denied, denied],
    )
  })

  it('knows its ACLs again after a restart, before it serves the first client', async () => {
    const first = await BrokerFixture.start({ properties })
    const topicId = await createTopic(first, 't')
    await grant(first, 'ann', ['TOPIC', 't', 'WRITE'])
    await first[Symbol.asyncDispose]()
    await using second = await BrokerFixture.start({ properties, environment: first.environment })
    assert.deepEqual(
      [await produceError(second, topicId, 'ann'), await produceError(second, topicId, 'bob')],
      [0, denied],
    )
  })

  it('tells a client what it may do, where it asks', async () => {
    await using fixture = await BrokerFixture.start({ properties })
    await grant(fixture, 'ann', ['CLUSTER', 'kafka-cluster', 'DESCRIBE'], ['CLUSTER', 'kafka-cluster', 'CREATE'])
    const ask = { includeClusterAuthorizedOperations: true }
    const bits = (1 << operationCodes.DESCRIBE) | (1 << operationCodes.CREATE)
    assert.equal((await fixture.call(DescribeCluster, ask, as('ann'))).clusterAuthorizedOperations, bits)
    assert.equal((await fixture.call(DescribeCluster, ask, as('bob'))).clusterAuthorizedOperations, 0)
  })

  it('gives a producer id to whoever may write to some topic (KIP-679)', async () => {
    await using fixture = await BrokerFixture.start({ properties })
    const request = { transactionalId: null, transactionTimeoutMs: 1000 }
    const refused = await fixture.call(InitProducerId, request, as('ann'))
    assert.equal(refused.errorCode, errorCode('CLUSTER_AUTHORIZATION_FAILED'))
    await grant(fixture, 'ann', ['TOPIC', 'some', 'WRITE'])
    assert.equal((await fixture.call(InitProducerId, request, as('ann'))).errorCode, 0)
    const transactional = await fixture.call(InitProducerId, { ...request, transactionalId: 'x' }, as('ann'))
    assert.equal(transactional.errorCode, errorCode('TRANSACTIONAL_ID_AUTHORIZATION_FAILED'))
  })

  it('asks for the right to describe where offsets are listed', async () => {
    await using fixture = await BrokerFixture.start({ properties })
    await createTopic(fixture, 't')
    await grant(fixture, 'ann', ['TOPIC', 't', 'DESCRIBE'])
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0, timestamp: -1 }] }]
    const codes = await Promise.all(
      ['ann', 'bob'].map(async (user) => {
        const answer = await fixture.call(ListOffsets, { replicaId: -1, topics }, as(user))
        return answer.topics[0]?.partitions[0]?.errorCode
      }),
    )
    assert.deepEqual(codes, [0, denied])
  })

  it('does not start with one that does not exist', async () => {
    const unknown = { 'authorizer.class.name': 'com.example.Authorizer' }
    await assert.rejects(BrokerFixture.start({ properties: unknown }), ConfigError)
  })
})
