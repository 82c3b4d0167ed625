import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Socket } from '@gregor/platform'
import { type SimulatedEnvironment, SimulatedWorld } from '@gregor/testkit/simulation'
import { ConnectionLimits, type ConnectionLimitsOptions, type ListenerLimits } from './connection-limits.ts'
import { ConnectionResources, type ConnectionResourcesOptions } from './connection-resources.ts'
import { FrameServer } from './frame-server.ts'
import { framed, framesIn } from './scripted-socket.ts'
import type { FrameHandler } from './server-connection.ts'

describe('FrameServer', () => {
  it('serves the frames of many connections', async () => {
    const { world, server, connect } = await newServer()
    const peers = await Promise.all([connect('a'), connect('b')])
    for (const [index, peer] of peers.entries()) peer.socket.write([framed(`from ${index}`)])
    await world.time.runUntil(() => peers.every((peer) => peer.frames.length === 1))
    assert.deepEqual(
      peers.map((peer) => peer.frames),
      [['from 0'], ['from 1']],
    )
    assert.equal(server.connectionCount, 2)
  })

  it('makes one handler for each connection and tells it who the peer is', async () => {
    const addresses: string[] = []
    const { connect } = await newServer({
      handlerFor: ({ remoteAddress }) => {
        addresses.push(remoteAddress)
        return echo
      },
    })
    await connect('a')
    await connect('b')
    assert.deepEqual(addresses, ['10.0.0.2', '10.0.0.3'])
  })

  it('closes a connection of an address that has as many as it may', async () => {
    const { world, server, connect, environment } = await newServer({ limits: { connectionCountMaxPerAddress: 1 } })
    const first = await connect('a')
    const second = await connect('a')
    await world.time.runUntil(() => second.isClosed)
    assert.equal(first.isClosed, false)
    assert.equal(server.refusedCount, 1)
    assert.deepEqual(environment.logger.lines(), ['INFO Refused a connection'])
  })

  it('lets a connection beyond the total wait until another one ends', async () => {
    const { world, connect } = await newServer({ limits: { connectionCountMax: 1 } })
    const first = await connect('a')
    const second = await connect('b')
    second.socket.write([framed('at last')])
    await world.time.advance(1000)
    assert.deepEqual(second.frames, [])
    first.socket.destroy()
    await world.time.runUntil(() => second.frames.length === 1)
    assert.deepEqual(second.frames, ['at last'])
  })

  it('closes connections beyond those that may wait', async () => {
    const { world, connect, server } = await newServer({ limits: { connectionCountMax: 1 } })
    for (let count = 0; count < 1_025; count++) await connect('a')
    const oneTooMany = await connect('a')
    await world.time.runUntil(() => oneTooMany.isClosed)
    assert.equal(server.refusedCount, 1)
  })

  it('lets a connection wait that the listener alone has no room for', async () => {
    const { world, connect, server } = await newServer({ listenerLimits: () => ({ connectionCountMax: 1 }) })
    const first = await connect('a')
    const second = await connect('b')
    await world.time.advance(1000)
    assert.equal(server.connectionCount, 1)
    first.socket.destroy()
    second.socket.write([framed('at last')])
    await world.time.runUntil(() => second.frames.length === 1)
    assert.deepEqual(second.frames, ['at last'])
  })

  it('takes a connection on a protected listener whatever others have', async () => {
    const connectionLimits = new ConnectionLimits({ connectionCountMax: 1 })
    connectionLimits.entered('10.0.0.99')
    const { connect, server } = await newServer({ connectionLimits, listenerLimits: () => ({ isProtected: true }) })
    await connect('a')
    assert.equal(server.connectionCount, 1)
  })

  it('lets in those that wait when a limit rises, or another listener has one less', async () => {
    const connectionLimits = new ConnectionLimits({ connectionCountMax: 1 })
    connectionLimits.entered('10.0.0.99')
    const { world, connect, server } = await newServer({ connectionLimits })
    await connect('a')
    await connect('b')
    await world.time.advance(10)
    assert.equal(server.connectionCount, 0)
    connectionLimits.left('10.0.0.99')
    assert.equal(server.connectionCount, 1)
    connectionLimits.configure({ connectionCountMax: 2 })
    assert.equal(server.connectionCount, 2)
  })

  it('holds up the connections behind one that is delayed, and asks for each in its turn', async () => {
    const askedAtMs: number[] = []
    const admit = (_address: string, nowMs: number) => {
      askedAtMs.push(Math.round(nowMs))
      return { outcome: 'accept', delayMs: 1000 } as const
    }
    const { world, connect, server } = await newServer({ listenerLimits: () => ({ admit }) })
    await connect('a')
    await connect('a')
    await connect('a')
    await world.time.advance(2500)
    assert.equal(server.connectionCount, 2)
    await world.time.advance(1000)
    assert.equal(server.connectionCount, 3)
    const [first = 0] = askedAtMs
    assert.deepEqual(askedAtMs, [first, first + 1000, first + 2000])
  })

  it('closes a connection that is refused after its delay, and holds up nobody meanwhile', async () => {
    const admit = (address: string) => {
      const outcome = address === '10.0.0.2' ? 'refuse' : 'accept'
      return { outcome, delayMs: outcome === 'refuse' ? 1000 : 0 } as const
    }
    const { world, connect, server } = await newServer({ listenerLimits: () => ({ admit }) })
    const refused = await connect('a')
    await connect('b')
    await world.time.advance(900)
    assert.deepEqual([refused.isClosed, server.connectionCount], [false, 1])
    await world.time.advance(200)
    assert.deepEqual([refused.isClosed, server.connectionCount, server.refusedCount], [true, 1, 1])
  })

  it('closes an idle connection after the idle time, and none that shows a sign of life', async () => {
    const { world, connect, environment } = await newServer({ idleMsMax: 10_000 })
    const idle = await connect('a')
    const busy = await connect('b')
    const startedAtMs = world.time.nowMs
    while (!idle.isClosed) {
      busy.socket.write([framed('still here')])
      await world.time.advance(1000)
    }
    const tookMs = world.time.nowMs - startedAtMs
    assert.ok(tookMs >= 10_000 && tookMs <= 12_000, `${tookMs}`)
    assert.equal(busy.isClosed, false)
    assert.deepEqual(environment.logger.lines(), ['INFO Closing an idle connection'])
  })

  it('closes a connection whose frame drips in', async () => {
    const { world, connect } = await newServer({ idleMsMax: 10_000 })
    const peer = await connect('a')
    peer.socket.write([framed('x'.repeat(50_000)).subarray(0, 10)])
    while (!peer.isClosed && world.time.nowMs < 60_000) {
      peer.socket.write([Buffer.from('x')])
      await world.time.advance(1000)
    }
    assert.equal(peer.isClosed, true)
  })

  it('closes a half-open connection', async () => {
    const { world, connect, server } = await newServer({ idleMsMax: 10_000 })
    const peer = await connect('a')
    peer.socket.write([framed('x')])
    await world.time.advance(100)
    world.network.vanish('a')
    assert.equal(server.connectionCount, 1)
    await world.time.advance(12_000)
    assert.equal(server.connectionCount, 0)
  })

  it('closes who takes no answers for the idle time, and bounds what waits for it', async () => {
    const answer = Buffer.alloc(100_000)
    const { world, connect, environment, server } = await newServer({
      idleMsMax: 10_000,
      handlerFor: () => ({ frame: () => [answer] }),
    })
    const peer = await connect('a')
    peer.socket.pause()
    for (let count = 0; count < 1000; count++) peer.socket.write([framed('more')])
    await world.time.advance(1000)
    const [connection] = server.connections
    assert.ok((connection?.responseBytes ?? 0) < 1_200_000, `${connection?.responseBytes}`)
    await world.time.advance(15_000)
    assert.equal(server.connectionCount, 0)
    assert.deepEqual(environment.logger.lines(), ['INFO Closing a connection that takes no answers'])
  })

  it('closes who takes no answers soon where answers fill the memory, and serves the others', async () => {
    const { world, connect, server, environment } = await newServer({
      idleMsMax: 600_000,
      resources: { responseBytesMax: 500_000 },
      handlerFor: () => ({ frame: (frame) => [Buffer.alloc(Number(frame.toString()))] }),
    })
    const lazy = await connect('a')
    lazy.socket.pause()
    for (let count = 0; count < 10; count++) lazy.socket.write([framed('100000')])
    const other = await connect('b')
    await world.time.advance(100)
    other.socket.write([framed('5')])
    await world.time.advance(100)
    assert.equal(other.frames.length, 1)
    assert.equal(server.connectionCount, 2)
    await world.time.advance(3_000)
    assert.equal(server.connectionCount, 1)
    assert.equal(lazy.isClosed, false, 'it does not read, so it does not notice')
    assert.deepEqual(environment.logger.entries.at(-1)?.fields['isMemoryShort'], true)
  })

  it('closes soon who sends half of a frame where such halves fill the memory, and nobody else', async () => {
    const { world, connect } = await newServer({ idleMsMax: 600_000, resources: { requestBytesMax: 100_000 } })
    const half = await connect('a')
    const idle = await connect('b')
    half.socket.write([framed('x'.repeat(200_000)).subarray(0, 110_000)])
    await world.time.advance(1_000)
    assert.equal(half.isClosed, false)
    await world.time.advance(3_000)
    assert.deepEqual([half.isClosed, idle.isClosed], [true, false])
  })

  it('closes who fills the memory with a frame that comes in drop by drop, and takes those of who waited', async () => {
    const { world, connect, environment } = await newServer({ resources: { requestBytesMax: 100_000 } })
    const slow = await connect('a')
    const drops = framed('x'.repeat(900_000))
    slow.socket.write([drops.subarray(0, 110_000)])
    await world.time.advance(100)
    const other = await connect('b')
    other.socket.write([framed('y'.repeat(200_000))])
    for (let second = 0; second < 9; second++) {
      slow.socket.write([drops.subarray(110_000 + second * 5_000, 115_000 + second * 5_000)])
      await world.time.advance(1_000)
    }
    assert.deepEqual([slow.isClosed, other.frames.length], [false, 0])
    for (let second = 9; second < 13; second++) {
      slow.socket.write([drops.subarray(110_000 + second * 5_000, 115_000 + second * 5_000)])
      await world.time.advance(1_000)
    }
    assert.deepEqual([slow.isClosed, other.frames.length], [true, 1])
    assert.match(environment.logger.lines().join(), /comes in too slowly/)
  })

  it('lets a large frame take its time where nobody waits', async () => {
    const { world, connect } = await newServer({ resources: { requestBytesMax: 100_000 } })
    const slow = await connect('a')
    const frame = framed('x'.repeat(200_000))
    for (let at = 0; at < frame.length; at += 10_000) {
      slow.socket.write([frame.subarray(at, at + 10_000)])
      await world.time.advance(1_000)
    }
    assert.equal(slow.frames.length, 1)
  })

  it('tells of the first connections that it refuses, and then how many more there were', async () => {
    const { world, connect, environment } = await newServer({ limits: { connectionCountMaxPerAddress: 0 } })
    for (let count = 0; count < 100; count++) await connect('a')
    await world.time.advance(10_000)
    assert.equal(environment.logger.entries.length, 11)
    assert.equal(environment.logger.entries.at(-1)?.fields['more'], 90)
  })

  it('stops at once when told to, and twice is once', async () => {
    const { world, server, connect } = await newServer()
    const peer = await connect('a')
    await world.time.run(Promise.all([server.close(), server.close()]))
    await world.time.runUntil(() => peer.isClosed)
    assert.equal(server.connectionCount, 0)
    await assert.rejects(connect('b'), { code: 'ECONNREFUSED' })
    await server.close()
  })

  it('lets requests be answered within the grace time when it stops', async () => {
    const { promise, resolve } = Promise.withResolvers<readonly Uint8Array[]>()
    const { world, server, connect } = await newServer({ handlerFor: () => ({ frame: () => promise }) })
    const peer = await connect('a')
    peer.socket.write([framed('asked')])
    await world.time.advance(10)
    const closing = server.close(5000)
    await world.time.advance(1000)
    resolve([Buffer.from('answered')])
    await world.time.run(closing)
    await world.time.runUntil(() => peer.isClosed)
    assert.deepEqual(peer.frames, ['answered'])
  })

  it('waits no longer than the grace time', async () => {
    const never = new Promise<readonly Uint8Array[]>(() => undefined)
    const { world, server, connect } = await newServer({ handlerFor: () => ({ frame: () => never }) })
    const peer = await connect('a')
    peer.socket.write([framed('asked')])
    await world.time.advance(10)
    const startedAtMs = world.time.nowMs
    await world.time.run(server.close(5000))
    assert.ok(world.time.nowMs - startedAtMs < 5100)
  })

  it('closes connections that waited for room or for their begin when it stops', async () => {
    const { world, server, connect } = await newServer({
      limits: { connectionCountMax: 1 },
      listenerLimits: () => ({ admit: () => ({ outcome: 'accept', delayMs: 10_000 }) }),
    })
    const peers = [await connect('a'), await connect('a'), await connect('a')]
    await world.time.run(server.close())
    await world.time.advance(30_000)
    assert.deepEqual(
      peers.map((peer) => peer.isClosed),
      [true, true, true],
    )
  })
})

