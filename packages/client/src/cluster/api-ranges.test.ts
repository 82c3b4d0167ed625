import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type ApiVersionsResponse, Fetch, Metadata, Produce, apis } from '@gregor/protocol'
import { ApiRanges } from './api-ranges.ts'

/** What a node of Kafka 2.1 (2018) serves to clients: newest version by API; all begin at 0. */
const kafka21: Readonly<Record<string, number>> = {
  Produce: 7,
  Fetch: 10,
  ListOffsets: 4,
  Metadata: 7,
  OffsetCommit: 6,
  OffsetFetch: 5,
  FindCoordinator: 2,
  JoinGroup: 3,
  Heartbeat: 2,
  LeaveGroup: 2,
  SyncGroup: 2,
  DescribeGroups: 2,
  ListGroups: 2,
  SaslHandshake: 1,
  ApiVersions: 2,
  CreateTopics: 3,
  DeleteTopics: 3,
  DeleteRecords: 1,
  InitProducerId: 1,
  OffsetForLeaderEpoch: 2,
  AddPartitionsToTxn: 1,
  AddOffsetsToTxn: 1,
  EndTxn: 1,
  TxnOffsetCommit: 2,
  DescribeAcls: 1,
  CreateAcls: 1,
  DeleteAcls: 1,
  DescribeConfigs: 2,
  AlterConfigs: 1,
  AlterReplicaLogDirs: 1,
  DescribeLogDirs: 1,
  SaslAuthenticate: 0,
  CreatePartitions: 1,
  CreateDelegationToken: 1,
  RenewDelegationToken: 1,
  ExpireDelegationToken: 1,
  DescribeDelegationToken: 1,
  DeleteGroups: 1,
}

function newRanges(versions: Readonly<Record<string, readonly [number, number]>>): ApiRanges {
  const response: ApiVersionsResponse = {
    errorCode: 0,
    apiKeys: apis.flatMap(({ key, name }) => {
      const range = versions[name]
      return range === undefined ? [] : [{ apiKey: key, minVersion: range[0], maxVersion: range[1] }]
    }),
    throttleTimeMs: 0,
    supportedFeatures: [],
    finalizedFeaturesEpoch: 4,
    finalizedFeatures: [{ name: 'group.version', maxVersionLevel: 1, minVersionLevel: 1 }],
    zkMigrationReady: false,
  }
  return new ApiRanges('node 1', response)
}

describe('ApiRanges', () => {
  for (const [name, max] of Object.entries(kafka21)) {
    it(`speaks ${name} with Kafka 2.1`, () => {
      const api = apis.find((each) => each.name === name)
      assert.ok(api !== undefined)
      assert.equal(newRanges({ [name]: [0, max] }).newest(api), max)
    })
  }

  it('picks the newest that both know, and no newer than is wanted', () => {
    const ranges = newRanges({ Metadata: [0, 99], Produce: [3, 9] })
    assert.equal(ranges.newest(Metadata), Metadata.versions.max)
    assert.equal(ranges.newest(Produce), 9)
    assert.equal(ranges.newest(Produce, 4), 4)
  })

  it('says why there is none', () => {
    const ranges = newRanges({ Produce: [3, 9], Metadata: [98, 99] })
    const name = 'UnsupportedVersionError'
    assert.throws(() => ranges.newest(Fetch), { name, message: 'node 1 does not serve Fetch.' })
    assert.throws(() => ranges.newest(Produce, 2), {
      name,
      message: 'node 1 serves Produce in versions 3 to 9, this client has 3 to 2 for it.',
    })
    assert.throws(() => ranges.newest(Metadata), { name, message: /serves Metadata in versions 98 to 99/ })
  })

  it('keeps the features of the cluster', () => {
    const ranges = newRanges({})
    assert.equal(ranges.featuresEpoch, 4)
    assert.equal(ranges.features.get('group.version'), 1)
  })
})
