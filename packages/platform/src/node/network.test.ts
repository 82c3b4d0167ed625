import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Listener, Socket } from '../environment.ts'
import { LineLogger } from '../line-logger.ts'
import { NodeNetwork } from './network.ts'

for (const readsInPlace of [true, false]) {
  describe(readsInPlace ? 'NodeNetwork, reading in place' : 'NodeNetwork, reading by events', () => {
    it('carries bytes both ways, in order', async () => {
      await connected(async ({ client, server }) => {
        client.socket.write([Buffer.from('ab'), Buffer.alloc(300_000, 'c'), Buffer.from('d')])
        server.socket.write([Buffer.from('welcome')])
        await server.until(() => server.text.length === 300_003)
        await client.until(() => client.text.length === 7)
        assert.equal(server.text, `ab${'c'.repeat(300_000)}d`)
        assert.equal(client.text, 'welcome')
      })
    })

    it('delivers nothing before the start', async () => {
      const sockets: Socket[] = []
      await listening(
        (socket) => void sockets.push(socket),
        async (listener, network) => {
          const client = await network.connect({ host: '127.0.0.1', port: listener.port, timeoutMs: 5000 })
          const end = new End(client)
          client.write([Buffer.from('early')])
          await end.until(() => sockets.length === 1)
          const [socket] = sockets
          assert.ok(socket !== undefined)
          const server = new End(socket)
          await server.until(() => server.text === 'early')
          client.destroy()
          await server.closed
        },
      )
    })

    it('tells the addresses of both ends, IPv4 as such', async () => {
      await connected(async ({ client, server, listener }) => {
        assert.equal(client.socket.remotePort, listener.port)
        assert.equal(client.socket.remoteAddress, '127.0.0.1')
        assert.equal(server.socket.remoteAddress, '127.0.0.1')
        assert.equal(server.socket.localPort, listener.port)
        assert.equal(server.socket.remotePort, client.socket.localPort)
      }, '::')
    })

    it('says when what waited was sent, and what waits meanwhile', async () => {
      await connected(async ({ client, server }) => {
        server.socket.pause()
        let isTaking = true
        let written = 0
        while (isTaking) {
          isTaking = client.socket.write([Buffer.alloc(100_000)])
          written += 100_000
        }
        assert.ok(client.socket.waitingBytes > 64 * 1024)
        assert.equal(client.drainedCount, 0)
        server.socket.resume()
        await client.until(() => client.drainedCount > 0)
        assert.equal(client.socket.waitingBytes, 0)
        await server.until(() => server.text.length === written)
      })
    })

    it('says nothing where nothing had to wait', async () => {
      await connected(async ({ client, server }) => {
        assert.equal(client.socket.write([Buffer.from('x')]), true)
        assert.equal(client.socket.waitingBytes, 0)
        await server.until(() => server.text === 'x')
        assert.equal(client.drainedCount, 0)
      })
    })

    it('lets an end that has said all still hear the answer', async () => {
      await connected(async ({ client, server }) => {
        server.endsWithPeer = false
        client.socket.write([Buffer.from('question')])
        client.socket.end()
        await server.until(() => server.isEnded)
        server.socket.write([Buffer.from('answer')])
        server.socket.end()
        await Promise.all([client.closed, server.closed])
        assert.equal(client.text, 'answer')
        assert.equal(client.reason, undefined)
      })
    })

    it('delivers nothing but the end after a destroy, also within a delivery', async () => {
      await connected(async ({ client, server }) => {
        server.onReceived = () => server.socket.destroy()
        client.socket.write([Buffer.alloc(200_000)])
        await server.closed
        const { length } = server.text
        assert.ok(length <= 1000, `${length}`)
        server.socket.destroy()
        assert.equal(server.socket.write([Buffer.from('x')]), false)
        await client.closed
      })
    })

    it('gives a reason where the peer resets', async () => {
      await connected(async ({ client, server }) => {
        // Unread bytes turn the close into a reset.
        server.socket.pause()
        client.socket.write([Buffer.alloc(500_000)])
        server.socket.destroy()
        await client.closed
        assert.match(client.reason?.message ?? '', /ECONNRESET|EPIPE/)
      })
    })

    it('tells a receiver that comes too late', async () => {
      await connected(async ({ network, listener }) => {
        const socket = await network.connect({ host: '127.0.0.1', port: listener.port, timeoutMs: 5000 })
        socket.destroy()
        await new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)))
        await new End(socket).closed
      })
    })

    it('gives up connecting after its time', async () => {
      await connected(async ({ network, listener }) => {
        const connecting = network.connect({ host: '127.0.0.1', port: listener.port, timeoutMs: 1 })
        // Timers come before what the system has to tell: the time is over when the connection is there.
        const untilMs = performance.now() + 5
        while (performance.now() < untilMs);
        await assert.rejects(connecting, { name: 'NetworkError', code: 'ETIMEDOUT' })
      })
    })

    it('says why it cannot listen or connect', async () => {
      await connected(async ({ network, listener }) => {
        const taken = network.listen({ host: '127.0.0.1', port: listener.port }, () => undefined)
        await assert.rejects(taken, { name: 'NetworkError', code: 'EADDRINUSE', port: listener.port })
        await listener.close()
        await listener.close()
        const refused = network.connect({ host: '127.0.0.1', port: listener.port, timeoutMs: 5000 })
        await assert.rejects(refused, { name: 'NetworkError', code: 'ECONNREFUSED' })
      })
    })

    const listening = async (
      accept: (socket: Socket) => void,
      use: (listener: Listener, network: NodeNetwork) => Promise<void>,
      host = '127.0.0.1',
    ): Promise<void> => {
      const logger = new LineLogger({ level: 'off', format: 'text', wallMs: () => 0, write: () => undefined })
      const network = new NodeNetwork({ logger, readsInPlace })
      const listener = await network.listen({ host, port: 0 }, accept)
      try {
        await use(listener, network)
      } finally {
        await listener.close()
      }
    }

    const connected = async (use: (parts: Connected) => Promise<void>, host?: string): Promise<void> => {
      const servers: End[] = []
      await listening(
        (socket) => void servers.push(new End(socket)),
        async (listener, network) => {
          const client = new End(await network.connect({ host: '127.0.0.1', port: listener.port, timeoutMs: 5000 }))
          await client.until(() => servers.length === 1)
          const [server] = servers
          assert.ok(server !== undefined)
          try {
            await use({ network, listener, client, server })
          } finally {
            client.socket.destroy()
            server.socket.destroy()
          }
        },
        host,
      )
    }
  })
}

