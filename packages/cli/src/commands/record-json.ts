/**
 * Records as JSON, one a line: `{"topic":…,"partition":…,"offset":…,"timestamp":…,"key":…,"value":…,"headers":{…}}`. What is no
 * UTF-8 is in base64, with `keyEncoding` or `valueEncoding` saying so; the same goes for input.
 */
import { isUtf8 } from 'node:buffer'
import type { ConsumerRecord, ProducerRecord } from '@gregor/client'
import { UsageError } from '../usage-error.ts'

/** @param parseValues - values that are JSON stand in it as what they are, not as text. */
export function recordJson(record: ConsumerRecord, { parseValues }: { readonly parseValues: boolean }): string {
  const { topic, partition, offset, timestamp } = record
  const place = { topic, partition, offset, timestamp }
  const headers = record.headers.map(([name, value]) => [name, value === null ? null : value.toString('utf8')])
  const value = parseValues ? parsedMember(record.value) : undefined
  return JSON.stringify({
    ...place,
    ...member('key', record.key),
    ...(value === undefined ? member('value', record.value) : { value }),
    ...(headers.length > 0 && { headers: Object.fromEntries(headers) as object }),
  })
}

function member(name: 'key' | 'value', bytes: Buffer | null): Record<string, string | null> {
  if (bytes === null || isUtf8(bytes)) return { [name]: bytes === null ? null : bytes.toString('utf8') }
  return { [name]: bytes.toString('base64'), [`${name}Encoding`]: 'base64' }
}

function parsedMember(bytes: Buffer | null): unknown {
  if (bytes === null) return undefined
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** A line of input; keys and values that are no text are sent as JSON. @throws UsageError */
export function recordFromJson(line: string): ProducerRecord {
  const parsed = parsedObject(line)
  const { partition, timestamp, headers } = parsed
  return {
    key: bytesFrom(parsed, 'key'),
    value: bytesFrom(parsed, 'value'),
    ...(partition !== undefined && { partition: wholeNumber(partition, 'partition') }),
    ...(timestamp !== undefined && { timestamp: wholeNumber(timestamp, 'timestamp') }),
    ...(headers !== undefined && { headers: headersFrom(headers) }),
  }
}

type Members = Readonly<Record<string, unknown>>

function parsedObject(line: string): Members {
  let parsed: unknown
  try {
    parsed = JSON.parse(line)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new UsageError(`a line is no JSON (${error.message}): ${line}`)
  }
  if (isObject(parsed)) return parsed
  throw new UsageError(`a line is no object with "key" and "value": ${line}`)
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function bytesFrom(parsed: Members, name: 'key' | 'value'): string | Buffer | null {
  const value = parsed[name]
  if (value === undefined || value === null) return null
  if (typeof value !== 'string') return JSON.stringify(value)
  return parsed[`${name}Encoding`] === 'base64' ? Buffer.from(value, 'base64') : value
}

function wholeNumber(value: unknown, name: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new UsageError(`${name}: ${JSON.stringify(value)} is no whole number from 0 on`)
}

function headersFrom(headers: unknown): readonly (readonly [string, string | null])[] {
  if (!isObject(headers)) throw new UsageError('headers: give them as an object')
  return Object.entries(headers).map(([name, value]) => {
    if (value === null) return [name, null]
    return [name, typeof value === 'string' ? value : JSON.stringify(value)]
  })
}
