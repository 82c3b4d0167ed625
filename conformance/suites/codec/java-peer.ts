/**
 * A Java process of ours that answers requests over its standard streams: frames of an int32 length and bytes, one
 * answer each, in order (see `java/Frames.java`). Requests may be sent ahead of the answers. It is compiled against the
 * jars of an Apache Kafka when it is first wanted.
 */

import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'

import type { ApacheVersion } from '../../harness/apache-kafka.ts'
import { compiledClassPath } from '../../harness/java-program.ts'
import { background, collect, ended } from '../../harness/process.ts'

const sourceFolder = join(import.meta.dirname, 'java')

/** What a peer is made of; the class to start comes last. */
const sources = {
  MessagePeer: ['Frames.java', 'Meaning.java', 'RandomMessages.java', 'MessagePeer.java'],
  RecordPeer: ['Frames.java', 'RandomBatches.java', 'RecordPeer.java'],
  ValidationPeer: ['Frames.java', join('..', '..', 'validation', 'java', 'ValidationPeer.java')],
} as const

export type PeerName = keyof typeof sources

/** Class path of the peer and of Apache's jars. Throws `Unavailable` without Java, its compiler, Maven or the network. */
export function peerClassPath(name: PeerName, version: ApacheVersion): Promise<string> {
  return compiledClassPath(
    sources[name].map((source) => join(sourceFolder, source)),
    version,
  )
}

interface Waiting {
  readonly resolve: (answer: Buffer) => void
  readonly reject: (error: Error) => void
}

export class JavaPeer {
  readonly #process: ChildProcess
  readonly #waiting: Waiting[] = []
  readonly #exited: Promise<void>
  #received: Buffer[] = []
  #receivedBytes = 0
  #wantedBytes = 4
  #isClosed = false

  static async start(name: PeerName, version: ApacheVersion = '4.3.1'): Promise<JavaPeer> {
    const classpath = await peerClassPath(name, version)
    return new JavaPeer(background('java', ['-XX:+UseSerialGC', '-Xmx512m', '-cp', classpath, name]))
  }

  private constructor(process: ChildProcess) {
    this.#process = process
    const complaints = collect(process, 'stderr')
    process.stdout?.on('data', (bytes: Buffer) => this.#receive(bytes))
    // A broken pipe is told by the exit, with what Java had to say.
    process.stdin?.on('error', () => {})
    this.#exited = ended(process).then(
      ({ status }) => this.#fail(new Error(`java ended with ${String(status)}: ${complaints().slice(-2000)}`)),
      (error: Error) => this.#fail(error),
    )
  }

  call(request: Buffer): Promise<Buffer> {
    if (this.#isClosed) throw new Error('java was told to end')
    const length = Buffer.alloc(4)
    length.writeInt32BE(request.length)
    this.#process.stdin?.write(length)
    this.#process.stdin?.write(request)
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    this.#process.stdin?.end()
    await this.#exited
  }

  #receive(bytes: Buffer): void {
    this.#received.push(bytes)
    this.#receivedBytes += bytes.length
    if (this.#receivedBytes < this.#wantedBytes) return
    const all = Buffer.concat(this.#received)
    let position = 0
    // How long the next answer is, is known once its first four bytes are there.
    const end = (): number => position + 4 + (all.length - position < 4 ? 0 : all.readInt32BE(position))
    for (; end() <= all.length; position = end()) this.#waiting.shift()?.resolve(all.subarray(position + 4, end()))
    this.#received = [all.subarray(position)]
    this.#receivedBytes = all.length - position
    this.#wantedBytes = end() - position
  }

  #fail(error: Error): void {
    this.#isClosed = true
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }
}