describe('NodeNetwork', () => {
  it('lets bytes land in the memory of the receiver', async () => {
    // The copies of the other way would be seen as several targets for one chunk.
    const logger = new LineLogger({ level: 'off', format: 'text', wallMs: () => 0, write: () => undefined })
    const network = new NodeNetwork({ logger })
    const target = Buffer.alloc(1_000_000)
    let largest = 0
    const { promise, resolve } = Promise.withResolvers<void>()
    let received = 0
    const listener = await network.listen({ host: '127.0.0.1', port: 0 }, (socket) => {
      socket.start({
        target: () => target,
        received(byteCount) {
          largest = Math.max(largest, byteCount)
          received += byteCount
          if (received === 4_000_000) resolve()
        },
        drained: () => undefined,
        ended: () => socket.end(),
        closed: () => undefined,
      })
    })
    const socket = await network.connect({ host: '127.0.0.1', port: listener.port, timeoutMs: 5000 })
    const end = new End(socket)
    for (let count = 0; count < 4; count++) socket.write([Buffer.alloc(1_000_000)])
    await promise
    // 'data' events bring 64 KiB at most.
    assert.ok(largest > 65_536, `${largest}`)
    socket.destroy()
    await end.closed
    await listener.close()
  })
})

interface Connected {
  readonly network: NodeNetwork
  readonly listener: Listener
  readonly client: End
  readonly server: End
}

/** One end of a connection, with what it heard. Its target is small, so that what arrives comes in parts. */
class End {
  readonly socket: Socket
  readonly closed: Promise<void>
  text = ''
  drainedCount = 0
  isEnded = false
  endsWithPeer = true
  reason: Error | undefined
  onReceived = (): void => undefined

  constructor(socket: Socket) {
    this.socket = socket
    const { promise, resolve } = Promise.withResolvers<void>()
    this.closed = promise
    const target = Buffer.alloc(1000)
    socket.start({
      target: () => target,
      received: (byteCount) => {
        this.text += target.toString('latin1', 0, byteCount)
        this.onReceived()
      },
      drained: () => void this.drainedCount++,
      ended: () => {
        this.isEnded = true
        if (this.endsWithPeer) socket.end()
      },
      closed: (reason) => {
        this.reason = reason
        resolve()
      },
    })
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => setImmediate(resolve))
  }
}
