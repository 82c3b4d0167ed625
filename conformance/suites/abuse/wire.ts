/** Bytes on a socket, spelled out by hand: what is sent here is mostly wrong, which no codec would encode. */

import { connect, type Socket } from 'node:net'

export const apiKeys = { produce: 0, fetch: 1, metadata: 3, apiVersions: 18 } as const

export interface AbuseTarget {
  readonly port: number
  readonly pid: number
  readonly output: () => string
}

/** What is done to the server. It throws when more than its own connections were hurt. */
export interface AbuseCase {
  /** A sentence that is true when it passes. */
  readonly name: string
  /** @param scale - how much of it; 1 in continuous integration. Returns what there is to add. */
  readonly body: (server: AbuseTarget, scale: number) => Promise<string | void>
}

/** A frame with a request header of version 1 in front of the body. */
export function request(apiKey: number, version: number, body: Buffer): Buffer {
  const header = Buffer.alloc(4 + 14)
  header.writeInt32BE(10 + 4 + body.length, 0)
  header.writeInt16BE(apiKey, 4)
  header.writeInt16BE(version, 6)
  header.writeInt32BE(4711, 8)
  header.writeInt16BE(4, 12)
  header.write('bad?', 14)
  return Buffer.concat([header, body])
}

/** Metadata version 1 of one topic that does not exist: a small question with a small answer. */
export function question(): Buffer {
  return request(apiKeys.metadata, 1, Buffer.concat([int32(1), text('no-such-topic?')]))
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

export function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  const length = Buffer.alloc(2)
  length.writeInt16BE(bytes.length)
  return Buffer.concat([length, bytes])
}

/** Resolves when it is connected. Errors later on only end it. */
export function open(port: number, options: { readonly allowHalfOpen?: boolean } = {}): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', ...options }, () => {
      socket.off('error', reject)
      socket.on('error', () => {})
      resolve(socket)
    })
    socket.once('error', reject)
  })
}

export async function openMany(port: number, count: number): Promise<readonly Socket[]> {
  const sockets: Socket[] = []
  while (sockets.length < count) {
    const some = Array.from({ length: Math.min(50, count - sockets.length) }, () => open(port))
    sockets.push(...(await Promise.all(some)))
  }
  return sockets
}

/** Sends, and resolves with how it went: the first bytes of an answer, the end of the connection, or neither in time. */
export function outcome(socket: Socket, bytes: Buffer, timeoutMs: number): Promise<'answered' | 'closed' | 'silent'> {
  return new Promise((resolve) => {
    if (socket.closed) {
      resolve('closed')
      return
    }
    const answered = (): void => settle('answered')
    const closed = (): void => settle('closed')
    const timer = setTimeout(() => settle('silent'), timeoutMs)
    function settle(what: 'answered' | 'closed' | 'silent'): void {
      clearTimeout(timer)
      socket.off('data', answered)
      socket.off('close', closed)
      resolve(what)
    }
    socket.on('data', answered)
    socket.on('close', closed)
    socket.resume()
    socket.write(bytes)
  })
}

export function closeAll(sockets: readonly Socket[]): void {
  for (const socket of sockets) socket.destroy()
}
