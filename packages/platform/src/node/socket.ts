/**
 * A TCP connection over a `net.Socket`. Bytes come in one of two ways: through `onread`, straight into the receiver's
 * memory, or as 'data' events, which are copied there. Both are wired up; where Node.js honours `onread`, 'data' stays
 * silent, so the plain path is a fallback that needs no switch.
 */
import type net from 'node:net'
import type { Receiver, Socket } from '../environment.ts'

/** Above it `write` says to hold back. */
const writeHighWaterMark = 64 * 1024

/**
 * Node.js asks for the first read buffer while it builds a socket, before there is a receiver. All sockets name this
 * one: what lands in it is copied on at once, within the same callback.
 */
const firstRead = Buffer.allocUnsafeSlow(16 * 1024)

/** What `onread` needs of a socket that does not exist yet when the option is built. */
export class ReadTarget {
  receiver: Receiver | undefined
  isStopped = false

  readonly options = {
    buffer: (): Uint8Array => this.receiver?.target() ?? firstRead,
    callback: (byteCount: number, buffer: Uint8Array): boolean => {
      if (buffer === firstRead) this.deliver(firstRead.subarray(0, byteCount))
      else this.receiver?.received(byteCount)
      return true
    },
  }

  /** Copies bytes that landed elsewhere to where the receiver wants them. */
  deliver(bytes: Uint8Array): void {
    const { receiver } = this
    if (receiver === undefined) return
    let at = 0
    while (at < bytes.length && !this.isStopped) {
      const target = receiver.target()
      const part = bytes.subarray(at, at + target.length)
      target.set(part)
      at += part.length
      receiver.received(part.length)
    }
  }
}

export class NodeSocket implements Socket {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localPort: number
  readonly #socket: net.Socket
  readonly #target: ReadTarget
  #isWaiting = false
  #failure: Error | undefined

  /** @param socket - built with `target.options` where that is possible, and not reading yet. */
  constructor(socket: net.Socket, target: ReadTarget) {
    this.#socket = socket
    this.#target = target
    this.remoteAddress = withoutMapping(socket.remoteAddress ?? '')
    this.remotePort = socket.remotePort ?? 0
    this.localPort = socket.localPort ?? 0
    socket.setNoDelay(true)
    socket.setKeepAlive(true)
    // First, so that the listener for 'data' does not start the flow.
    socket.pause()
    socket.on('data', (chunk: Buffer) => target.deliver(chunk))
    socket.on('end', () => target.receiver?.ended())
    // A reset or a broken pipe: 'close' follows and carries it on.
    socket.on('error', (error) => {
      this.#failure ??= error
    })
    socket.on('close', () => this.#closed())
  }

  get waitingBytes(): number {
    return this.#socket.writableLength
  }

  start(receiver: Receiver): void {
    this.#target.receiver = receiver
    if (this.#socket.closed) queueMicrotask(() => this.#closed())
    else this.#socket.resume()
  }

  write(buffers: readonly Uint8Array[]): boolean {
    const socket = this.#socket
    if (!socket.writable) return false
    const last = buffers.length - 1
    if (last > 0) socket.cork()
    for (let index = 0; index < last; index++) socket.write(buffers[index] as Uint8Array)
    if (last >= 0) socket.write(buffers[last] as Uint8Array, this.#written)
    if (last > 0) socket.uncork()
    const waitingBytes = socket.writableLength
    if (waitingBytes > 0) this.#isWaiting = true
    return waitingBytes <= writeHighWaterMark
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#target.isStopped = true
    this.#socket.destroy()
  }

  readonly #written = (): void => {
    if (!this.#isWaiting || this.#socket.writableLength > 0 || this.#socket.destroyed) return
    this.#isWaiting = false
    this.#target.receiver?.drained()
  }

  #closed(): void {
    const { receiver } = this.#target
    this.#target.receiver = undefined
    receiver?.closed(this.#failure)
  }
}

/** An IPv4 peer of a listener on both families arrives as `::ffff:10.0.0.1`. */
function withoutMapping(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address
}
