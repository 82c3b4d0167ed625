/** Tests of what the hot path costs, in counted work: writes to files and sockets, and bytes that are copied. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Disk, DiskFile, Network, Receiver, Socket } from '@gregor/platform'
import { Fetch, Produce } from '@gregor/protocol'
import { simulatedEnvironment, type SimulatedEnvironment } from '@gregor/testkit/simulation'
import { BrokerFixture, frameOf } from './broker-fixture.ts'
import { fetchRequest, produceRequest, sentBatch, type SentTo } from './produce-fixture.ts'

/** A file write as the system sees it: which pieces of memory it was given. */
type FileWrite = readonly Uint8Array[]

/** Counts what is written to the logs of a topic. */
class CountingDisk {
  readonly writes: FileWrite[] = []

  around(disk: SimulatedEnvironment['disk']): SimulatedEnvironment['disk'] {
    return new Proxy(disk, {
      get: (target, name) => {
        if (name === 'open') return (...given: Parameters<Disk['open']>) => this.#file(target.open(...given))
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? (value as () => unknown).bind(target) : value
      },
    })
  }

  #file(file: DiskFile): DiskFile {
    if (!/\/events-\d+\/\d+\.log$/.test(file.path)) return file
    return new Proxy(file, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value !== 'function') return value
        if (name !== 'write') return (value as () => unknown).bind(target)
        return (buffers: FileWrite, position: number) => {
          this.writes.push(buffers)
          target.write(buffers, position)
        }
      },
    })
  }
}

/** The client’s end of a connection that is made by hand. */
class HandSocket implements Socket {
  readonly remoteAddress = '10.0.0.9'
  readonly remotePort = 50_000
  readonly localPort = 9092
  readonly waitingBytes = 0
  readonly sent: Buffer[] = []
  memory: ArrayBufferLike | undefined
  #receiver: Receiver | undefined

  start(receiver: Receiver): void {
    this.#receiver = receiver
  }

  write(buffers: readonly Uint8Array[]): boolean {
    this.sent.push(Buffer.concat(buffers))
    return true
  }

  /** One read of the system brings these bytes. */
  deliver(bytes: Buffer): void {
    const target = this.#receiver?.target() ?? Buffer.alloc(0)
    assert.ok(target.length >= bytes.length)
    this.memory = target.buffer
    target.set(bytes)
    this.#receiver?.received(bytes.length)
  }

  pause(): void {}
  resume(): void {}
  end(): void {}
  destroy(): void {
    this.#receiver?.closed()
  }
}

interface Bench {
  readonly fixture: BrokerFixture
  readonly to: SentTo
  readonly disk: CountingDisk
  connect(): HandSocket
}

async function bench(): Promise<Bench> {
  const world = simulatedEnvironment(1)
  const disk = new CountingDisk()
  let accept: ((socket: Socket) => void) | undefined
  const network: Network = {
    listen(_address, onSocket) {
      accept = onSocket
      return Promise.resolve({ host: '10.0.0.1', port: 9092, close: () => Promise.resolve() })
    },
    connect: () => Promise.reject(new Error('nobody to connect to')),
  }
  const environment = { ...world, disk: disk.around(world.disk), network } as SimulatedEnvironment
  const fixture = await BrokerFixture.start({ environment })
  const to = { topic: 'events', topicId: await fixture.createTopic('events') }
  return {
    fixture,
    to,
    disk,
    connect() {
      const socket = new HandSocket()
      accept?.(socket)
      return socket
    },
  }
}

function framed(frame: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(frame.length)
  return Buffer.concat([length, frame])
}

function produceFrames(to: SentTo, count: number, valueBytes: number): Buffer {
  const records = sentBatch(['x'.repeat(valueBytes)])
  const frame = framed(frameOf(Produce, 12, produceRequest(to, records, 12)))
  return Buffer.concat(Array.from({ length: count }, () => frame))
}

function answerCount({ sent }: HandSocket): number {
  const bytes = Buffer.concat(sent)
  let count = 0
  for (let at = 0; at < bytes.length; at += 4 + bytes.readInt32BE(at)) count++
  return count
}

describe('the hot path', () => {
  it('writes a hundred small batches of one read once, and answers them with one write', async () => {
    const { fixture, to, disk, connect } = await bench()
    await using _ = fixture
    const socket = connect()
    socket.deliver(produceFrames(to, 100, 100))
    await fixture.advance(0)
    assert.equal(disk.writes.length, 1)
    assert.deepEqual([socket.sent.length, answerCount(socket)], [1, 100])
  })

  it('writes the small batches of many connections in one turn once', async () => {
    const { fixture, to, disk, connect } = await bench()
    await using _ = fixture
    const sockets = Array.from({ length: 20 }, connect)
    const frames = produceFrames(to, 2, 100)
    for (const socket of sockets) socket.deliver(frames)
    await fixture.advance(0)
    assert.equal(disk.writes.length, 1)
    for (const socket of sockets) assert.deepEqual([socket.sent.length, answerCount(socket)], [1, 2])
  })

  it('writes large batches from where they were received, all of a read at once', async () => {
    const { fixture, to, disk, connect } = await bench()
    await using _ = fixture
    const socket = connect()
    socket.deliver(produceFrames(to, 5, 16_000))
    assert.equal(disk.writes.length, 1)
    assert.equal(disk.writes[0]?.length, 5)
    for (const { buffer } of disk.writes[0] ?? []) assert.equal(buffer, socket.memory)
    assert.deepEqual([socket.sent.length, answerCount(socket)], [1, 5])
  })

  it('lets a request see what was sent before it on its connection', async () => {
    const { fixture, to, connect } = await bench()
    await using _ = fixture
    const socket = connect()
    const fetch = framed(frameOf(Fetch, 12, fetchRequest(to, 12)))
    socket.deliver(Buffer.concat([produceFrames(to, 1, 1_000), fetch]))
    await fixture.advance(0)
    assert.equal(answerCount(socket), 2)
    assert.ok(Buffer.concat(socket.sent).includes('x'.repeat(1_000)))
  })
})
