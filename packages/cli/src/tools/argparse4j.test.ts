import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ArgparseExit, parseArgparse, type ArgparseCommand } from './argparse4j.ts'
import { argparseUsage } from './tool-help.ts'

const tool = {
  options: {
    bootstrap_server: { flags: ['-b', '--bootstrap-server'], summary: 'Brokers.' },
    bootstrap_controller: { flags: ['-C', '--bootstrap-controller'], summary: 'Controllers.' },
    count: { flags: ['--count'], summary: 'How many.', type: 'Integer', absent: 5 },
    quiet: { flags: ['-q'], summary: 'Says less.', action: 'storeTrue' },
    feature: { flags: ['--feature'], summary: 'Features.', action: 'append' },
    files: { flags: ['--files'], summary: 'Files.', count: '+' },
  },
  groups: [{ options: ['bootstrap_server', 'bootstrap_controller'], isRequired: true }],
} satisfies ArgparseCommand

const parsed = (...words: readonly string[]) => parseArgparse(['-b', 'a:1', ...words], tool).namespace

function exitOf(run: () => unknown): ArgparseExit {
  try {
    run()
  } catch (error) {
    if (error instanceof ArgparseExit) return error
    throw error
  }
  return assert.fail('it was taken')
}

describe('options as argparse4j reads them', () => {
  it('takes values behind a blank or an equals sign, and the beginning of a name', () => {
    assert.equal(parsed('--count', '7').number('count'), 7)
    assert.equal(parsed('--count=7').number('count'), 7)
    assert.equal(parsed('--cou', '7').number('count'), 7)
    assert.equal(parsed().number('count'), 5)
    assert.equal(parsed().text('bootstrap_server'), 'a:1')
  })

  it('takes letters in one word, and negative numbers for values', () => {
    const { namespace } = parseArgparse(['-qba:1'], tool)
    assert.deepEqual([namespace.flag('quiet'), namespace.text('bootstrap_server')], [true, 'a:1'])
    assert.equal(parsed('--count', '-7').number('count'), -7)
  })

  it('collects what may be given several times, and several values of one', () => {
    assert.deepEqual(parsed('--feature', 'a=1', '--feature', 'b=2').texts('feature'), ['a=1', 'b=2'])
    assert.deepEqual(parsed('--files', 'a', 'b', '-q').texts('files'), ['a', 'b'])
  })

  for (const [words, message] of [
    [['--nothing'], "unrecognized arguments: '--nothing'"],
    [['more'], "unrecognized arguments: 'more'"],
    [['--count'], 'argument --count: expected one argument'],
    [['--count', '-q'], 'argument --count: expected one argument'],
    [['--count', 'x'], 'argument --count: could not convert \'x\' to Integer (For input string: "x")'],
    [['-q=1'], "argument -q: ignore implicit argument '1'"],
    [['--f', 'a'], 'ambiguous option: --f could match --feature, --files'],
    [['-C', 'b:1'], 'argument -C/--bootstrap-controller: not allowed with argument -b/--bootstrap-server'],
  ] as const) {
    it(`refuses ${words.join(' ')}`, () => {
      assert.equal(exitOf(() => parsed(...words)).message, message)
    })
  }

  it('names what is required, of several the last', () => {
    const options = {
      a: { flags: ['-a'], summary: '', isRequired: true },
      b: { flags: ['--b'], summary: '', isRequired: true },
    }
    assert.equal(exitOf(() => parseArgparse([], { options })).message, 'argument --b is required')
    const said = exitOf(() => parseArgparse([], tool)).message
    assert.equal(said, 'one of the arguments -b/--bootstrap-server -C/--bootstrap-controller is required')
  })

  it('reads a command with options of its own', () => {
    const commands = {
      describe: { options: { status: { flags: ['--status'], summary: '', action: 'storeTrue' as const } } },
      list: { options: {} },
    }
    const both = { ...tool, commands }
    const { command, namespace } = parseArgparse(['-b', 'a:1', 'desc', '--status'], both)
    assert.deepEqual([command, namespace.flag('status')], ['describe', true])
    assert.equal(exitOf(() => parseArgparse(['-b', 'a:1'], both)).message, 'too few arguments')
    const unknown = exitOf(() => parseArgparse(['-b', 'a:1', 'x'], both)).message
    assert.match(unknown, /^invalid choice: 'x' \(choose from .describe., .list.\)$/)
    // What the tool misses is told after what is wrong behind the command.
    assert.equal(exitOf(() => parseArgparse(['list', '--x'], both)).message, "unrecognized arguments: '--x'")
    assert.match(exitOf(() => parseArgparse(['list'], both)).message, /^one of the arguments /)
    assert.deepEqual(
      [exitOf(() => parseArgparse(['list', '-h'], both)).kind, exitOf(() => parseArgparse(['-h'], both)).command],
      ['help', undefined],
    )
  })

  it('reads arguments by their position', () => {
    const options = {
      first: { summary: '' },
      rest: { summary: '', count: '*' as const },
      last: { summary: '', choices: ['x', 'y'] },
    }
    const { namespace } = parseArgparse(['a', 'b', 'c', 'x'], { options })
    assert.deepEqual([namespace.text('first'), namespace.texts('rest'), namespace.text('last')], ['a', ['b', 'c'], 'x'])
    assert.equal(exitOf(() => parseArgparse(['a'], { options })).message, 'too few arguments')
    assert.equal(
      exitOf(() => parseArgparse(['a', 'z'], { options })).message,
      "argument last: invalid choice: 'z' (choose from {x,y})",
    )
  })

  it('shows how it is used, broken at 75 columns', () => {
    assert.equal(
      argparseUsage({ name: 'kafka-tool', summary: '', ...tool, commands: { list: { options: {} } } }),
      `usage: kafka-tool [-h] [--count COUNT] [-q] [--feature FEATURE]
                  [--files FILES [FILES ...]] (-b BOOTSTRAP_SERVER |
                  -C BOOTSTRAP_CONTROLLER) {list} ...`,
    )
  })
})
