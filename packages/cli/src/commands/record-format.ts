/**
 * Templates for records: `%t %k %v\n`. What is printed for each record, and how a line is taken apart into one.
 *
 * `%t` topic, `%p` partition, `%o` offset, `%e` leader epoch, `%k` key, `%v` (or `%s`) value, `%K` and `%S` (or `%V`) their
 * sizes, `%h` headers, `%T` timestamp in milliseconds, `%d` the same as a date, `%n` how many records came before, `%%`.
 * Behind keys and values: `{hex}`, `{base64}`, `{json}`. `\n`, `\t`, `\r`, `\0` and `\xHH` are what they usually are.
 */
import type { ConsumerRecord } from '@gregor/client'
import { UsageError } from '../usage-error.ts'

type Part = string | Verb

interface Verb {
  readonly letter: string
  readonly modifier: string | undefined
}

const letters = 'tpoekvsKVShTdn%'
const modifiers: Readonly<Record<string, ((bytes: Buffer) => string) | undefined>> = {
  hex: (bytes) => bytes.toString('hex'),
  base64: (bytes) => bytes.toString('base64'),
  json: (bytes) => JSON.stringify(bytes.toString('utf8')),
}

/** @throws UsageError that names what is no verb. */
export function parseFormat(format: string): readonly Part[] {
  const parts: Part[] = []
  let text = ''
  for (const [, escape, percent, plain] of format.matchAll(/\\(x[0-9a-fA-F]{2}|.?)|%(.?(?:\{[^}]*\})?)|([^\\%]+)/gsu)) {
    if (plain !== undefined) text += plain
    else if (escape !== undefined) text += unescaped(escape)
    else if (percent === '%') text += '%'
    else {
      if (text !== '') parts.push(text)
      text = ''
      parts.push(verbOf(percent ?? ''))
    }
  }
  return text === '' ? parts : [...parts, text]
}

function unescaped(escape: string): string {
  if (escape.startsWith('x') && escape.length === 3) return String.fromCharCode(Number.parseInt(escape.slice(1), 16))
  return { n: '\n', t: '\t', r: '\r', '0': '\0' }[escape] ?? escape
}

function verbOf(text: string): Verb {
  const [, letter = '', modifier] = /^(.?)(?:\{([^}]*)\})?$/su.exec(text) ?? []
  if (letter === '' || !letters.includes(letter)) {
    throw new UsageError(
      `--format: %${letter} means nothing; there are ${Array.from(letters, (each) => `%${each}`).join(' ')}`,
    )
  }
  if (modifier !== undefined && modifiers[modifier] === undefined) {
    throw new UsageError(`--format: {${modifier}} means nothing; there are {hex}, {base64} and {json}`)
  }
  return { letter, modifier }
}

/** @param count - of the records before it. */
export function formatRecord(parts: readonly Part[], record: ConsumerRecord, count: number): Buffer {
  return Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : verbBytes(part, record, count))),
  )
}

function verbBytes({ letter, modifier }: Verb, record: ConsumerRecord, count: number): Buffer {
  switch (letter) {
    case 'k':
      return shown(record.key, modifier)
    case 'v':
    case 's':
      return shown(record.value, modifier)
    default:
      return Buffer.from(verbText(letter, record, count))
  }
}

function shown(bytes: Buffer | null, modifier: string | undefined): Buffer {
  const convert = modifier === undefined ? undefined : modifiers[modifier]
  if (bytes === null) return Buffer.from(modifier === 'json' ? 'null' : '')
  return convert === undefined ? bytes : Buffer.from(convert(bytes))
}

function verbText(letter: string, record: ConsumerRecord, count: number): string {
  switch (letter) {
    case 't':
      return record.topic
    case 'p':
      return String(record.partition)
    case 'o':
      return String(record.offset)
    case 'e':
      return String(record.leaderEpoch)
    case 'K':
      return String(record.keyBytes)
    case 'S':
    case 'V':
      return String(record.valueBytes)
    case 'T':
      return String(record.timestamp)
    case 'd':
      return record.timestamp < 0 ? '-' : new Date(record.timestamp).toISOString()
    case 'h':
      return record.headers.map(([name, value]) => `${name}=${value === null ? '' : value.toString('utf8')}`).join(',')
    default:
      return String(count)
  }
}

export interface ParsedLine {
  key?: string
  value?: string
  topic?: string
  partition?: number
  timestamp?: number
  headers?: readonly (readonly [string, string])[]
}

/** How lines of input are taken apart: verbs with text between them. */
export type LineFormat = (line: string) => ParsedLine

/** @throws UsageError for formats that lines cannot be taken apart by. */
export function lineFormat(format: string): LineFormat {
  const parts = [...parseFormat(format)]
  const last = parts.at(-1)
  // A line comes without its end.
  if (typeof last === 'string' && last.endsWith('\n'))
    parts.splice(-1, 1, ...(last === '\n' ? [] : [last.slice(0, -1)]))
  for (const [index, part] of parts.entries()) {
    if (typeof part === 'string') continue
    if (!'kvspTh'.includes(part.letter) || part.modifier !== undefined) {
      throw new UsageError(`--format: of input there are %k, %v, %h, %p and %T, and nothing behind them`)
    }
    if (index > 0 && typeof parts[index - 1] !== 'string') {
      throw new UsageError('--format: put some text between two verbs, to tell where one ends')
    }
  }
  return (line) => takeApart(parts, line)
}

/** @throws UsageError where the line does not have the text between. */
function takeApart(parts: readonly Part[], line: string): ParsedLine {
  const parsed: ParsedLine = {}
  let position = 0
  for (const [index, part] of parts.entries()) {
    if (typeof part === 'string') {
      if (!line.startsWith(part, position)) throw new UsageError(`no ${JSON.stringify(part)} in the line: ${line}`)
      position += part.length
      continue
    }
    const next = parts[index + 1]
    const end = typeof next === 'string' ? line.indexOf(next, position) : line.length
    if (end === -1) throw new UsageError(`no ${JSON.stringify(next)} in the line: ${line}`)
    put(parsed, part.letter, line.slice(position, end))
    position = end
  }
  if (position < line.length)
    throw new UsageError(`${JSON.stringify(line.slice(position))} is left of the line: ${line}`)
  return parsed
}

function put(parsed: ParsedLine, letter: string, text: string): void {
  if (letter === 'k') parsed.key = text
  else if (letter === 'v' || letter === 's') parsed.value = text
  else if (letter === 'p') parsed.partition = numberFrom(text, '%p')
  else if (letter === 'T') parsed.timestamp = numberFrom(text, '%T')
  else parsed.headers = headersFrom(text)
}

function headersFrom(text: string): readonly (readonly [string, string])[] {
  return text
    .split(',')
    .filter((each) => each !== '')
    .map((each) => {
      const at = each.indexOf('=')
      return at === -1 ? [each, ''] : [each.slice(0, at), each.slice(at + 1)]
    })
}

function numberFrom(text: string, verb: string): number {
  if (!/^\d+$/.test(text)) throw new UsageError(`${verb} is no number: ${text}`)
  return Number(text)
}
