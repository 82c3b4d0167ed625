/**
 * Lets a server listen. Node.js looks every address up, also one that consists of numbers; for that it compiles a regular
 * expression for IPv6 and loads its cluster module: 5 ms of a start. So `1.2.3.4` goes to the method behind `listen`,
 * which is not documented. Where that is not there, and in the worker of a cluster, `listen` itself serves.
 */
import type net from 'node:net'
import { networkError } from './network-error.ts'

const defaultBacklog = 511
const ipv4 = /^(?:\d{1,3}\.){3}\d{1,3}$/

interface BehindListen {
  _listen2(host: string, port: number, family: 4, backlog: number): void
}

/** @throws NetworkError where the address cannot be bound. */
export async function listen(
  server: net.Server,
  address: { readonly host: string; readonly port: number; readonly backlog?: number },
): Promise<{ readonly host: string; readonly port: number }> {
  const { host, port, backlog = defaultBacklog } = address
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.once('listening', resolve)
  if (ipv4.test(host) && hasBehindListen(server)) server._listen2(host, port, 4, backlog)
  else server.listen({ host, port, backlog })
  try {
    await promise
  } catch (cause) {
    throw networkError('listen', address, cause)
  } finally {
    server.off('error', reject)
  }
  const bound = server.address()
  return typeof bound === 'object' && bound !== null ? { host: bound.address, port: bound.port } : { host, port }
}

function hasBehindListen(server: net.Server): server is net.Server & BehindListen {
  const isClusterWorker = process.env['NODE_UNIQUE_ID'] !== undefined
  return !isClusterWorker && '_listen2' in server && typeof server._listen2 === 'function'
}
