import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Listener, Socket } from '@gregor/platform'
import { SimulatedWorld } from './simulated-world.ts'

describe('SimulatedNetwork', () => {
  it('carries bytes in order, though in pieces', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const { world, client, server } = await newConnection(seed)
      const sent = Array.from({ length: 5000 }, (_, index) => String(index)).join()
      for (let at = 0; at < sent.length; at += 777) client.socket.write([Buffer.from(sent.slice(at, at + 777))])
      await world.time.runUntil(() => server.text.length === sent.length)
      assert.equal(server.text, sent)
      assert.ok(server.pieces > 30)
    }
  })

  it('carries bytes alike however they lie in buffers', async () => {
    const text = 'what is said in many words'
    for (let seed = 0; seed < 20; seed++) {
      const tookMs: number[] = []
      for (const words of [[text], text.split(/(?= )/), text.split('')]) {
        const { world, client, server } = await newConnection(seed)
        client.socket.write(words.map((word) => Buffer.from(word)))
        await world.time.runUntil(() => server.text === text)
        tookMs.push(world.time.nowMs, server.pieces)
      }
      const [first, pieces] = tookMs
      assert.deepEqual(tookMs, [first, pieces, first, pieces, first, pieces])
    }
  })

  it('takes the time of the link, and none twice for what is sent together', async () => {
    const { world, client, server } = await newConnection()
    world.network.link('client', 'server').latency = { minMs: 100, maxMs: 200 }
    const startedAtMs = world.time.nowMs
    client.socket.write([Buffer.from('a')])
    client.socket.write([Buffer.from('b')])
    await world.time.runUntil(() => server.text === 'ab')
    const tookMs = world.time.nowMs - startedAtMs
    assert.ok(tookMs >= 100 && tookMs <= 200, `${tookMs}`)
  })

  it('names hosts, and gives each its address', async () => {
    const { client, server } = await newConnection()
    assert.equal(client.socket.remoteAddress, '10.0.0.1')
    assert.equal(client.socket.remotePort, 9092)
    assert.equal(server.socket.remoteAddress, '10.0.0.2')
    assert.equal(server.socket.localPort, 9092)
    assert.equal(server.socket.remotePort, client.socket.localPort)
  })

  it('reaches a host by name, by address, and itself as localhost', async () => {
    const { world } = await newConnection()
    for (const [from, host] of [
      ['client', '10.0.0.1'],
      ['client', 'server'],
      ['server', 'localhost'],
      ['server', '127.0.0.1'],
    ] as const) {
      const { network } = world.node(from).environment
      const socket = await world.time.run(network.connect({ host, port: 9092, timeoutMs: 1000 }))
      assert.equal(socket.remotePort, 9092)
    }
  })

  it('refuses a connection nobody listens for, or to nowhere', async () => {
    const { world, listener } = await newConnection()
    const { network } = world.node('client').environment
    await assert.rejects(world.time.run(network.connect({ host: 'server', port: 1, timeoutMs: 1000 })), {
      name: 'NetworkError',
      code: 'ECONNREFUSED',
    })
    await assert.rejects(network.connect({ host: 'nowhere', port: 1, timeoutMs: 1000 }), { code: 'ENOTFOUND' })
    await listener.close()
    await listener.close()
    await assert.rejects(world.time.run(network.connect({ host: 'server', port: 9092, timeoutMs: 1000 })), {
      code: 'ECONNREFUSED',
    })
  })

  it('lets one listen on a port, and picks one for port 0', async () => {
    const { world } = await newConnection()
    const { network } = world.node('server').environment
    await assert.rejects(
      network.listen({ host: '0.0.0.0', port: 9092 }, () => undefined),
      { code: 'EADDRINUSE' },
    )
    const first = await network.listen({ host: '0.0.0.0', port: 0 }, () => undefined)
    const second = await network.listen({ host: '0.0.0.0', port: 0 }, () => undefined)
    assert.notEqual(first.port, second.port)
  })

  it('holds the sender back while the receiver does not read, and says when it has caught up', async () => {
    const { world, client, server } = await newConnection()
    server.socket.pause()
    assert.equal(client.socket.write([Buffer.alloc(60_000)]), true)
    assert.equal(client.socket.write([Buffer.alloc(200_000)]), false)
    await world.time.advance(100)
    assert.ok(client.socket.waitingBytes > 100_000)
    assert.equal(client.drainedCount, 0)
    server.socket.resume()
    server.socket.resume()
    await world.time.runUntil(() => server.text.length === 260_000)
    await world.time.advance(10)
    assert.equal(client.socket.waitingBytes, 0)
    assert.equal(client.drainedCount, 1)
  })

  it('sends what is in the memory when it leaves: who changes it too early sees it', async () => {
    const { world, client, server } = await newConnection()
    const bytes = Buffer.alloc(100_000, 'a')
    client.socket.write([bytes])
    bytes.fill('b')
    await world.time.runUntil(() => server.text.length === 100_000)
    assert.match(server.text, /^a{65536}b+$/)
  })

  it('lets an end that has said all still hear the answer', async () => {
    const { world, client, server } = await newConnection()
    client.socket.write([Buffer.from('question')])
    client.socket.end()
    client.socket.end()
    assert.equal(client.socket.write([Buffer.from('more')]), false)
    await world.time.runUntil(() => server.isEnded)
    assert.equal(server.text, 'question')
    server.socket.write([Buffer.from('answer')])
    server.socket.end()
    await world.time.runUntil(() => client.isClosed && server.isClosed)
    assert.equal(client.text, 'answer')
    assert.equal(client.reason, undefined)
  })

  it('tells the peer of a destroyed end that it ends, and resets it when it writes on', async () => {
    const { world, client, server } = await newConnection()
    server.socket.destroy()
    server.socket.destroy()
    await world.time.runUntil(() => client.isEnded && server.isClosed)
    client.socket.write([Buffer.from('is anybody there')])
    await world.time.runUntil(() => client.isClosed)
    assert.match(client.reason?.message ?? '', /reset/)
  })

  it('sends the end even where the peer does not read', async () => {
    const { world, client, server } = await newConnection()
    server.socket.pause()
    client.socket.write([Buffer.alloc(300_000)])
    await world.time.advance(10)
    client.socket.destroy()
    server.socket.resume()
    await world.time.runUntil(() => server.isEnded)
    assert.equal(server.text.length, 65_536)
  })

  it('tells a receiver that comes too late', async () => {
    const { world } = await newConnection()
    const { network } = world.node('client').environment
    const socket = await world.time.run(network.connect({ host: 'server', port: 9092, timeoutMs: 1000 }))
    world.network.cut('client')
    await world.time.advance(10)
    const end = new End(socket)
    await world.time.runUntil(() => end.isClosed)
    assert.match(end.reason?.message ?? '', /reset/)
  })

  it('breaks the connections of a host that is cut, at both ends', async () => {
    const { world, client, server } = await newConnection()
    world.network.cut('client')
    await world.time.runUntil(() => client.isClosed && server.isClosed)
    assert.ok(client.reason !== undefined && server.reason !== undefined)
  })

  it('holds up what is sent over a blocked link, in order, until it is healed', async () => {
    const { world, client, server } = await newConnection()
    world.network.link('client', 'server').block()
    client.socket.write([Buffer.from('held ')])
    server.socket.write([Buffer.from('the other way is open')])
    await world.time.advance(1000)
    client.socket.write([Buffer.from('up')])
    await world.time.advance(1000)
    assert.equal(server.text, '')
    assert.equal(client.text, 'the other way is open')
    world.network.heal()
    await world.time.advance(10)
    assert.equal(server.text, 'held up')
  })

  it('lets connecting time out across a partition, in either direction', async () => {
    const { world } = await newConnection()
    world.network.partition(['client'], ['server'])
    const { network } = world.node('client').environment
    const startedAtMs = world.time.nowMs
    await assert.rejects(world.time.run(network.connect({ host: 'server', port: 9092, timeoutMs: 500 })), {
      code: 'ETIMEDOUT',
    })
    assert.equal(world.time.nowMs - startedAtMs, 500)
  })

  it('leaves the other end of a vanished host half-open, and resets it once the host is back', async () => {
    const { world, client, server } = await newConnection()
    world.node('server').losePower()
    client.socket.write([Buffer.from('hello?')])
    await world.time.advance(60_000)
    assert.equal(client.isClosed, false)
    assert.equal(server.text, '')
    const { network } = world.node('client').environment
    await assert.rejects(world.time.run(network.connect({ host: 'server', port: 9092, timeoutMs: 500 })), {
      code: 'ETIMEDOUT',
    })
    world.node('server').restart()
    client.socket.write([Buffer.from('hello again')])
    await world.time.runUntil(() => client.isClosed)
    assert.match(client.reason?.message ?? '', /reset/)
  })
})

