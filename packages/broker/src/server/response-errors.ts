/**
 * Counts the error codes in a response, by its schema: only fields that are called `errorCode`, and what leads to them,
 * are looked at. A response without errors costs a comparison per partition, topic or resource.
 */
import type { Fields } from '@gregor/protocol'

/** How often each code was answered. 0 (NONE) is not counted. */
export type ErrorCounts = Map<number, number>

interface Walk {
  readonly hasCode: boolean
  readonly inner: readonly { readonly name: string; readonly walk: Walk }[]
}

/** @returns a function that adds a response’s codes to the counts. */
export function errorCounter(fields: Fields): (response: unknown, counts: ErrorCounts) => void {
  const walk = walkOf(fields)
  return (response, counts) => {
    if (isStruct(response)) visit(walk, response, counts)
  }
}

function walkOf(fields: Fields): Walk {
  const inner: { name: string; walk: Walk }[] = []
  for (const [name, { fields: own, element }] of Object.entries(fields)) {
    const nested = own ?? element?.fields
    const walk = nested === undefined ? undefined : walkOf(nested)
    if (walk !== undefined && (walk.hasCode || walk.inner.length > 0)) inner.push({ name, walk })
  }
  return { hasCode: fields['errorCode']?.type === 'int16', inner }
}

function visit({ hasCode, inner }: Walk, struct: Readonly<Record<string, unknown>>, counts: ErrorCounts): void {
  if (hasCode) {
    const code = struct['errorCode']
    if (typeof code === 'number' && code !== 0) counts.set(code, (counts.get(code) ?? 0) + 1)
  }
  for (const { name, walk } of inner) {
    const value = struct[name]
    if (Array.isArray(value)) {
      for (const element of value) if (isStruct(element)) visit(walk, element, counts)
    } else if (isStruct(value)) {
      visit(walk, value, counts)
    }
  }
}

function isStruct(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
