import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { withNode } from '../running-node-fixture.ts'
import { UsageError } from '../usage-error.ts'
import { parseRangeEnd } from './read-range.ts'
import { lineFormat, parseFormat } from './record-format.ts'
import { recordFromJson } from './record-json.ts'

const bootstrap = ['--bootstrap', '127.0.0.1:9092']

describe('gregor produce and gregor consume', () => {
  it('write and read lines, and say how many', async () => {
    await withNode(async (node) => {
      const sent = await node.run(['produce', 't', ...bootstrap], 'one\ntwo\n')
      assert.deepEqual(sent, { exitCode: 0, lines: [], errors: ['2 records in t'], written: '' })
      const read = await node.run(['consume', 't', ...bootstrap])
      assert.deepEqual(read, { exitCode: 0, lines: [], errors: [], written: 'one\ntwo\n' })
    })
  })

  it('pass on bytes that are no text, as they are', async () => {
    await withNode(async (node) => {
      await node.run(['produce', 't', ...bootstrap], Buffer.from([0xff, 0x00, 0x0a, 0x0d, 0x0a, 0xfe]))
      const read = await node.run(['consume', 't', ...bootstrap, '--format', '%v{hex} '])
      assert.equal(read.written, 'ff00  fe ')
    })
  })

  it('take lines apart and put records together by formats', async () => {
    await withNode(async (node) => {
      const format = ['--format', '%T|%h|%k\\t%v']
      const sent = await node.run(
        ['produce', 't', ...bootstrap, ...format, '--null', '-', '--header', 'all=1'],
        '1700000000000|a=1,b=2|k\tv\n1700000000001||k2\t-\n',
      )
      assert.deepEqual(sent.errors, ['2 records in t'])
      const read = await node.run([
        'consume',
        't',
        ...bootstrap,
        '--format',
        '%t %p/%o %T %d %k{hex}=%v{json} %K/%S [%h] %n%%\\x21\\n',
      ])
      assert.equal(
        read.written,
        't 0/0 1700000000000 2023-11-14T22:13:20.000Z 6b="v" 1/1 [all=1,a=1,b=2] 0%!\n' +
          't 0/1 1700000000001 2023-11-14T22:13:20.001Z 6b32=null 2/-1 [all=1] 1%!\n',
      )
    })
  })

  it('take and give JSON', async () => {
    await withNode(async (node) => {
      const lines = [
        '{"key":"k","value":{"a":1},"headers":{"h":"x"},"timestamp":5}',
        '{"value":"/w==","valueEncoding":"base64"}',
      ]
      assert.equal((await node.run(['produce', 't', ...bootstrap, '--json'], lines.join('\n'))).exitCode, 0)
      const read = await node.run(['consume', 't', ...bootstrap, '--json'])
      const [first, second] = read.written.split('\n')
      assert.equal(
        first,
        '{"topic":"t","partition":0,"offset":0,"timestamp":5,"key":"k","value":"{\\"a\\":1}","headers":{"h":"x"}}',
      )
      assert.match(second ?? '', /"key":null,"value":"\/w==","valueEncoding":"base64"\}$/)
      const parsed = await node.run(['consume', 't', ...bootstrap, '--json-values', '--count', '1'])
      assert.match(parsed.written, /"value":\{"a":1\},"headers"/)
    })
  })

  it('write one record that is given, or the deletion of a key', async () => {
    await withNode(async (node) => {
      const one = await node.run(['produce', 't', ...bootstrap, '--key', 'k', '--value', 'v', '--compression', 'gzip'])
      assert.deepEqual(one.errors, ['1 record in t: partition 0, offset 0'])
      const gone = await node.run(['produce', 't', ...bootstrap, '--key', 'k', '--tombstone'])
      assert.deepEqual(gone.errors, ['1 record in t: partition 0, offset 1'])
      const alone = await node.run(['produce', 't', ...bootstrap, '--tombstone'])
      assert.equal(alone.exitCode, 1)
      assert.match(alone.errors[0] ?? '', /^gregor produce: --tombstone needs --key/)
    })
  })

  it('begin and end where they are told', async () => {
    await withNode(async (node) => {
      const numbers = [0, 1, 2, 3, 4, 5].map((each) => `${1_000_000 + each * 1_000}|${each}\n`).join('')
      await node.run(['produce', 't', ...bootstrap, '--format', '%T|%v'], numbers)
      const read = async (...words: readonly string[]): Promise<string> =>
        (await node.run(['consume', 't', ...bootstrap, '--format', '%v', ...words])).written
      assert.equal(await read('--from', '4'), '45')
      assert.equal(await read('--from', '-2'), '45')
      assert.equal(await read('--from', '1970-01-01T00:16:42Z', '--to', '1970-01-01T00:16:44Z'), '23')
      assert.equal(await read('--from', '99'), '')
      assert.equal(await read('--to', '2'), '01')
      assert.equal(await read('--count', '3'), '012')
      assert.equal(await read('--from', '10m'), '')
      assert.equal(await read('--partition', '0', '--from', 'start', '--to', 'end'), '012345')
    })
  })

  it('print what is asked for only', async () => {
    await withNode(async (node) => {
      await node.run(['produce', 't', ...bootstrap, '--format', '%k:%h:%v'], 'a:x=1:one\nb:x=2:two\na::three\n')
      const read = async (...words: readonly string[]): Promise<string> =>
        (await node.run(['consume', 't', ...bootstrap, ...words])).written
      assert.equal(await read('--key', 'a'), 'one\nthree\n')
      assert.equal(await read('--grep', '^t'), 'two\nthree\n')
      assert.equal(await read('--header', 'x=2'), 'two\n')
    })
  })

  it('follow until a signal, and go on in a group', async () => {
    await withNode(async (node) => {
      await node.run(['produce', 't', ...bootstrap], '1\n')
      const program = node.program()
      const ended = node.begin(program, ['consume', 't', ...bootstrap, '--follow', '--from', 'start'])
      while (program.written.length === 0) await node.pause(10)
      await node.run(['produce', 't', ...bootstrap], '2\n')
      while (program.written.length === 1) await node.pause(10)
      program.end('SIGINT')
      assert.equal(await ended, 130)
      assert.equal(Buffer.concat(program.written).toString(), '1\n2\n')
      const grouped = ['consume', 't', ...bootstrap, '--group', 'g', '--count', '1']
      assert.equal((await node.run(grouped)).written, '1\n')
      assert.equal((await node.run(grouped)).written, '2\n')
    })
  })

  it('say in one line what is wrong', async () => {
    await withNode(async (node) => {
      const cases: readonly (readonly [readonly string[], RegExp])[] = [
        [['consume', 't', '--from', 'sometime'], /^gregor consume: --from sometime: give start, end, an offset/],
        [['consume', 't', '--format', '%y'], /^gregor consume: --format: %y means nothing; there are %t/],
        [['consume', 't', '--format', '%v{x}'], /^gregor consume: --format: \{x\} means nothing/],
        [['consume', 't', '--grep', '('], /^gregor consume: --grep \(: /],
        [['consume', 't', '--partition', 'x'], /^gregor consume: --partition x: give a whole number/],
        [['consume', 't', '--group', 'g', '--from', 'end'], /^gregor consume: --group goes on where the group is/],
        [['consume', 't', '--json', '--format', '%v'], /^gregor consume: --json and --format contradict/],
        [['produce', 't', '--json', '--format', '%v'], /^gregor produce: --json and --format contradict/],
        [['produce', 't', '--format', '%k%v'], /^gregor produce: --format: put some text between/],
        [['produce', 't', '--format', '%o'], /^gregor produce: --format: of input there are/],
        [['produce', 't', '--value', 'v', '--tombstone'], /^gregor produce: --tombstone and --value contradict/],
      ]
      for (const [words, message] of cases) {
        const { exitCode, errors } = await node.run([...words, ...bootstrap])
        assert.equal(exitCode, 1)
        assert.match(errors[0] ?? '', message)
      }
      const line = await node.run(['produce', 't', ...bootstrap, '--format', '%k:%v'], 'a:1\nb\n')
      assert.deepEqual([line.exitCode, line.errors], [1, ['gregor produce: line 2: no ":" in the line: b']])
      assert.equal((await node.run(['consume', 't', ...bootstrap])).written, '1\n')
      const missing = await node.run(['consume', 'nothing', ...bootstrap])
      assert.equal(missing.exitCode, 1)
      assert.match(missing.errors[0] ?? '', /^gregor consume: topic nothing: /)
      assert.deepEqual((await node.run(['topics', 'list', ...bootstrap])).lines.length, 2)
      const partition = await node.run(['consume', 't', ...bootstrap, '--partition', '3'])
      assert.match(partition.errors[0] ?? '', /^gregor consume: t has no partition 3: it has 0 to 0$/)
    })
  })
})