async function newConnection(
  seed = 1,
): Promise<{ world: SimulatedWorld; client: End; server: End; listener: Listener }> {
  const world = new SimulatedWorld({ seed })
  const servers: End[] = []
  const { network: serving } = world.node('server').environment
  const listener = await serving.listen({ host: '0.0.0.0', port: 9092 }, (socket) => servers.push(new End(socket)))
  const { network } = world.node('client').environment
  const client = new End(await world.time.run(network.connect({ host: 'server', port: 9092, timeoutMs: 1000 })))
  await world.time.advance(1)
  const [server] = servers
  assert.ok(server !== undefined)
  return { world, client, server, listener }
}

/** One end of a connection, with what it heard. */
class End {
  readonly socket: Socket
  text = ''
  pieces = 0
  drainedCount = 0
  isEnded = false
  isClosed = false
  reason: Error | undefined

  constructor(socket: Socket) {
    this.socket = socket
    const target = Buffer.alloc(1000)
    socket.start({
      target: () => target,
      received: (byteCount) => {
        this.text += target.toString('latin1', 0, byteCount)
        this.pieces++
      },
      drained: () => void this.drainedCount++,
      ended: () => (this.isEnded = true),
      closed: (reason) => {
        assert.equal(this.isClosed, false)
        this.isClosed = true
        this.reason = reason
      },
    })
  }
}