const echo: FrameHandler = { frame: (frame) => [Buffer.from(frame)] }

interface ServerParts {
  readonly limits?: ConnectionLimitsOptions
  readonly connectionLimits?: ConnectionLimits
  readonly listenerLimits?: () => ListenerLimits
  readonly resources?: ConnectionResourcesOptions
  readonly idleMsMax?: number
  readonly handlerFor?: (peer: { readonly remoteAddress: string }) => FrameHandler
}

interface Peer {
  readonly socket: Socket
  readonly frames: string[]
  readonly isClosed: boolean
}

interface ServerWorld {
  readonly world: SimulatedWorld
  readonly environment: SimulatedEnvironment
  readonly server: FrameServer
  connect(hostName: string): Promise<Peer>
}

async function newServer(parts: ServerParts = {}): Promise<ServerWorld> {
  const world = new SimulatedWorld({ seed: 7 })
  const { environment } = world.node('server')
  const server = await world.time.run(
    FrameServer.open({
      environment,
      host: '0.0.0.0',
      port: 9092,
      resources: new ConnectionResources({ receiveBytes: 64 * 1024, ...parts.resources }),
      connectionLimits: parts.connectionLimits ?? new ConnectionLimits(parts.limits),
      ...(parts.listenerLimits === undefined ? {} : { listenerLimits: parts.listenerLimits }),
      limits: {
        frameBytesMax: 1_000_000,
        framesInFlightMax: 100,
        lateAnswersMax: 100,
        requestBytesMax: 1_000_000,
        responseBytesMax: 1_000_000,
      },
      idleMsMax: parts.idleMsMax ?? 600_000,
      handlerFor: parts.handlerFor ?? (() => echo),
    }),
  )
  const connect = async (hostName: string): Promise<Peer> => {
    const { network } = world.node(hostName).environment
    return peerOn(await world.time.run(network.connect({ host: 'server', port: 9092, timeoutMs: 1000 })))
  }
  return { world, environment, server, connect }
}

/** The other end: keeps the frames that come. */
function peerOn(socket: Socket): Peer {
  const target = Buffer.alloc(200_000)
  let bytes = Buffer.alloc(0)
  let isClosed = false
  socket.start({
    target: () => target,
    received(byteCount) {
      bytes = Buffer.concat([bytes, target.subarray(0, byteCount)])
    },
    drained: () => undefined,
    ended: () => socket.destroy(),
    closed: () => (isClosed = true),
  })
  return {
    socket,
    get frames() {
      return framesIn(bytes)
    },
    get isClosed() {
      return isClosed
    },
  }
}
