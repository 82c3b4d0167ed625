/**
 * For tests of what the hot path costs: a broker whose connections are fed by hand, and whose files and sockets note
 * what they are given. Copies of bytes are counted where the runtime makes them; those of the fixture itself are not.
 */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { Disk, DiskFile, Network, Receiver, Socket } from '@gregor/platform'
import { Fetch, Produce } from '@gregor/protocol'
import { simulatedEnvironment, type SimulatedEnvironment } from '@gregor/testkit/simulation'
import { BrokerFixture, frameOf } from './broker-fixture.ts'
import { fetchRequest, produceRequest, sentBatch, type SentTo } from './produce-fixture.ts'

/** Counts bytes that are copied from one place in memory to another. */
export class CopyCounter {
  bytes = 0
  #isApart = false

  /** @param context - of the test: the runtime is as before when that is over. */
  constructor(context: TestContext) {
    const count = (byteCount: number): void => {
      if (!this.#isApart) this.bytes += byteCount
    }
    const { copy } = Buffer.prototype
    const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array
    const { set, slice, copyWithin } = typedArray
    const { concat } = Buffer
    context.mock.method(Buffer.prototype, 'copy', function (this: Buffer, ...given: Parameters<Buffer['copy']>) {
      const byteCount = copy.apply(this, given)
      count(byteCount)
      return byteCount
    })
    context.mock.method(typedArray, 'set', function (this: Uint8Array, ...given: Parameters<Uint8Array['set']>) {
      count(given[0].length)
      set.apply(this, given)
    })
    context.mock.method(typedArray, 'slice', function (this: Uint8Array, ...given: Parameters<Uint8Array['slice']>) {
      const sliced = slice.apply(this, given)
      count(sliced.byteLength)
      return sliced
    })
    context.mock.method(
      typedArray,
      'copyWithin',
      function (this: Uint8Array, ...given: Parameters<Uint8Array['copyWithin']>) {
        count((given[2] ?? this.length) - given[1])
        return copyWithin.apply(this, given)
      },
    )
    context.mock.method(Buffer, 'concat', (...given: Parameters<typeof Buffer.concat>) => {
      const whole = concat.apply(Buffer, given)
      count(whole.length)
      return whole
    })
  }

  /** What the fixture copies does not count. */
  apart<T>(work: () => T): T {
    const wasApart = this.#isApart
    this.#isApart = true
    try {
      return work()
    } finally {
      this.#isApart = wasApart
    }
  }
}

/** A file access as the system sees it: the pieces of memory it was given. */
type Pieces = readonly Uint8Array[]

/** Notes what is written to and read from the logs of the topic `events`. */
export class NotingDisk {
  readonly writes: Pieces[] = []
  readonly reads: Uint8Array[] = []
  copies: CopyCounter | undefined

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
    const write = (buffers: Pieces, position: number): void => {
      this.writes.push(buffers)
      this.#apart(() => file.write(buffers, position))
    }
    const readNow = (into: Uint8Array, position: number): number => {
      this.reads.push(into)
      return this.#apart(() => file.readNow(into, position))
    }
    return new Proxy(file, {
      get: (target, name) => {
        if (name === 'write') return write
        if (name === 'readNow') return readNow
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? (value as () => unknown).bind(target) : value
      },
    })
  }

  #apart<T>(work: () => T): T {
    return this.copies === undefined ? work() : this.copies.apart(work)
  }
}

/** The client’s end of a connection that is made by hand. */
export class HandSocket implements Socket {
  readonly remoteAddress = '10.0.0.9'
  readonly remotePort = 50_000
  readonly localPort = 9092
  readonly waitingBytes = 0
  /** By write. */
  readonly sent: Pieces[] = []
  /** What the last read landed in. */
  memory: ArrayBufferLike | undefined
  copies: CopyCounter | undefined
  /** Whether what is sent is kept. */
  keeps = true
  writeCount = 0
  #receiver: Receiver | undefined

  start(receiver: Receiver): void {
    this.#receiver = receiver
  }

  write(buffers: Pieces): boolean {
    this.writeCount++
    if (this.keeps) this.sent.push(buffers.map((buffer) => this.#apart(() => withMemory(buffer))))
    return true
  }

  /** One read of the system brings these bytes. */
  deliver(bytes: Buffer): void {
    const target = this.#receiver?.target() ?? Buffer.alloc(0)
    assert.ok(target.length >= bytes.length)
    this.memory = target.buffer
    this.#apart(() => target.set(bytes))
    this.#receiver?.received(bytes.length)
  }

  /** All that was sent. */
  get bytes(): Buffer {
    return this.#apart(() => Buffer.concat(this.sent.flat()))
  }

  get answerCount(): number {
    const { bytes } = this
    let count = 0
    for (let at = 0; at < bytes.length; at += 4 + bytes.readInt32BE(at)) count++
    return count
  }

  pause(): void {}
  resume(): void {}
  end(): void {}
  destroy(): void {
    this.#receiver?.closed()
  }

  #apart<T>(work: () => T): T {
    return this.copies === undefined ? work() : this.copies.apart(work)
  }
}

/** Where the bytes of a copy that `sent` keeps were when they were sent. */
const memories = new WeakMap<Uint8Array, ArrayBufferLike>()

/** The memory is used again after a write: what is kept is a copy. */
function withMemory(buffer: Uint8Array): Uint8Array {
  const copy = Buffer.from(buffer)
  memories.set(copy, buffer.buffer)
  return copy
}

/** Of a piece in `sent`: whose memory it was given to the system in. */
export function memoryOf(piece: Uint8Array): ArrayBufferLike | undefined {
  return memories.get(piece)
}

export interface Bench extends AsyncDisposable {
  readonly fixture: BrokerFixture
  readonly to: SentTo
  readonly disk: NotingDisk
  connect(): HandSocket
  /** From now on; of the sockets that are connected after it, too. */
  countCopies(context: TestContext): CopyCounter
}

export async function bench(): Promise<Bench> {
  const world = simulatedEnvironment(1)
  const disk = new NotingDisk()
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
      socket.copies = disk.copies
      accept?.(socket)
      return socket
    },
    countCopies(context) {
      disk.copies = new CopyCounter(context)
      return disk.copies
    },
    [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
  }
}

export function produceFrames(to: SentTo, count: number, valueBytes: number): Buffer {
  const records = sentBatch(['x'.repeat(valueBytes)])
  const frame = framed(frameOf(Produce, 12, produceRequest(to, records, 12)))
  return Buffer.concat(Array.from({ length: count }, () => frame))
}

export function fetchFrame(to: SentTo): Buffer {
  return framed(frameOf(Fetch, 12, fetchRequest(to, 12)))
}

export function framed(frame: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(frame.length)
  return Buffer.concat([length, frame])
}
