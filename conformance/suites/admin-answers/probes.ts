/**
 * What a server does with requests that are none: unknown APIs and versions, bodies that are cut off, and the one API that
 * answers whatever is asked (KIP-511). Each probe says what came back in a form that is compared.
 */

import { ByteReader, ByteWriter } from '@gregor/base'
import { ApiVersions, CreateTopics, decodeResponse, DescribeCluster, Metadata, type ResponseOf } from '@gregor/protocol'

import type { RawClient } from '../../harness/raw-client.ts'

export interface Probe {
  readonly title: string
  readonly ask: (client: RawClient) => Promise<unknown>
}

const software = { clientSoftwareName: 'probe', clientSoftwareVersion: '1.0' }

export const probes: readonly Probe[] = [
  ...['', '-', 'a-', 'a b', 'a.b-c', 'x'.repeat(300)].map((name): Probe => ({
    title: `ApiVersions of a client called "${name.slice(0, 10)}"`,
    ask: async (client) => shape(await client.call(ApiVersions, { ...software, clientSoftwareName: name })),
  })),
  {
    title: 'ApiVersions in a version from the future: the own range, in version 0',
    ask: async (client) => shapeOfV0(await client.exchange(header(ApiVersions.key, 99, Buffer.from('not looked at')))),
  },
  {
    title: 'ApiVersions in a version below all',
    ask: async (client) => shapeOfV0(await client.exchange(header(18, -1))),
  },
  { title: 'an API that nobody knows', ask: (client) => client.exchange(header(999, 0)) },
  { title: 'an API key below all', ask: (client) => client.exchange(header(-1, 0)) },
  { title: 'Metadata in a version from the future', ask: (client) => client.exchange(header(Metadata.key, 99)) },
  {
    title: 'a body that is cut off',
    ask: (client) => client.exchange(header(CreateTopics.key, 2, Buffer.from([0, 0, 0, 9]))),
  },
  { title: 'a header that is cut off', ask: (client) => client.exchange(Buffer.from([0, 3, 0])) },
  { title: 'an empty frame', ask: (client) => client.exchange(Buffer.alloc(0)) },
  {
    title: 'the answers of a version without a throttle time',
    ask: async (client) => {
      const answer = await client.call(DescribeCluster, { includeClusterAuthorizedOperations: false }, 0)
      return answer === 'closed' ? answer : answer.throttleTimeMs
    },
  },
]

/** Classic header: key, version, correlation id, client id. */
function header(apiKey: number, apiVersion: number, body: Buffer = Buffer.alloc(0)): Buffer {
  const writer = new ByteWriter()
  writer.int16(apiKey)
  writer.int16(apiVersion)
  writer.int32(4711)
  writer.int16(5)
  writer.utf8('probe', 5)
  // The tag buffer that newer headers have.
  if (apiKey === ApiVersions.key && apiVersion >= 3) writer.uvarint(0)
  writer.append(body)
  return writer.toBuffer()
}

function shape(answer: ResponseOf<typeof ApiVersions> | 'closed'): unknown {
  if (answer === 'closed') return answer
  return { errorCode: answer.errorCode, isList: answer.apiKeys.length > 1 }
}

function shapeOfV0(frame: Buffer | undefined): unknown {
  if (frame === undefined) return 'closed'
  const reader = new ByteReader(frame)
  const correlationId = reader.int32()
  const { errorCode, apiKeys } = decodeResponse(ApiVersions, 0, reader)
  return { correlationId, errorCode, apiKeys, left: reader.remaining }
}
