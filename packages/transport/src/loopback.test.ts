/** The server on real sockets, against peers that do not behave. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Environment, type Socket, nodeEnvironment } from '@gregor/platform'
import { ClientConnection } from './client-connection.ts'
import { ConnectionLimits } from './connection-limits.ts'
import { ConnectionResources } from './connection-resources.ts'
import { FrameServer } from './frame-server.ts'
import { framed, framesIn } from './scripted-socket.ts'

const mib = 1024 * 1024

describe('FrameServer on loopback', () => {
  let environment: Environment
  let server: FrameServer
  let resources: ConnectionResources
  let good: ClientConnection

  before(async () => {
    environment = nodeEnvironment({ logLevel: 'off' })
    resources = new ConnectionResources()
    // Long enough for a machine that has much else to do.
    server = await openServer(3_000)
    good = await connectGood()
  })

  after(async () => {
    await good.close()
    await server.close()
  })

  it('serves pipelined requests in order', async () => {
    const sizes = Array.from({ length: 1000 }, (_, index) => index)
    const answers = await Promise.all(sizes.map((size) => ask(good, size)))
    assert.deepEqual(
      answers.map((answer) => answer.length),
      sizes,
    )
  })

  it('serves frames and answers of many megabytes', async () => {
    const large = Buffer.alloc(20 * mib)
    const [first, second] = await Promise.all([
      good.request((id) => [int32(id), Buffer.from('5 '), large], { timeoutMs: 10_000 }),
      ask(good, 30 * mib),
    ])
    assert.equal(first.length, 0)
    assert.equal(second.length, 30 * mib)
  })

  it('closes a connection with a negative length, and only that', async () => {
    const peer = await connectRaw()
    peer.socket.write([Buffer.from([0xff, 0xff, 0xff, 0xfe])])
    await peer.closed
    assert.equal((await ask(good, 7)).length, 7)
  })

  it('closes a connection with a giant length, before it takes memory', async () => {
    const before = resources.slabs.lentBytes
    const peer = await connectRaw()
    peer.socket.write([int32(100 * mib + 1)])
    await peer.closed
    assert.equal(resources.slabs.lentBytes, before)
  })

  it('takes little memory for large lengths without bytes behind them', async () => {
    const peers = await Promise.all(Array.from({ length: 50 }, () => connectRaw()))
    const before = process.memoryUsage.rss()
    for (const peer of peers) peer.socket.write([Buffer.concat([int32(100 * mib), Buffer.alloc(100)])])
    assert.equal((await ask(good, 1)).length, 1)
    const grownBy = process.memoryUsage.rss() - before
    assert.ok(grownBy < 16 * mib, `${grownBy}`)
    // They are closed as idle: so little is no sign of life.
    await Promise.all(peers.map((peer) => peer.closed))
    await until(() => server.connectionCount === 1)
    assert.equal(resources.slabs.lentBytes, 0)
  })

  it('answers before it closes when the peer ends in the middle of a frame', async () => {
    const peer = await connectRaw()
    peer.socket.write([Buffer.concat([framed('____3'), framed('never whole').subarray(0, 8)])])
    peer.socket.end()
    await peer.closed
    assert.deepEqual(peer.frames(), ['____\0\0\0'])
  })

  it('closes a peer that drips bytes, within the idle time', async () => {
    const peer = await connectRaw()
    peer.socket.write([int32(1000)])
    let isClosed = false
    void peer.closed.then(() => (isClosed = true))
    const startedAtMs = environment.clock.monotonicMs()
    const drip = (): void => {
      if (isClosed) return
      peer.socket.write([Buffer.from('.')])
      environment.clock.schedule(20, drip)
    }
    drip()
    await peer.closed
    assert.ok(environment.clock.monotonicMs() - startedAtMs < 15_000)
  })

  it('bounds what waits for a peer that never reads, and closes it', async () => {
    const peer = await connectRaw()
    peer.socket.pause()
    const before = process.memoryUsage.rss()
    for (let count = 0; count < 100; count++) peer.socket.write([framed(`____${mib}`)])
    assert.equal((await ask(good, 2)).length, 2)
    const waiting = Math.max(...[...server.connections].map((connection) => connection.responseBytes))
    assert.ok(waiting <= 3 * mib + 100, `${waiting}`)
    const grownBy = process.memoryUsage.rss() - before
    assert.ok(grownBy < 48 * mib, `${grownBy}`)
    await until(() => server.connectionCount === 1)
    assert.equal(resources.responses.bytes, 0)
    peer.socket.destroy()
  })

  it('holds 1,000 idle connections in little memory', async () => {
    const patient = await openServer(600_000)
    const before = process.memoryUsage.rss()
    const peers = await Promise.all(Array.from({ length: 1000 }, () => connectRaw(patient)))
    for (const peer of peers) peer.socket.write([framed('____0')])
    await until(() => peers.every((peer) => peer.frames().length === 1))
    assert.equal(patient.connectionCount, 1000)
    // Both ends of each are in this process.
    const grownBy = process.memoryUsage.rss() - before
    assert.ok(grownBy < 64 * mib, `${grownBy}`)
    assert.equal(resources.slabs.lentBytes, 0)
    await patient.close()
    await Promise.all(peers.map((peer) => peer.closed))
  })

  it('survives random bytes', async () => {
    const peers = await Promise.all(Array.from({ length: 50 }, () => connectRaw()))
    for (const peer of peers) {
      const bytes = Buffer.alloc(1 + environment.random.below(5000))
      environment.random.fill(bytes)
      peer.socket.write([bytes])
    }
    assert.equal((await ask(good, 3)).length, 3)
    for (const peer of peers) peer.socket.destroy()
    await Promise.all(peers.map((peer) => peer.closed))
  })

  /** The answer to `____N` is N bytes long behind the first four. */
  function openServer(idleMsMax: number): Promise<FrameServer> {
    return FrameServer.open({
      environment,
      host: '127.0.0.1',
      port: 0,
      resources,
      connectionLimits: new ConnectionLimits(),
      limits: {
        frameBytesMax: 100 * mib,
        framesInFlightMax: 100,
        lateAnswersMax: 100,
        requestBytesMax: 64 * mib,
        responseBytesMax: 2 * mib,
      },
      idleMsMax,
      handlerFor: () => ({
        frame: (frame) => [Buffer.from(frame.subarray(0, 4)), Buffer.alloc(Number(frame.toString('latin1', 4)) || 0)],
      }),
    })
  }

  /** A client that keeps asking, so that it is never idle. */
  async function connectGood(): Promise<ClientConnection> {
    const connection = await ClientConnection.open({
      environment,
      host: '127.0.0.1',
      port: server.port,
      resources: new ConnectionResources(),
      connectTimeoutMs: 1000,
    })
    const stayAlive = (): void => {
      if (!connection.isOpen) return
      void ask(connection, 0).catch(() => undefined)
      environment.clock.schedule(50, stayAlive)
    }
    stayAlive()
    return connection
  }

  async function connectRaw(to: FrameServer = server): Promise<RawPeer> {
    const socket = await environment.network.connect({ host: '127.0.0.1', port: to.port, timeoutMs: 5000 })
    const chunks: Buffer[] = []
    const { promise, resolve } = Promise.withResolvers<void>()
    socket.start({
      target: () => shared,
      received: (byteCount) => void chunks.push(Buffer.from(shared.subarray(0, byteCount))),
      drained: () => undefined,
      ended: () => socket.end(),
      closed: () => resolve(),
    })
    return { socket, frames: () => framesIn(Buffer.concat(chunks)), closed: promise }
  }

  async function until(condition: () => boolean): Promise<void> {
    const untilMs = environment.clock.monotonicMs() + 10_000
    while (!condition()) {
      assert.ok(environment.clock.monotonicMs() < untilMs, 'it takes too long')
      await new Promise<void>((resolve) => environment.clock.schedule(20, resolve))
    }
  }
})

interface RawPeer {
  readonly socket: Socket
  readonly frames: () => readonly string[]
  readonly closed: Promise<void>
}

const shared = Buffer.alloc(64 * 1024)

function ask(connection: ClientConnection, byteCount: number): Promise<Buffer> {
  return connection.request((id) => [int32(id), Buffer.from(String(byteCount))], { timeoutMs: 10_000 })
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
