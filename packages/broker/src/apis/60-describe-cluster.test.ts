import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DescribeCluster, errorCode } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

describe('DescribeCluster', () => {
  it('tells the cluster’s id and its brokers', async () => {
    await using fixture = await BrokerFixture.start()
    const answer = await fixture.call(DescribeCluster, { includeClusterAuthorizedOperations: true })
    assert.equal(answer.errorCode, 0)
    assert.equal(answer.clusterId, fixture.broker.services.clusterId)
    assert.deepEqual(
      answer.brokers.map(({ brokerId, host, isFenced }) => [brokerId, host, isFenced]),
      [[1, '127.0.0.1', false]],
    )
    assert.equal(answer.controllerId, 1)
    assert.ok(answer.clusterAuthorizedOperations > 0)
  })

  it('says which kind of node was asked', async () => {
    await using fixture = await BrokerFixture.start()
    const codeOf = async (endpointType: number): Promise<number> =>
      (await fixture.call(DescribeCluster, { includeClusterAuthorizedOperations: false, endpointType })).errorCode
    assert.equal(await codeOf(2), errorCode('MISMATCHED_ENDPOINT_TYPE'))
    assert.equal(await codeOf(9), errorCode('UNSUPPORTED_ENDPOINT_TYPE'))
    const answer = await fixture.call(
      DescribeCluster,
      { includeClusterAuthorizedOperations: false, endpointType: 2 },
      { isOnController: true },
    )
    assert.deepEqual([answer.errorCode, answer.endpointType], [0, 2])
  })
})
