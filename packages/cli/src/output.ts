/** What a command says to its user: results to standard output, what went wrong to standard error. */
export interface Output {
  line(text: string): void
  error(text: string): void
  /** Bytes or text to standard output, as they are. False: wait for `drained` before more. */
  write(content: string | Uint8Array): boolean
  /** Resolves when what was written has gone, or can never go. */
  drained(): Promise<void>
  /** Whether standard output is a terminal: then tables may be coloured. */
  readonly isTerminal: boolean
  /** Aborted when whoever read standard output is gone (a broken pipe). */
  readonly broken: AbortSignal
}

/** What a command is given to read: typed by somebody or piped in. */
export interface Input {
  readonly isTerminal: boolean
  /** Chunks of bytes as they arrive, until its end. To be asked for once. */
  readonly chunks: () => AsyncIterable<Buffer>
}

/** What `outputTo` needs of a stream of Node.js. */
interface Sink {
  write(content: string | Uint8Array): boolean
  readonly isTTY?: boolean
  readonly writableNeedDrain: boolean
  on(event: 'error', listener: (error: Error) => void): unknown
  once(event: 'drain' | 'close', listener: () => void): unknown
}

export function outputTo({ out, error }: { readonly out: Sink; readonly error: Sink }): Output {
  const broken = new AbortController()
  // Whoever read our output is gone: that is no reason to stop serving, and commands that only write ask `broken`.
  out.on('error', () => broken.abort())
  error.on('error', () => undefined)
  return {
    line: (text) => void out.write(`${text}\n`),
    error: (text) => void error.write(`${text}\n`),
    write: (content) => out.write(content),
    async drained() {
      if (!out.writableNeedDrain || broken.signal.aborted) return
      const { promise, resolve } = Promise.withResolvers<void>()
      out.once('drain', resolve)
      broken.signal.addEventListener('abort', () => resolve(), { once: true })
      await promise
    },
    isTerminal: out.isTTY === true,
    broken: broken.signal,
  }
}

/** @param stream - standard input. It is not touched before `chunks` is asked for. */
export function inputFrom(stream: () => AsyncIterable<Buffer> & { readonly isTTY?: boolean }): Input {
  return {
    get isTerminal() {
      return stream().isTTY === true
    },
    chunks: stream,
  }
}
