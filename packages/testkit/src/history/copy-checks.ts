/**
 * What must hold where a program copies a topic exactly once: each committed record has one committed copy, and copies
 * of one partition are in the order of what they are copies of. A copy names its original.
 */
import { type History, keyOf } from './history.ts'
import { finalLogs } from './log-checks.ts'
import type { CheckOptions, Violation } from './violation.ts'

const mark = '>'

export function copyOf(value: string, name: string): string {
  return `${value}${mark}${name}`
}

export function copyViolations(history: History, { isSynced }: CheckOptions): readonly Violation[] {
  if (!isSynced && history.done('node').some(({ call }) => call.event === 'lost power')) return []
  const logs = finalLogs(history, 'read_committed')
  const copies = new Map<string, { readonly key: string; readonly offset: number }[]>()
  for (const [key, { values }] of logs) {
    for (const [offset, value] of values) {
      const [original = value, name] = value.split(mark)
      if (name !== undefined) copies.set(original, [...(copies.get(original) ?? []), { key, offset }])
    }
  }
  const copiedTopics = new Set(
    history
      .of('produce')
      .filter(({ call }) => call.values.some((value) => copies.has(value)))
      .map(({ call }) => call.topicId),
  )
  const violations: Violation[] = []
  for (const [key, { values }] of logs) {
    const topicId = topicOf(history, key)
    if (!copiedTopics.has(topicId)) continue
    let last = { value: '', offset: -1 }
    for (const value of values.values()) {
      const found = copies.get(value) ?? []
      // E1: one copy.
      if (found.length !== 1)
        violations.push({ invariant: 'E1', message: `${key}: ${value} has ${found.length} copies` })
      const offset = found[0]?.offset ?? last.offset
      // E2: in order.
      if (offset < last.offset) {
        violations.push({
          invariant: 'E2',
          message: `${key}: ${last.value} was copied behind ${value}, which came later`,
        })
      }
      last = { value, offset }
    }
  }
  return violations
}

function topicOf(history: History, key: string): string {
  return history.of('produce').find(({ call }) => keyOf(call) === key)?.call.topicId ?? ''
}
