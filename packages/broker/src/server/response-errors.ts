/**
 * Counts the error codes in a response, by its schema: only fields that are called `errorCode`, and what leads to them,
 * are looked at. As in the codecs the function is made from text, each anew: one walk for all responses would look up
 * its fields by name, which for a small produce request costs as much as writing the answer.
 */
import { compileFunction } from 'node:vm'
import type { Fields, Message } from '@gregor/protocol'

/** How often each code was answered. 0 (NONE) is not counted. */
export type ErrorCounts = Map<number, number>

type Count = (response: unknown, counts: ErrorCounts) => void

/** @returns a function that adds a response’s codes to the counts. It is made when it is first called. */
export function errorCounter(message: Message): Count {
  let compiled: Count | undefined
  return (response, counts) => {
    compiled ??= compile(message.fields)
    if (typeof response === 'object' && response !== null) compiled(response, counts)
  }
}

function compile(fields: Fields): Count {
  const text = `'use strict'; return (response, counts) => { ${statements(fields, 'response', 0)} }`
  return (compileFunction(text, ['note']) as (note: typeof noteCode) => Count)(noteCode)
}

function noteCode(counts: ErrorCounts, code: unknown): void {
  if (typeof code === 'number') counts.set(code, (counts.get(code) ?? 0) + 1)
}

/** For a struct that is called `name` there. The text holds nothing but field names of our own. */
function statements(fields: Fields, name: string, depth: number): string {
  const parts: string[] = []
  if (fields['errorCode']?.type === 'int16') parts.push(`if (${name}.errorCode !== 0) note(counts, ${name}.errorCode)`)
  for (const [key, { fields: own, element }] of Object.entries(fields)) {
    const inner = own ?? element?.fields
    if (inner === undefined) continue
    const each = `s${depth}`
    const body = statements(inner, each, depth + 1)
    if (body === '') continue
    const list = own === undefined ? `${name}.${key} ?? []` : `${name}.${key} == null ? [] : [${name}.${key}]`
    parts.push(`for (const ${each} of ${list}) { ${body} }`)
  }
  return parts.join('\n')
}
