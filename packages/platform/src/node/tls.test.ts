import assert from 'node:assert/strict'
import type net from 'node:net'
import nodeNet from 'node:net'
import { describe, it } from 'node:test'
import tls from 'node:tls'
import type { Socket, TlsOptions } from '../environment.ts'
import { LineLogger } from '../line-logger.ts'
import { NodeNetwork } from './network.ts'

/** Of `localhost`, signed by itself, for tests only; it ends in a hundred years. */
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgJwziZSvGahKRBSJo
FyUMGqqYIo9H3J51uBcqIePfrlyhRANCAAS44mMLX+0XsA/v3glz5LbtLSRc2otx
xYB4dxw/ZTXR4/8qyDoUNx/AxKMzA1Z80boUw5JySDDZBwcTqDAFKcwF
-----END PRIVATE KEY-----
`
const certificate = `-----BEGIN CERTIFICATE-----
MIIBlTCCATugAwIBAgIUOgUiLhpfmI9Nmwr8IvBbbML5IEUwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTIyMDExNVoYDzIxMjYxMDI4
MjIwMTE1WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAS44mMLX+0XsA/v3glz5LbtLSRc2otxxYB4dxw/ZTXR4/8qyDoUNx/A
xKMzA1Z80boUw5JySDDZBwcTqDAFKcwFo2kwZzAdBgNVHQ4EFgQUruFFL6HmxIZP
fwxU1ReHTopVLp8wHwYDVR0jBBgwFoAUruFFL6HmxIZPfwxU1ReHTopVLp8wDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SAAwRQIgFju4Et0FNCWuEictTwTDYnYFqnTJ0a5OHW5pFiGymqkCIQCkU5oPgIrU
BN56zyGhFwt6IKu+QUc1isix82rsoOD7nw==
-----END CERTIFICATE-----
`

const trusting: TlsOptions = { trusted: [certificate], checksHost: true, serverName: 'localhost' }

describe('a connection with TLS', () => {
  it('carries bytes both ways, in order', async () => {
    await served(echoing(), async (port) => {
      const socket = await connect(port, trusting)
      assert.equal(socket.remoteAddress, '127.0.0.1')
      const text = `ab${'c'.repeat(300_000)}d`
      assert.equal(await answer(socket, text), text)
      socket.destroy()
    })
  })

  it('is for any host where that is not checked', async () => {
    await served(echoing(), async (port) => {
      const other = { ...trusting, serverName: 'elsewhere' }
      await assert.rejects(connect(port, other), { operation: 'secure', code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
      const socket = await connect(port, { ...other, checksHost: false })
      socket.destroy()
    })
  })

  it('is refused where nobody vouches for the certificate', async () => {
    await served(echoing(), async (port) => {
      await assert.rejects(connect(port, { checksHost: true, serverName: 'localhost' }), {
        name: 'NetworkError',
        operation: 'secure',
        code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
      })
    })
  })

  it('shows a certificate where the server wants one', async () => {
    const server = echoing({ requestCert: true, ca: certificate, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' })
    await served(server, async (port) => {
      await assert.rejects(connect(port, trusting), { operation: 'secure' })
      const socket = await connect(port, { ...trusting, key, certificateChain: certificate, minVersion: 'TLSv1.2' })
      assert.equal(await answer(socket, 'hello'), 'hello')
      socket.destroy()
    })
  })

  it('agrees on no version that one side does not want', async () => {
    await served(echoing({ minVersion: 'TLSv1.3' }), async (port) => {
      await assert.rejects(connect(port, { ...trusting, maxVersion: 'TLSv1.2' }), { operation: 'secure' })
    })
  })

  it('says that the other side does not speak it', async () => {
    const plain = nodeNet.createServer((socket) => socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request'))
    await served(plain, async (port) => {
      await assert.rejects(connect(port, trusting), { operation: 'secure', code: /^(ERR_SSL_|EPROTO)/ })
    })
  })

  it('says that the other side went away in the handshake', async () => {
    const silent = nodeNet.createServer((socket) =>
      socket.on('error', () => undefined).once('data', () => socket.destroy()),
    )
    await served(silent, async (port) => {
      await assert.rejects(connect(port, trusting), { operation: 'secure', code: 'ECONNRESET' })
    })
  })

  it('gives the handshake up after its time', async () => {
    const sockets: net.Socket[] = []
    const silent = nodeNet.createServer((socket) => void sockets.push(socket.on('error', () => undefined)))
    await served(silent, async (port) => {
      const connecting = network().connect({ host: '127.0.0.1', port, timeoutMs: 50, tls: trusting })
      await assert.rejects(connecting, { operation: 'secure', code: 'ETIMEDOUT' })
      for (const socket of sockets) socket.destroy()
    })
  })

  it('fails as a plain one where nobody listens', async () => {
    let closedPort = 0
    await served(nodeNet.createServer(), (port) => {
      closedPort = port
      return Promise.resolve()
    })
    await assert.rejects(connect(closedPort, trusting), { operation: 'connect', code: 'ECONNREFUSED' })
  })
})

function network(): NodeNetwork {
  const logger = new LineLogger({ level: 'off', format: 'text', wallMs: () => 0, write: () => undefined })
  return new NodeNetwork({ logger })
}

function connect(port: number, options: TlsOptions): Promise<Socket> {
  return network().connect({ host: '127.0.0.1', port, timeoutMs: 5000, tls: options })
}

function echoing(options: tls.TlsOptions = {}): tls.Server {
  const server = tls.createServer({ key, cert: certificate, ...options }, (socket) => {
    socket.on('error', () => undefined)
    socket.pipe(socket)
  })
  return server.on('tlsClientError', () => undefined)
}

async function served(server: net.Server, run: (port: number) => Promise<void>): Promise<void> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  try {
    await run((server.address() as net.AddressInfo).port)
  } finally {
    server.close()
  }
}

/** What comes back for the text, once it is as long. */
async function answer(socket: Socket, text: string): Promise<string> {
  const target = Buffer.alloc(1000)
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let heard = ''
  socket.start({
    target: () => target,
    received: (byteCount) => {
      heard += target.toString('latin1', 0, byteCount)
      if (heard.length >= text.length) resolve(heard)
    },
    drained: () => undefined,
    ended: () => reject(new Error('ended')),
    closed: (reason) => reject(reason ?? new Error('closed')),
  })
  socket.write([Buffer.from(text.slice(0, 5)), Buffer.from(text.slice(5))])
  return promise
}
