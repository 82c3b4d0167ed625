import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  advertisedVersions,
  AlterClientQuotas,
  AlterConfigs,
  AlterPartition,
  AlterPartitionReassignments,
  AlterUserScramCredentials,
  AllocateProducerIds,
  ApiVersions,
  AssignReplicasToDirs,
  BrokerHeartbeat,
  BrokerRegistration,
  ControllerRegistration,
  CreateAcls,
  CreatePartitions,
  CreateTopics,
  DeleteAcls,
  DeleteTopics,
  DescribeQuorum,
  ElectLeaders,
  IncrementalAlterConfigs,
  ListPartitionReassignments,
  UnregisterBroker,
  UpdateFeatures,
  type Api,
  type RequestInput,
} from '@gregor/protocol'
import { BrokerFixture, type Caller } from '../broker-fixture.ts'
import { clientHandlers, controllerHandlers } from './index.ts'

interface Asked {
  readonly api: Api
  readonly request: unknown
  readonly caller: Caller
}

/** Of each API that is forwarded one request, of which every part is to be refused. */
const requests: readonly Asked[] = [
  of(CreateTopics, {
    topics: [{ name: 't', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
    timeoutMs: 1,
  }),
  of(DeleteTopics, { topicNames: ['t'], timeoutMs: 1 }, { version: 5 }),
  of(CreateAcls, {
    creations: [
      {
        resourceType: 2,
        resourceName: 't',
        principal: 'User:a',
        host: '*',
        operation: 3,
        permissionType: 3,
      },
    ],
  }),
  of(DeleteAcls, {
    filters: [
      {
        resourceTypeFilter: 2,
        resourceNameFilter: null,
        principalFilter: null,
        hostFilter: null,
        operation: 1,
        permissionType: 1,
      },
    ],
  }),
  of(AlterConfigs, { resources: [{ resourceType: 2, resourceName: 't', configs: [] }], validateOnly: false }),
  of(CreatePartitions, { topics: [{ name: 't', count: 2, assignments: null }], timeoutMs: 1, validateOnly: false }),
  of(ElectLeaders, { topicPartitions: [{ topic: 't', partitions: [0] }], timeoutMs: 1 }),
  of(IncrementalAlterConfigs, {
    resources: [{ resourceType: 2, resourceName: 't', configs: [] }],
    validateOnly: false,
  }),
  of(AlterPartitionReassignments, { timeoutMs: 1, topics: [] }),
  of(ListPartitionReassignments, { timeoutMs: 1, topics: null }),
  of(AlterClientQuotas, {
    entries: [{ entity: [{ entityType: 'user', entityName: 'a' }], ops: [] }],
    validateOnly: false,
  }),
  of(AlterUserScramCredentials, { deletions: [{ name: 'a', mechanism: 1 }], upsertions: [] }),
  of(UpdateFeatures, { featureUpdates: [{ feature: 'f', maxVersionLevel: 1, allowDowngrade: false }] }, { version: 0 }),
  of(UnregisterBroker, { brokerId: 7 }),
  onController(AlterPartition, { brokerId: 1, brokerEpoch: 0, topics: [] }),
  onController(BrokerRegistration, {
    brokerId: 1,
    clusterId: 'x',
    incarnationId: 'AAAAAAAAAAAAAAAAAAAAAA',
    listeners: [],
    features: [],
    rack: null,
    isMigratingZkBroker: false,
    logDirs: [],
  }),
  onController(BrokerHeartbeat, {
    brokerId: 1,
    brokerEpoch: 0,
    currentMetadataOffset: 0,
    wantFence: false,
    wantShutDown: false,
  }),
  onController(AllocateProducerIds, { brokerId: 1, brokerEpoch: 0 }),
  onController(ControllerRegistration, {
    controllerId: 1,
    incarnationId: 'AAAAAAAAAAAAAAAAAAAAAA',
    zkMigrationReady: false,
    listeners: [],
    features: [],
  }),
  onController(AssignReplicasToDirs, { brokerId: 1, brokerEpoch: 0, directories: [] }),
]

function of<A extends Api>(api: A, request: RequestInput<A>, caller: Caller = {}): Asked {
  return { api, request, caller }
}

function onController<A extends Api>(api: A, request: RequestInput<A>): Asked {
  return { api, request, caller: { isOnController: true } }
}

/** Every error code in an answer. */
function codesIn(answer: unknown): number[] {
  if (Array.isArray(answer)) return answer.flatMap(codesIn)
  if (typeof answer !== 'object' || answer === null || Buffer.isBuffer(answer)) return []
  return Object.entries(answer).flatMap(([name, value]) =>
    name === 'errorCode' && typeof value === 'number' ? [value] : codesIn(value),
  )
}

describe('the handlers of a node', () => {
  it('stand in key order, each once', () => {
    for (const handlers of [clientHandlers, controllerHandlers]) {
      const keys = handlers.map(({ api }) => api.key)
      assert.deepEqual(
        keys,
        [...new Set(keys)].toSorted((a, b) => a - b),
      )
    }
  })

  it('answer what Apache Kafka answers on that kind of listener, and no more', () => {
    for (const { api } of clientHandlers) assert.ok(api.listeners.includes('broker'), api.name)
    for (const { api } of controllerHandlers) assert.ok(api.listeners.includes('controller'), api.name)
  })

  it('are what ApiVersions advertises, in every stable version, to clients and to whom the controller lets in', async () => {
    await using fixture = await BrokerFixture.start()
    for (const isOnController of [false, true]) {
      const request = { clientSoftwareName: 'a', clientSoftwareVersion: '1' }
      const { apiKeys } = await fixture.call(ApiVersions, request, { isOnController })
      const handlers = isOnController ? controllerHandlers : clientHandlers
      assert.deepEqual(
        apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, minVersion, maxVersion]),
        handlers.map(({ api }) => [api.key, advertisedVersions(api)?.min, advertisedVersions(api)?.max]),
      )
    }
  })

  it('say REQUEST_TIMED_OUT for each part of what the controller does not decide in time', async () => {
    await using fixture = await BrokerFixture.start({ properties: { 'request.timeout.ms': '1000' } })
    // A decision that is never on the disk, and all that come after it wait for it.
    fixture.environment.disk.setLatency({ minMs: 3_600_000, maxMs: 3_600_000 })
    const stuck = {
      topics: [{ name: 'x', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
      timeoutMs: 1,
    }
    assert.ok((await fixture.run(fixture.begin(CreateTopics, stuck))) instanceof Buffer)
    for (const { api, request, caller } of requests) {
      const answer = await fixture.call(api, request as never, caller)
      const codes = codesIn(answer)
      assert.ok(codes.length > 0 && codes.every((code) => code === 7), `${api.name}: ${codes.join(', ')}`)
    }
    fixture.environment.disk.setLatency(undefined)
  })

  it('cover every API that is forwarded', () => {
    const forwarded = [...clientHandlers, ...controllerHandlers].filter(({ isForwarded }) => isForwarded === true)
    const tested = new Set(requests.map(({ api }) => api.key))
    assert.deepEqual(
      forwarded.filter(({ api }) => !tested.has(api.key)).map(({ api }) => api.name),
      ['DescribeQuorum', 'DescribeQuorum'],
    )
    assert.equal(DescribeQuorum.name, 'DescribeQuorum')
  })
})
