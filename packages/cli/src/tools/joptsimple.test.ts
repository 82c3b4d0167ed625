import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { flag, integer, optionalText, parseJoptsimple, text } from './joptsimple.ts'
import { ToolExit } from './tool-exit.ts'

const kinds = {
  topic: text({ summary: 'A topic.' }),
  partitions: integer({ summary: 'How many.' }),
  timeout: integer({ summary: 'How long.', absent: 5000 }),
  list: flag('List.'),
  state: optionalText({ summary: 'States.' }),
  hosts: text({ summary: 'Several.', separatedBy: ',' }),
  n: integer({ summary: 'A number.', aliases: ['number'] }),
  q: flag('Quiet.'),
}

const parsed = (...words: string[]): ReturnType<typeof parseJoptsimple<typeof kinds>> => parseJoptsimple(words, kinds)

describe('options as joptsimple reads them', () => {
  it('takes a value behind a blank or an equals sign, and one dash for two', () => {
    assert.equal(parsed('--topic', 'a').value('topic'), 'a')
    assert.equal(parsed('--topic=a=b').value('topic'), 'a=b')
    assert.equal(parsed('-topic', 'a').value('topic'), 'a')
    assert.equal(parsed('--topic=').value('topic'), '')
  })
  it('takes whatever comes next for a required argument, and no option for an optional one', () => {
    assert.equal(parsed('--topic', '--list').value('topic'), '--list')
    const given = parsed('--state', '--list')
    assert.deepEqual([given.values('state'), given.has('state'), given.has('list')], [[], true, true])
    assert.deepEqual(parsed('--state', 'Stable').values('state'), ['Stable'])
    assert.equal(parsed('--state', '-').value('state'), '-')
  })
  it('reads letters in one word, the last with its argument', () => {
    const given = parsed('-qn12')
    assert.deepEqual([given.has('q'), given.value('n')], [true, 12])
    assert.equal(parsed('--number', '7').value('n'), 7)
  })
  it('collects repeats, and refuses them where one is wanted', () => {
    const given = parsed('--topic', 'a', '--topic', 'b')
    assert.deepEqual(given.values('topic'), ['a', 'b'])
    assert.throws(
      () => given.value('topic'),
      new ToolExit('Found multiple arguments for option topic, but you asked for only one'),
    )
  })
  it('splits values where the option says so', () => {
    assert.deepEqual(parsed('--hosts', 'a,,b', '--hosts', 'c').values('hosts'), ['a', 'b', 'c'])
    assert.deepEqual(parsed('--hosts', ',').values('hosts'), [','])
  })
  it('knows what stands for nothing', () => {
    assert.equal(parsed().value('timeout'), 5000)
    assert.equal(parsed().value('topic'), undefined)
    assert.deepEqual(parsed().values('timeout'), [])
  })
  it('keeps what is no option, and everything behind --', () => {
    assert.deepEqual(parsed('a', '--list', 'b', '--', '--topic').arguments, ['a', 'b', '--topic'])
  })
  for (const [words, message] of [
    [['--nothing'], 'nothing is not a recognized option'],
    [['--top', 'a'], 'top is not a recognized option'],
    [['-xyz'], 'x is not a recognized option'],
    [['--topic'], 'Option topic requires an argument'],
    [['--number'], 'Option n/number requires an argument'],
  ] as const) {
    it(`refuses ${words.join(' ')}`, () => {
      assert.throws(() => parsed(...words), new ToolExit(message))
    })
  }
  it('converts a value when it is asked for', () => {
    const given = parsed('--partitions', '3.5')
    assert.throws(() => given.value('partitions'), new ToolExit("Cannot parse argument '3.5' of option partitions"))
    assert.throws(
      () => parsed('-n', '2147483648').value('n'),
      new ToolExit("Cannot parse argument '2147483648' of option n/number"),
    )
  })
  it('checks what a tool requires and what excludes another', () => {
    assert.throws(
      () => parsed('--list').require('list', 'topic'),
      new ToolExit('Missing required argument "[topic]"', { withHelp: true }),
    )
    assert.throws(
      () => parsed('--list', '-n', '1').exclude('list', ['topic', 'n']),
      new ToolExit('Option "[list]" can\'t be used with option "[n, number]"', { withHelp: true }),
    )
    assert.throws(
      () => parsed('--list', '-q').requireOneOf('list', 'q'),
      new ToolExit('Exactly one of the following arguments is required: [list], [q]', { withHelp: true }),
    )
    parsed('--list').requireOneOf('list', 'q')
  })
  it('requires what must be given, unless help is wanted', () => {
    const strict = {
      a: text({ summary: '', isRequired: true }),
      b: text({ summary: '', isRequired: true, aliases: ['c'] }),
    }
    assert.throws(() => parseJoptsimple(['--x'], strict), new ToolExit('x is not a recognized option'))
    assert.throws(() => parseJoptsimple([], strict), new ToolExit('Missing required option(s) [a, b/c]'))
    assert.equal(parseJoptsimple(['--help'], strict).isHelpWanted, true)
  })
})
