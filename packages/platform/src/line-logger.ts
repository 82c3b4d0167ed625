/** A logger that hands finished lines to a sink. Below its level a call costs one comparison. */
import type { LogFields, LogLevel, Logger } from './environment.ts'
import { type LogEntry, jsonLine, textLine } from './log-line.ts'

const levels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'off']

export interface LineLoggerOptions {
  readonly level: LogLevel
  readonly format: 'text' | 'json'
  readonly wallMs: () => number
  /** Takes one entry, which ends in a line feed. */
  readonly write: (entry: string) => void
}

/** What a logger shares with its children. */
interface Shared {
  level: LogLevel
  threshold: number
}

export class LineLogger implements Logger {
  readonly #shared: Shared
  readonly #options: LineLoggerOptions
  readonly #formatted: (entry: LogEntry) => string
  readonly #fields: LogFields

  constructor(options: LineLoggerOptions, fields: LogFields = {}, shared?: Shared) {
    this.#options = options
    this.#shared = shared ?? { level: options.level, threshold: levels.indexOf(options.level) }
    this.#formatted = options.format === 'json' ? jsonLine : textLine
    this.#fields = fields
  }

  get level(): LogLevel {
    return this.#shared.level
  }

  setLevel(level: LogLevel): void {
    this.#shared.level = level
    this.#shared.threshold = levels.indexOf(level)
  }

  trace(message: string, fields?: LogFields): void {
    if (this.#shared.threshold <= 0) this.#write('trace', message, fields)
  }

  debug(message: string, fields?: LogFields): void {
    if (this.#shared.threshold <= 1) this.#write('debug', message, fields)
  }

  info(message: string, fields?: LogFields): void {
    if (this.#shared.threshold <= 2) this.#write('info', message, fields)
  }

  warn(message: string, fields?: LogFields): void {
    if (this.#shared.threshold <= 3) this.#write('warn', message, fields)
  }

  error(message: string, fields?: LogFields): void {
    if (this.#shared.threshold <= 4) this.#write('error', message, fields)
  }

  child(fields: LogFields): Logger {
    return new LineLogger(this.#options, { ...this.#fields, ...fields }, this.#shared)
  }

  #write(level: LogLevel, message: string, fields: LogFields | undefined): void {
    const all = fields === undefined ? this.#fields : { ...this.#fields, ...fields }
    this.#options.write(this.#formatted({ wallMs: this.#options.wallMs(), level, message, fields: all }))
  }
}
