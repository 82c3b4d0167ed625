/**
 * TLS over a connection of ours, the client's side. `node:tls` is loaded with the first connection that wants it: what
 * speaks plain TCP does not pay for OpenSSL at its start.
 */
import net from 'node:net'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import type { TlsOptions } from '../environment.ts'

/** Resolves once both sides have shown who they are. Rejects with what Node.js or OpenSSL says. */
export async function secured(socket: net.Socket, host: string, options: TlsOptions): Promise<net.Socket> {
  const tls = await import('node:tls')
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const secure: TLSSocket = tls.connect(connectionOptions(socket, host, options))
  secure.pause()
  secure.once('secureConnect', resolve)
  secure.once('error', reject)
  const ended = (): void => reject(Object.assign(new Error('ended in the handshake'), { code: 'ECONNRESET' }))
  secure.once('close', ended)
  // The raw socket's failures are reported by the one around it.
  socket.on('error', ignored)
  try {
    await promise
    return secure
  } catch (error) {
    secure.on('error', ignored)
    secure.destroy()
    throw error
  } finally {
    secure.off('close', ended)
    secure.off('error', reject)
  }
}

function ignored(): void {
  // Said by the promise, or by the socket around.
}

function connectionOptions(socket: net.Socket, host: string, options: TlsOptions): ConnectionOptions {
  const { trusted, certificateChain, key, archive, passphrase, minVersion, maxVersion, ciphers } = options
  const serverName = options.serverName ?? host
  return {
    socket,
    // What is checked against the certificate; for an address nothing is asked for.
    host: serverName,
    ...(net.isIP(serverName) === 0 ? { servername: serverName } : {}),
    ...(options.checksHost ? {} : { checkServerIdentity: () => undefined }),
    ...(trusted === undefined ? {} : { ca: [...trusted] }),
    ...(certificateChain === undefined ? {} : { cert: certificateChain }),
    ...(key === undefined ? {} : { key }),
    ...(archive === undefined ? {} : { pfx: Buffer.from(archive) }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(minVersion === undefined ? {} : { minVersion }),
    ...(maxVersion === undefined ? {} : { maxVersion }),
    ...(ciphers === undefined ? {} : { ciphers }),
  }
}
