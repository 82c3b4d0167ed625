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
  /**
   * Lines that somebody types behind a prompt, with a history and completion where both ends are terminals. To be asked for
   * once, instead of `chunks`.
   */
  readonly prompted: (prompting: Prompting) => AsyncGenerator<string>
}

export interface Prompting {
  readonly prompt: string
  /** What the end of a line may become: `typed` is that end, `candidates` stand for it. */
  readonly complete: (line: string) => { readonly typed: string; readonly candidates: readonly string[] }
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

/** @param stream - standard input. It is not touched before one asks for it. @param output - where prompts go. */
export function inputFrom(
  stream: () => AsyncIterable<Buffer> & NodeJS.ReadableStream & { readonly isTTY?: boolean },
  output: NodeJS.WritableStream & { readonly isTTY?: boolean },
): Input {
  const isTerminal = (): boolean => stream().isTTY === true
  return {
    get isTerminal() {
      return isTerminal()
    },
    chunks: stream,
    async *prompted({ prompt, complete }) {
      const { createInterface } = await import('node:readline')
      const lines = createInterface({
        input: stream(),
        output,
        terminal: isTerminal() && output.isTTY === true,
        prompt,
        completer: (line: string) => {
          const { typed, candidates } = complete(line)
          return [[...candidates], typed]
        },
      })
      // Ctrl-C takes back what was typed.
      lines.on('SIGINT', () => {
        output.write('^C\n')
        lines.write(null, { ctrl: true, name: 'u' })
        lines.prompt()
      })
      lines.prompt()
      for await (const line of lines) {
        yield line
        lines.prompt()
      }
    },
  }
}