it('reads formats, escapes and all', () => {
  assert.deepEqual(parseFormat('a%%\\t%k{hex}\\\\'), ['a%\t', { letter: 'k', modifier: 'hex' }, '\\'])
  assert.deepEqual(lineFormat('[%p] %k = %v\\n')('[3] a = b = c'), { partition: 3, key: 'a', value: 'b = c' })
  assert.throws(() => lineFormat('[%p] %v')('[x] y'), UsageError)
  assert.throws(() => lineFormat('%v.')('x.y'), UsageError)
})

it('reads where to begin', () => {
  const read = (text: string): unknown => parseRangeEnd(text, { name: '--from', nowMs: 1_000_000 })
  assert.deepEqual(read('earliest'), { kind: 'start' })
  assert.deepEqual(read('latest'), { kind: 'end' })
  assert.deepEqual(read('7'), { kind: 'offset', offset: 7 })
  assert.deepEqual(read('-7'), { kind: 'last', count: 7 })
  assert.deepEqual(read('1.5s'), { kind: 'time', timestamp: 998_500 })
  assert.deepEqual(read('1970-01-02'), { kind: 'time', timestamp: 86_400_000 })
  assert.throws(() => read('1y'), UsageError)
})

it('refuses JSON that is no record', () => {
  for (const line of ['[]', '{', '{"partition":-1}', '{"timestamp":"x"}', '{"headers":[]}']) {
    assert.throws(() => recordFromJson(line), UsageError)
  }
  assert.deepEqual(recordFromJson('{"key":{"a":1},"headers":{"n":null,"o":[1]}}'), {
    key: '{"a":1}',
    value: null,
    headers: [
      ['n', null],
      ['o', '[1]'],
    ],
  })
})
