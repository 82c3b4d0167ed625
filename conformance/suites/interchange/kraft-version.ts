/**
 * A directory that Apache Kafka formatted with its voters in the configuration (kraft.version 0) is upgraded here, so that
 * the metadata log names them; and Apache Kafka goes on with the voters it finds there.
 */

import assert from 'node:assert/strict'

import { ApiVersions, DescribeQuorum, UpdateFeatures } from '@gregor/protocol'

import { RawClient } from '../../harness/raw-client.ts'
import type { Server, ServerOptions } from '../../harness/server.ts'

export type Writer = (options: ServerOptions) => Promise<Server>

export async function upgradeKraftVersion(
  { apache, gregor }: { apache: Writer; gregor: Writer },
  directory: string,
): Promise<string> {
  await visited(apache, directory, async (client) => assert.equal(await finalizedLevel(client), 0))
  await visited(gregor, directory, async (client) => {
    assert.equal(await finalizedLevel(client), 0)
    const featureUpdates = [{ feature: 'kraft.version', maxVersionLevel: 1, upgradeType: 1 }]
    const answer = await client.call(UpdateFeatures, { featureUpdates })
    assert.ok(answer !== 'closed')
    assert.equal(answer.errorCode, 0, answer.errorMessage ?? '')
    assert.equal(await finalizedLevel(client), 1)
  })
  let voters = ''
  for (const start of [apache, gregor]) {
    await visited(start, directory, async (client) => {
      assert.equal(await finalizedLevel(client), 1)
      const named = await votersOf(client)
      assert.match(named, /^1@[\w-]{22}$/)
      assert.doesNotMatch(named, /@A{22}$/)
      assert.ok(voters === '' || voters === named, `${voters} became ${named}`)
      voters = named
    })
  }
  return voters
}

async function visited(start: Writer, directory: string, body: (client: RawClient) => Promise<void>): Promise<void> {
  const server = await start({ directory })
  const client = new RawClient(server.port)
  try {
    await body(client)
    await server.stop()
  } finally {
    client.close()
    await server.kill()
  }
}

async function finalizedLevel(client: RawClient): Promise<number> {
  const answer = await client.call(ApiVersions, { clientSoftwareName: 'raw', clientSoftwareVersion: '1' })
  assert.ok(answer !== 'closed')
  return answer.finalizedFeatures.find(({ name }) => name === 'kraft.version')?.maxVersionLevel ?? 0
}

async function votersOf(client: RawClient): Promise<string> {
  const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }]
  const answer = await client.call(DescribeQuorum, { topics })
  assert.ok(answer !== 'closed')
  const voters = answer.topics[0]?.partitions[0]?.currentVoters ?? []
  return voters.map(({ replicaId, replicaDirectoryId }) => `${replicaId}@${replicaDirectoryId}`).join()
}
