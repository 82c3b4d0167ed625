/**
 * What a line of the log looks like: as Apache Kafka writes them for people, or one JSON object for machines. Pure.
 * A name called `component` stands at the end in parentheses, as Kafka's logger names do; other fields follow.
 */
import type { LogFields, LogLevel } from './environment.ts'
import { DiskError, NetworkError } from './errors.ts'

export interface LogEntry {
  readonly wallMs: number
  readonly level: LogLevel
  readonly message: string
  readonly fields: LogFields
}

/**
 * `[2026-03-01 09:30:00,123] INFO Created topic orders. (controller) partitions=3`, then the stack of an error. What a
 * disk or a network refuses has none: its message says what was tried and where, and nobody’s code is at fault.
 */
export function textLine({ wallMs, level, message, fields }: LogEntry): string {
  let line = `[${localTime(new Date(wallMs))}] ${level.toUpperCase()} ${onOneLine(message)}`
  if (fields['component'] !== undefined) line += ` (${String(fields['component'])})`
  let stacks = ''
  for (const [name, value] of Object.entries(fields)) {
    if (name === 'component' || value === undefined) continue
    if (value instanceof Error) {
      line += ` ${name}=${textValue(value.message)}`
      if (!isOfTheWorld(value)) stacks += `${stackOf(value)}\n`
    } else {
      line += ` ${name}=${textValue(String(value))}`
    }
  }
  return `${line}\n${stacks}`
}

export function jsonLine({ wallMs, level, message, fields }: LogEntry): string {
  const members: Record<string, unknown> = { time: new Date(wallMs).toISOString(), level, message }
  for (const [name, value] of Object.entries(fields)) {
    if (name in members) continue
    members[name] = value instanceof Error ? errorMembers(value) : value
  }
  return `${JSON.stringify(members)}\n`
}

function errorMembers(error: Error): Record<string, string> {
  const { message } = error
  return isOfTheWorld(error) ? { message, code: error.code } : { message, stack: stackOf(error) }
}

function isOfTheWorld(error: Error): error is DiskError | NetworkError {
  return error instanceof DiskError || error instanceof NetworkError
}

/** With its causes, indented as in a Java trace. */
function stackOf(error: Error): string {
  const own = error.stack ?? `${error.name}: ${error.message}`
  return error.cause instanceof Error ? `${own}\nCaused by: ${stackOf(error.cause)}` : own
}

/** A name from the network must not be able to forge a line. */
function onOneLine(text: string): string {
  return text.replaceAll('\n', '\\n').replaceAll('\r', '\\r')
}

function textValue(text: string): string {
  return text === '' || /[\s"=]/.test(text) ? JSON.stringify(text) : text
}

function localTime(date: Date): string {
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  return `${day} ${time},${String(date.getMilliseconds()).padStart(3, '0')}`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
