/** A logger that keeps what it is told, for tests to look at. */
import type { LogEntry, LogFields, LogLevel, Logger } from '@gregor/platform'

export class RecordingLogger implements Logger {
  level: LogLevel = 'trace'
  /** What was logged, oldest first, children included. */
  readonly entries: LogEntry[]
  readonly #wallMs: () => number
  readonly #fields: LogFields

  constructor(wallMs: () => number = () => 0, entries: LogEntry[] = [], fields: LogFields = {}) {
    this.#wallMs = wallMs
    this.entries = entries
    this.#fields = fields
  }

  /** The entries as `LEVEL message`, at `level` where one is given. */
  lines(level?: LogLevel): readonly string[] {
    const chosen = level === undefined ? this.entries : this.entries.filter((entry) => entry.level === level)
    return chosen.map((entry) => `${entry.level.toUpperCase()} ${entry.message}`)
  }

  /** Remembered only: everything is kept at every level. */
  setLevel(level: LogLevel): void {
    this.level = level
  }

  trace(message: string, fields?: LogFields): void {
    this.#keep('trace', message, fields)
  }

  debug(message: string, fields?: LogFields): void {
    this.#keep('debug', message, fields)
  }

  info(message: string, fields?: LogFields): void {
    this.#keep('info', message, fields)
  }

  warn(message: string, fields?: LogFields): void {
    this.#keep('warn', message, fields)
  }

  error(message: string, fields?: LogFields): void {
    this.#keep('error', message, fields)
  }

  child(fields: LogFields): RecordingLogger {
    return new RecordingLogger(this.#wallMs, this.entries, { ...this.#fields, ...fields })
  }

  #keep(level: LogLevel, message: string, fields: LogFields = {}): void {
    this.entries.push({ wallMs: this.#wallMs(), level, message, fields: { ...this.#fields, ...fields } })
  }
}
