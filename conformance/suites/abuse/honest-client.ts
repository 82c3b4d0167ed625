/** A client that means well: it fills a topic before, and looks whether all is there afterwards. */

import { ByteReader, ByteWriter } from '@gregor/base'
import {
  type Api,
  BatchBuilder,
  CreateTopics,
  decodeResponse,
  encodeRequest,
  encodeRequestHeader,
  Fetch,
  Produce,
  recordCountAt,
  type RequestInput,
  responseHeaderVersion,
  type ResponseOf,
} from '@gregor/protocol'

import { type AbuseTarget, int32, open } from './wire.ts'

export const filledTopic = 'filled'
export const compactedTopic = 'compacted'
export const batchCount = 20
const batchBytes = 1_000_000
const answerMsMax = 10_000

/** A topic with 20 batches of a megabyte, and one that is compacted, with nothing in it. */
export async function fill(server: AbuseTarget): Promise<void> {
  const topic = { numPartitions: 1, replicationFactor: 1, assignments: [] }
  const topics = [
    { ...topic, name: filledTopic, configs: [] },
    { ...topic, name: compactedTopic, configs: [{ name: 'cleanup.policy', value: 'compact' }] },
  ]
  await call(server, CreateTopics, 4, { topics, timeoutMs: 10_000 })
  for (let index = 0; index < batchCount; index++) {
    const code = await produce(server, filledTopic, batchOf('x'.repeat(batchBytes)))
    if (code !== 0) throw new Error(`the topic cannot be filled: ${code}`)
  }
  // What a server sets aside for its first reader is not what is measured.
  await countBatches(server)
}

export function batchOf(value: string): Buffer {
  return new BatchBuilder().append(null, Buffer.from(value), undefined, Date.now()).build()
}

/** @returns the error code of the one partition. */
export async function produce(server: AbuseTarget, topic: string, records: Buffer): Promise<number> {
  const answer = await call(server, Produce, 7, {
    acks: -1,
    timeoutMs: 10_000,
    topicData: [{ name: topic, partitionData: [{ index: 0, records }] }],
  })
  return answer.responses[0]?.partitionResponses[0]?.errorCode ?? -1
}

/** How many batches there are in the filled topic, read from its beginning to its end. */
export async function countBatches(server: AbuseTarget): Promise<number> {
  let offset = 0
  for (;;) {
    const answer = await call(server, Fetch, 4, {
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 2 * batchBytes,
      topics: [
        { topic: filledTopic, partitions: [{ partition: 0, fetchOffset: offset, partitionMaxBytes: batchBytes }] },
      ],
    })
    const { records, errorCode } = answer.responses[0]?.partitions[0] ?? {}
    const bytes = records ?? Buffer.alloc(0)
    if (errorCode !== 0 || bytes.length === 0) return offset
    offset += recordCountAt(bytes, 0)
  }
}

export function frameOf<A extends Api>(api: A, version: number, body: RequestInput<A>): Buffer {
  const writer = new ByteWriter()
  encodeRequestHeader(api, { apiVersion: version, correlationId: 1, clientId: 'abuse' }, writer)
  encodeRequest(api, version, body as never, writer)
  const frame = writer.toBuffer()
  return Buffer.concat([int32(frame.length), frame])
}

async function call<A extends Api>(
  server: AbuseTarget,
  api: A,
  version: number,
  body: RequestInput<A>,
): Promise<ResponseOf<A>> {
  const socket = await open(server.port)
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const chunks: Buffer[] = []
  let received = 0
  socket.setTimeout(answerMsMax, () => reject(new Error(`${api.name} was not answered`)))
  socket.once('close', () => reject(new Error(`${api.name} was answered with the end of the connection`)))
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    received += chunk.length
    const first = chunks[0] ?? chunk
    if (received >= 4 && first.length >= 4 && received >= 4 + first.readInt32BE(0)) resolve(Buffer.concat(chunks))
  })
  socket.write(frameOf(api, version, body))
  try {
    const reader = new ByteReader(await promise, 8)
    if (responseHeaderVersion(api, version) === 1) reader.skip(1)
    return decodeResponse(api, version, reader) as ResponseOf<A>
  } finally {
    socket.destroy()
  }
}
