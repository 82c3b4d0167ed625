/** The records that clients send: odd ones, many, and large ones. All are the same in each run. */

import type { ClientRecord, ConsumedRecord } from './driver.ts'

export const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** In the past, but within what retention keeps. */
export const sampleTimestamp = Math.floor(Date.now() / 60_000) * 60_000 - 3_600_000

export interface ShapeOptions {
  readonly nullHeader: boolean
  readonly repeatedHeader: boolean
  readonly timestamp: boolean
}

/** Each odd shape that a record can have, in partition 0. */
export function oddRecords({ nullHeader, repeatedHeader, timestamp }: ShapeOptions): readonly ClientRecord[] {
  const allBytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString('base64')
  const shapes: readonly (Pick<ClientRecord, 'key' | 'value'> & Partial<ClientRecord>)[] = [
    { key: base64('key'), value: base64('value') },
    { key: null, value: base64('no key') },
    { key: base64('no value'), value: null },
    { key: base64(''), value: base64('') },
    { key: allBytes, value: allBytes, headers: [['bytes', allBytes]] },
    { key: base64('ключ'), value: base64('значення 🗝'), headers: [['назва', base64('зміст')]] },
    {
      key: base64('headers'),
      value: base64('x'),
      headers: [
        ['a', base64('1')],
        ['b', base64('')],
      ],
    },
    ...(repeatedHeader
      ? [{ key: null, value: base64('twice'), headers: [['a', base64('1')] as const, ['a', base64('2')] as const] }]
      : []),
    ...(nullHeader ? [{ key: null, value: base64('null header'), headers: [['a', null] as const] }] : []),
  ]
  return shapes.map((shape, index) => ({
    partition: 0,
    headers: [],
    ...(timestamp && { timestamp: sampleTimestamp + index * 1_000 }),
    ...shape,
  }))
}

/** Records that a codec can make smaller, in partition 0. */
export function manyRecords(count: number, name = 'record'): readonly ClientRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    partition: 0,
    key: base64(`${name}-${index % 16}`),
    value: base64(`${name} number ${index} ${'abcdefghij'.repeat(index % 20)}`),
    headers: [],
  }))
}

/** One record whose value no codec can make smaller. */
export function largeRecord(byteCount: number): ClientRecord {
  const value = Buffer.alloc(byteCount)
  let state = 4711
  for (let index = 0; index < byteCount; index++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    value[index] = state >>> 16
  }
  return { partition: 0, key: null, value: value.toString('base64'), headers: [] }
}

/** What a record says, without where it is and, unless the sender gave one, its timestamp. */
export function contentOf(record: ClientRecord): Omit<ClientRecord, 'partition'> {
  const { key, value, headers, timestamp } = record
  return { key, value, headers, ...(timestamp !== undefined && { timestamp }) }
}

export function contentWithoutTimestamp({ key, value, headers }: ClientRecord | ConsumedRecord): unknown {
  return { key, value, headers }
}
