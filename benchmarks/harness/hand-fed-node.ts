/**
 * A node in this process, on a real disk, whose connections are fed by hand: what remains is its own work, without the
 * system’s part in sockets. For counting what a request costs.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ByteReader, ByteWriter } from '@gregor/base'
import { Broker } from '@gregor/broker'
import { BrokerConfig } from '@gregor/config'
import { nodeEnvironment, type Receiver, type Socket } from '@gregor/platform'
import {
  BatchBuilder,
  CreateTopics,
  decodeResponse,
  encodeRequest,
  encodeRequestHeader,
  Fetch,
  Produce,
  responseHeaderVersion,
  type Api,
  type RequestInput,
} from '@gregor/protocol'

export const topic = 'work'

export interface HandFedNode {
  connect(): HandSocket
  close(): Promise<void>
}

/** The client’s end of a connection. What it is sent is counted and, if asked for, kept. */
export class HandSocket implements Socket {
  readonly remoteAddress = '127.0.0.1'
  readonly remotePort = 50_000
  readonly localPort = 9092
  readonly waitingBytes = 0
  readonly kept: Buffer[] = []
  writeCount = 0
  keeps = false
  #receiver: Receiver | undefined

  start(receiver: Receiver): void {
    this.#receiver = receiver
  }

  write(buffers: readonly Uint8Array[]): boolean {
    this.writeCount++
    if (this.keeps) this.kept.push(Buffer.concat(buffers))
    return true
  }

  /** As the system brings bytes: as many at once as there is room for. */
  deliver(bytes: Buffer): void {
    const receiver = this.#receiver
    for (let at = 0; receiver !== undefined && at < bytes.length;) {
      const target = receiver.target()
      const part = bytes.subarray(at, at + target.length)
      target.set(part)
      at += part.length
      receiver.received(part.length)
    }
  }

  pause(): void {}
  resume(): void {}
  end(): void {}
  destroy(): void {}
}

export async function startHandFedNode(partitions: number): Promise<HandFedNode> {
  const directory = mkdtempSync(join(tmpdir(), 'gregor-work-'))
  let accept: (socket: Socket) => void = () => undefined
  const environment = {
    ...nodeEnvironment({ writeLog: () => undefined }),
    network: {
      listen(_address: unknown, onSocket: (socket: Socket) => void) {
        accept = onSocket
        return Promise.resolve({ host: '127.0.0.1', port: 9092, close: () => Promise.resolve() })
      },
      connect: () => Promise.reject(new Error('nobody to connect to')),
    },
  }
  const properties = new Map([
    ['log.dirs', directory],
    ['listeners', 'PLAINTEXT://127.0.0.1:0'],
  ])
  const broker = await Broker.start({ environment, config: BrokerConfig.load({ properties }) })
  const connect = (): HandSocket => {
    const socket = new HandSocket()
    accept(socket)
    return socket
  }
  await createTopic(connect(), partitions)
  return {
    connect,
    async close() {
      // The node’s own timers keep no process alive.
      const alive = setInterval(() => undefined, 1_000)
      await broker.stop()
      clearInterval(alive)
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

async function createTopic(socket: HandSocket, numPartitions: number): Promise<void> {
  const version = 7
  const topics = [{ name: topic, numPartitions, replicationFactor: 1, assignments: [], configs: [] }]
  socket.keeps = true
  socket.deliver(frameOf(CreateTopics, version, { topics, timeoutMs: 10_000 }))
  while (socket.kept.length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
  const reader = new ByteReader(Buffer.concat(socket.kept))
  reader.skip(8 + responseHeaderVersion(CreateTopics, version))
  const code = decodeResponse(CreateTopics, version, reader).topics[0]?.errorCode
  if (code !== 0) throw new Error(`the topic was not created: error ${String(code)}`)
}

/** One Produce request of one batch. */
export function produceFrame(partition: number, given: { recordCount: number; valueBytes: number }): Buffer {
  const builder = new BatchBuilder()
  for (let count = 0; count < given.recordCount; count++) {
    builder.append(null, Buffer.alloc(given.valueBytes, 'v'), [], Date.now())
  }
  const partitionData = [{ index: partition, records: builder.build() }]
  return frameOf(Produce, 11, {
    transactionalId: null,
    acks: 1,
    timeoutMs: 1_000,
    topicData: [{ name: topic, partitionData }],
  })
}

/** One Fetch request of one partition. */
export function fetchFrame(partition: number, given: { fetchOffset: number; partitionMaxBytes: number }): Buffer {
  return frameOf(Fetch, 12, {
    maxWaitMs: 500,
    minBytes: 1,
    maxBytes: 52_428_800,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [{ topic, partitions: [{ partition, ...given }] }],
    forgottenTopicsData: [],
  })
}

function frameOf<A extends Api>(api: A, apiVersion: number, request: RequestInput<A>): Buffer {
  const writer = new ByteWriter()
  encodeRequestHeader(api, { apiVersion, correlationId: 1, clientId: 'work' }, writer)
  encodeRequest(api, apiVersion, request as never, writer)
  const length = Buffer.alloc(4)
  length.writeInt32BE(writer.byteLength)
  return Buffer.concat([length, writer.toBuffer()])
}
