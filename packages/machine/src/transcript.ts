/**
 * The test format of machines: a dialogue that reads like a log and is compared as a whole.
 *
 *     # a comment                                  kept as it is
 *     @ 1000                                       the clock stands at 1000 ms
 *     > Heartbeat memberId=a generationId=3        an event: words, key=value pairs (JSON or a bare word), or JSON
 *     + MemberRecord memberId=a                    a record it caused
 *     < NONE                                       its reply
 *     ! SetTimer key=a delayMs=3000 generation=2   an effect
 *
 * `retell` runs the events and returns the text with what really happened; a test asserts that nothing changed.
 */
import type { Random } from '@gregor/platform'
import type { Decision, Machine } from './machine.ts'

export interface TranscriptOptions<Event, LogRecord, Reply, Effect> {
  readonly machine: Machine<Event, LogRecord, Reply, Effect>
  /** An event as its line gives it: the first word as `type`, beside it the rest. */
  readonly eventFrom: (line: TranscriptLine) => Event
  readonly random?: Random
  readonly epoch?: number
  /** How records, replies and effects are written; left out: `lineFrom`. */
  readonly write?: (value: LogRecord | Reply | Effect) => string
}

export type TranscriptLine = { readonly type: string } & Readonly<Record<string, unknown>>

/** Runs the events of a dialogue on a machine, and returns the dialogue as it really went. */
export function retell<Event, LogRecord, Reply, Effect>(
  text: string,
  options: TranscriptOptions<Event, LogRecord, Reply, Effect>,
): string {
  const { machine, eventFrom, random = countingRandom(), epoch = 1, write = lineFrom } = options
  const told: string[] = []
  let nowMs = 0
  let nextOffset = 0
  for (const line of text.split('\n').map((one) => one.trim())) {
    if (/^[+<!] /.test(line)) continue
    told.push(line)
    if (line.startsWith('@ ')) nowMs = Number(line.slice(2))
    if (!line.startsWith('> ')) continue
    const given = { nowMs, monotonicMs: nowMs, random, epoch, nextOffset }
    const decision = machine.handle(eventFrom(parseLine(line.slice(2))), given)
    for (const record of decision.records) machine.apply(record, nextOffset++)
    decision.afterwards?.(nextOffset - 1)
    told.push(...linesOf(decision, write))
  }
  return told.join('\n')
}

function linesOf<LogRecord, Reply, Effect>(
  { records, reply, effects }: Decision<LogRecord, Reply, Effect>,
  write: (value: LogRecord | Reply | Effect) => string,
): string[] {
  return [
    ...records.map((record) => `+ ${write(record)}`),
    ...(reply === undefined ? [] : [`< ${write(reply)}`]),
    ...effects.map((effect) => `! ${write(effect)}`),
  ]
}

/** `Heartbeat memberId=a generationId=3` and `Heartbeat {"memberId":"a","generationId":3}` say the same. */
export function parseLine(line: string): TranscriptLine {
  const [, type, rest] = /^(\S+)\s*(.*)$/.exec(line) ?? []
  if (type === undefined || rest === undefined) throw new SyntaxError(`a transcript line begins with a word: ${line}`)
  if (rest.startsWith('{')) return { type, ...(JSON.parse(rest) as Record<string, unknown>) }
  const pairs = rest.match(/[^\s=]+=("(\\.|[^"\\])*"|[[{].*?[\]}](?=\s|$)|\S*)/g) ?? []
  return { type, ...Object.fromEntries(pairs.map(parsePair)) }
}

function parsePair(pair: string): [string, unknown] {
  const at = pair.indexOf('=')
  const text = pair.slice(at + 1)
  try {
    return [pair.slice(0, at), JSON.parse(text)]
  } catch {
    // A bare word.
    return [pair.slice(0, at), text]
  }
}

/** The inverse of `parseLine`; a string stands for itself. Buffers are written in hex, what is undefined is left out. */
export function lineFrom(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const { type, ...rest } = value as Record<string, unknown>
  const pairs = Object.entries(rest)
    .filter(([, field]) => field !== undefined)
    .map(([name, field]) => `${name}=${fieldText(field)}`)
  return [...(typeof type === 'string' ? [type] : []), ...pairs].join(' ')
}

function fieldText(field: unknown): string {
  if (typeof field === 'string' && /^[A-Za-z_][\w.:-]*$/.test(field) && !/^(true|false|null)$/.test(field)) return field
  return JSON.stringify(field, (_, inner: unknown) =>
    isBufferJson(inner) ? Buffer.from(inner.data).toString('hex') : inner,
  )
}

function isBufferJson(value: unknown): value is { type: 'Buffer'; data: number[] } {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer' && 'data' in value
}

/** Draws 0, 1, 2 …: a transcript shows where chance came in. */
export function countingRandom(): Random {
  let next = 0
  return {
    uint32: () => next++,
    below: (bound) => next++ % bound,
    fraction: () => (next++ % 100) / 100,
    fill(target) {
      target.fill(0)
      new DataView(target.buffer, target.byteOffset, target.byteLength).setUint32(target.byteLength - 4, next++)
      return target
    },
  }
}
