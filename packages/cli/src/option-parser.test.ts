import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { splitWords, type OptionShape } from './option-parser.ts'
import { UsageError } from './usage-error.ts'

const shapes = new Map<string, OptionShape>([
  ['topic', { takesValue: true, mayRepeat: false }],
  ['partitions', { takesValue: true, mayRepeat: false }],
  ['partition-count', { takesValue: true, mayRepeat: false }],
  ['config', { takesValue: true, mayRepeat: true }],
  ['list', { takesValue: false, mayRepeat: false }],
])

function split(...words: readonly string[]): { options: Record<string, readonly string[]>; rest: readonly string[] } {
  const { options, arguments: rest } = splitWords(words, shapes)
  return { options: Object.fromEntries(options), rest }
}

describe('splitWords', () => {
  const accepted: readonly (readonly [string, Record<string, readonly string[]>, readonly string[]])[] = [
    ['', {}, []],
    ['--topic a', { topic: ['a'] }, []],
    ['--topic=a', { topic: ['a'] }, []],
    ['--topic=a=b', { topic: ['a=b'] }, []],
    ['--topic=', { topic: [''] }, []],
    ['-topic a', { topic: ['a'] }, []],
    ['--to a', { topic: ['a'] }, []],
    ['--t=a', { topic: ['a'] }, []],
    ['--partition- 3', { 'partition-count': ['3'] }, []],
    ['--partitions 3', { partitions: ['3'] }, []],
    ['--config a=1 --config=b=2', { config: ['a=1', 'b=2'] }, []],
    ['--list', { list: [''] }, []],
    ['one --list two', { list: [''] }, ['one', 'two']],
    ['--topic --list', { topic: ['--list'] }, []],
    ['--list -- --topic', { list: [''] }, ['--topic']],
    ['-', {}, ['-']],
  ]
  for (const [line, options, rest] of accepted) {
    it(`reads ${JSON.stringify(line)} as joptsimple does`, () => {
      assert.deepEqual(split(...line.split(' ').filter(Boolean)), { options, rest })
    })
  }

  const refused: readonly (readonly [string, string])[] = [
    ['--nothing', '--nothing is not a recognized option'],
    ['--topic', '--topic needs a value'],
    ['--partition 3', '--partition is ambiguous: --partitions, --partition-count'],
    ['--topic a --topic b', '--topic was given more than once'],
    ['--list=yes', '--list takes no value'],
    ['--=x', '-- is not a recognized option'],
  ]
  for (const [line, message] of refused) {
    it(`refuses ${line}`, () => {
      assert.throws(() => split(...line.split(' ')), new UsageError(message))
    })
  }
})
