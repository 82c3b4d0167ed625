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

export class LineLogger implements Logger {
  readonly level: LogLevel
  readonly #options: LineLoggerOptions
  readonly #formatted: (entry: LogEntry) => string
  readonly #fields: LogFields
  readonly #threshold: number

  constructor(options: LineLoggerOptions, fields: LogFields = {}) {
    this.#options = options
    this.level = options.level
    this.#formatted = options.format === 'json' ? jsonLine : textLine
    this.#fields = fields
    this.#threshold = levels.indexOf(options.level)
  }

  trace(message: string, fields?: LogFields): void {
    if (this.#threshold <= 0) this.#write('trace', message, fields)
  }

  debug(message: string, fields?: LogFields): void {
    if (this.#threshold <= 1) this.#write('debug', message, fields)
  }

  info(message: string, fields?: LogFields): void {
    if (this.#threshold <= 2) this.#write('info', message, fields)
  }

  warn(message: string, fields?: LogFields): void {
    if (this.#threshold <= 3) this.#write('warn', message, fields)
  }

  error(message: string, fields?: LogFields): void {
    if (this.#threshold <= 4) this.#write('error', message, fields)
  }

  child(fields: LogFields): Logger {
    return new LineLogger(this.#options, { ...this.#fields, ...fields })
  }

  #write(level: LogLevel, message: string, fields: LogFields | undefined): void {
    const all = fields === undefined ? this.#fields : { ...this.#fields, ...fields }
    this.#options.write(this.#formatted({ wallMs: this.#options.wallMs(), level, message, fields: all }))
  }
}
