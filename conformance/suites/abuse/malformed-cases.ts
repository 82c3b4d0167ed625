/** Bytes that are no request, and requests that ask for more than they bring. */

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'

import { advertisedVersions, type Api, apiByKey, crc32c, requestHeaderVersion } from '@gregor/protocol'
import fc from 'fast-check'

import { servedApis } from '../../harness/served-apis.ts'
import { messageArbitrary } from '../codec/message-arbitrary.ts'
import { compactedTopic, frameOf, produce } from './honest-client.ts'
import {
  type AbuseCase,
  type AbuseTarget,
  apiKeys,
  closeAll,
  int32,
  open,
  openMany,
  outcome,
  question,
  request,
} from './wire.ts'

const maxRequestBytes = 104_857_600
const maxLength = 2 ** 31 - 1
const seed = 4711
/** A well-formed request of these may take the node apart, or slow everybody down: that is what they are for. */
const administrative = new Set(['UnregisterBroker', 'RemoveRaftVoter', 'AlterClientQuotas', 'ControlledShutdown'])

export const malformedCases: readonly AbuseCase[] = [
  {
    name: 'TLS and HTTP on a plaintext port: closed, and the log says what they look like',
    async body({ port, output }) {
      const hello = Buffer.from('16030100c8010000c40303', 'hex')
      for (const [bytes, said] of [
        [hello, 'It looks like TLS'],
        [Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'), 'It looks like HTTP'],
      ] as const) {
        const socket = await open(port)
        assert.equal(await outcome(socket, bytes, 5_000), 'closed')
        for (let attempt = 0; attempt < 100 && !output().includes(said); attempt++) await sleep(50)
        assert.ok(output().includes(said), `the log does not say: ${said}`)
      }
    },
  },
  {
    name: 'random bytes: their connections are closed',
    async body({ port }, scale) {
      const random = bytesFrom(seed)
      for (let round = 0; round < 10 * scale; round++) {
        const sockets = await openMany(port, 30)
        for (const socket of sockets) socket.write(random(20_000))
        await sleep(50)
        closeAll(sockets)
      }
      const socket = await open(port)
      assert.equal(await outcome(socket, Buffer.alloc(64, 0x7f), 5_000), 'closed')
      return `${300 * scale} connections`
    },
  },
  {
    name: 'lengths that are negative, zero or above socket.request.max.bytes: their connections are closed at once',
    async body({ port }) {
      for (const length of [-1, -(2 ** 31), 0, 1, 7, maxRequestBytes + 1, maxLength]) {
        const socket = await open(port)
        const how = await outcome(socket, Buffer.concat([int32(length), Buffer.alloc(16)]), 5_000)
        assert.equal(how, 'closed', `length ${length}`)
        socket.destroy()
      }
    },
  },
  {
    name: 'the largest length that is allowed, on 50 connections that then send little: no memory is set aside',
    async body({ port }) {
      const sockets = await openMany(port, 50)
      for (const socket of sockets) socket.write(Buffer.concat([int32(maxRequestBytes), Buffer.alloc(10_000)]))
      await sleep(1_000)
      assert.ok(sockets.every((socket) => !socket.destroyed))
      closeAll(sockets)
    },
  },
  {
    name: 'counts and lengths of 2^31-1 within requests of every API and version: answered or closed',
    async body({ port }, scale) {
      const draw = numbersFrom(seed)
      const frames: Buffer[] = []
      for (const { api, version } of await served(port)) {
        const [sample = Buffer.alloc(4)] = samples(api, version, 1)
        const places = new Set([headerBytes(api, version)])
        while (places.size < 4 * scale && places.size < sample.length - headerBytes(api, version)) {
          places.add(headerBytes(api, version) + draw(sample.length - headerBytes(api, version)))
        }
        for (const place of places) frames.push(withGiant(sample, place, requestHeaderVersion(api, version) === 2))
      }
      return `${frames.length} requests: ${await sendEach(port, frames)}`
    },
  },
  {
    name: 'requests that are well formed and say anything, of every API and version: answered or closed',
    async body({ port }, scale) {
      const frames: Buffer[] = []
      for (const { api, version } of await served(port)) {
        if (!administrative.has(api.name)) frames.push(...samples(api, version, 2 * scale))
      }
      return `${frames.length} requests: ${await sendEach(port, frames)}`
    },
  },
  {
    name: 'unknown APIs and versions: closed without an answer, but for ApiVersions',
    async body({ port }) {
      const unknown = [
        [999, 0],
        [-1, 0],
        [apiKeys.metadata, 99],
        [apiKeys.fetch, 0],
        [4, 0],
      ] as const
      for (const [key, version] of unknown) {
        const socket = await open(port)
        assert.equal(
          await outcome(socket, request(key, version, Buffer.alloc(8)), 5_000),
          'closed',
          `${key} ${version}`,
        )
      }
      const socket = await open(port)
      assert.equal(await outcome(socket, request(apiKeys.apiVersions, 99, Buffer.alloc(8)), 5_000), 'answered')
      socket.destroy()
    },
  },
  {
    name: 'a batch of half a megabyte that unpacks to half a gigabyte, to a topic whose records are looked at: refused',
    async body(server) {
      const code = await produce(server, compactedTopic, bomb())
      assert.notEqual(code, 0)
      return `error ${code}`
    },
  },
  {
    name: 'a good request in front of a bad one: the good one is answered',
    async body({ port }) {
      const socket = await open(port)
      assert.equal(await outcome(socket, Buffer.concat([question(), int32(-1)]), 5_000), 'answered')
      socket.destroy()
    },
  },
]

async function served(port: number): Promise<readonly { readonly api: Api; readonly version: number }[]> {
  const all: { api: Api; version: number }[] = []
  for (const key of await servedApis(port)) {
    const api = apiByKey(key)
    const versions = api && advertisedVersions(api)
    if (api === undefined || versions === undefined) continue
    for (let version = Math.max(versions.min, api.versions.min); version <= versions.max; version++) {
      all.push({ api, version })
    }
  }
  return all
}

/** On a server that has not told of any. */
export async function badFramesAreToldOfNowAndThen({ port, output }: AbuseTarget): Promise<string> {
  for (let round = 0; round < 50; round++) {
    const sockets = await openMany(port, 10)
    await Promise.all(sockets.map((socket) => outcome(socket, int32(-1), 5_000)))
  }
  const lines = output().split('Closing a connection that sent no frame').length - 1
  // Ten of them, and their count, in each 10 s.
  assert.ok(lines > 0 && lines <= 33, `${lines} lines for 500 connections`)
  return `500 connections, ${lines} lines`
}

/** Well-formed requests, the same every time. */
function samples(api: Api, version: number, count: number): readonly Buffer[] {
  const parameters = { numRuns: count, seed: seed + api.key * 100 + version }
  return fc
    .sample(messageArbitrary(api.request, version, 'number'), parameters)
    .map((body) => frameOf(api, version, body as never))
}

/** Of the length, key, version, correlation id, client id; and an empty section of tags where there is one. */
function headerBytes(api: Api, version: number): number {
  return 4 + 8 + 2 + 'abuse'.length + (requestHeaderVersion(api, version) === 2 ? 1 : 0)
}

/** A count or length of 2^31-1 in place of what is there, and a right length in front. */
function withGiant(frame: Buffer, place: number, isCompact: boolean): Buffer {
  const giant = isCompact ? Buffer.from('ffffffff07', 'hex') : int32(maxLength)
  const mutated = Buffer.concat([frame.subarray(0, place), giant, frame.subarray(place + (isCompact ? 1 : 4))])
  mutated.writeInt32BE(mutated.length - 4, 0)
  return mutated
}

const parallelCount = 60
/** A Fetch or JoinGroup that is well formed may wait for longer, and acks=0 wants no answer. */
const patienceMs = 2_500

async function sendEach(port: number, frames: readonly Buffer[]): Promise<string> {
  const counts = { answered: 0, closed: 0, silent: 0 }
  const left = frames.values()
  const send = async (): Promise<void> => {
    for (const frame of left) {
      const socket = await open(port)
      counts[await outcome(socket, frame, patienceMs)]++
      socket.destroy()
    }
  }
  await Promise.all(Array.from({ length: parallelCount }, send))
  assert.ok(counts.silent < frames.length / 10, `${counts.silent} of ${frames.length} had neither an answer nor an end`)
  return `${counts.answered} answered, ${counts.closed} closed, ${counts.silent} neither`
}

let packed: Buffer | undefined

/** Made before anything is measured: packing it takes longer than an honest client waits. */
export function prepareBomb(): void {
  packed ??= gzipSync(Buffer.alloc(512 * 1024 * 1024), { level: 1 })
}

/** One gzip batch of one record, by its header. */
function bomb(): Buffer {
  const compressed = packed ?? Buffer.alloc(0)
  const batch = Buffer.alloc(61 + compressed.length)
  batch.writeInt32BE(batch.length - 12, 8)
  batch.writeInt8(2, 16)
  batch.writeInt16BE(1, 21)
  for (const at of [27, 35]) batch.writeBigInt64BE(BigInt(Date.now()), at)
  batch.writeBigInt64BE(-1n, 43)
  batch.writeInt16BE(-1, 51)
  batch.writeInt32BE(-1, 53)
  batch.writeInt32BE(1, 57)
  compressed.copy(batch, 61)
  batch.writeUInt32BE(crc32c(batch, 21, batch.length), 17)
  return batch
}

/** Up to so many bytes each time, the same in every run. */
function bytesFrom(start: number): (countMax: number) => Buffer {
  const draw = numbersFrom(start)
  return (countMax) => Buffer.from(Array.from({ length: 1 + draw(countMax) }, () => draw(256)))
}

function numbersFrom(start: number): (bound: number) => number {
  let state = start
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state >>> 8) % bound
  }
}
