/**
 * A socket for tests, both ends in the hands of the test: it says what arrives and when the system takes what is
 * written, and sees each write by itself.
 */
import type { Receiver, Socket } from '@gregor/platform'

export class ScriptedSocket implements Socket {
  readonly remoteAddress = '10.0.0.9'
  readonly remotePort = 50_000
  readonly localPort = 9092
  /** What each `write` brought, as one buffer; copied, as the system does. */
  readonly writes: Buffer[] = []
  waitingBytes = 0
  /** False: what is written waits until `drain`. */
  takesAtOnce = true
  isPaused = false
  isDestroyed = false
  #receiver: Receiver | undefined

  start(receiver: Receiver): void {
    this.#receiver = receiver
  }

  write(buffers: readonly Uint8Array[]): boolean {
    const bytes = Buffer.concat(buffers)
    this.writes.push(bytes)
    if (!this.takesAtOnce) this.waitingBytes += bytes.length
    return this.takesAtOnce
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
  }

  end(): void {
    this.destroy()
  }

  destroy(): void {
    if (this.isDestroyed) return
    this.isDestroyed = true
    queueMicrotask(() => this.break())
  }

  /** Bytes arrive. */
  deliver(bytes: Buffer): void {
    let at = 0
    while (at < bytes.length && this.#receiver !== undefined && !this.isDestroyed) {
      const target = this.#receiver.target()
      const part = bytes.subarray(at, at + target.length)
      target.set(part)
      at += part.length
      this.#receiver.received(part.length)
    }
  }

  /** The system takes all, or the given number, of the bytes that wait. */
  drain(byteCount: number = this.waitingBytes): void {
    this.waitingBytes -= byteCount
    if (this.waitingBytes === 0) this.#receiver?.drained()
  }

  /** The peer sends no more. */
  endByPeer(): void {
    this.#receiver?.ended()
  }

  /** The connection is gone. */
  break(reason?: Error): void {
    const receiver = this.#receiver
    this.#receiver = undefined
    receiver?.closed(reason)
  }

  /** The frames among all that was written, as text. */
  get frames(): readonly string[] {
    return framesIn(Buffer.concat(this.writes))
  }
}

/** The complete frames, as text. */
export function framesIn(bytes: Buffer): string[] {
  const frames: string[] = []
  let at = 0
  while (at + 4 <= bytes.length) {
    const end = at + 4 + bytes.readInt32BE(at)
    if (end > bytes.length) break
    frames.push(bytes.toString('latin1', at + 4, end))
    at = end
  }
  return frames
}

/** The text with its length before it. */
export function framed(text: string): Buffer {
  const frame = Buffer.alloc(4 + text.length)
  frame.writeInt32BE(text.length)
  frame.write(text, 4, 'latin1')
  return frame
}
