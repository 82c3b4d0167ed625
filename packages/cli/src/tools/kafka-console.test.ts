import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inputLines } from './console/input-lines.ts'
import { DeserializerError, deserializerNamed } from './console/java-deserializers.ts'
import { LineReader, readerOptions } from './console/line-reader.ts'
import { ToolExit } from './tool-exit.ts'
import { withNode } from '../running-node-fixture.ts'

const bootstrap = ['--bootstrap-server', '127.0.0.1:9092']
const producer = ['tool', 'kafka-console-producer', ...bootstrap]
const consumer = ['tool', 'kafka-console-consumer', ...bootstrap]
const all = ['--from-beginning', '--timeout-ms', '5000']

function words(text: string): readonly string[] {
  return text.split(' ')
}

describe('kafka-console-producer and kafka-console-consumer', () => {
  it('write lines to a topic, and print them', async () => {
    await withNode(async (node) => {
      const sent = await node.run([...producer, '--topic', 't'], 'one\r\ntwo\n\nlast')
      assert.deepEqual(sent, { exitCode: 0, lines: [], errors: [], written: '' })
      const read = await node.run([...consumer, '--topic', 't', ...all])
      assert.equal(read.written, 'one\ntwo\n\nlast\n')
      assert.equal(read.exitCode, 0)
      assert.match(read.errors[0] ?? '', /^The consumer rebalance protocol \(KIP-848\)/)
      assert.match(
        read.errors[1] ?? '',
        / ERROR Error processing message, terminating consumer process: {2}\(org\.apache\.kafka\.tools\.consumer\.ConsoleConsumer\)$/,
      )
      assert.deepEqual(read.errors.slice(2), [
        'org.apache.kafka.common.errors.TimeoutException',
        'Processed a total of 4 messages',
      ])
    })
  })

  it('know keys, headers and nulls', async () => {
    await withNode(async (node) => {
      const reader = words(
        '--reader-property parse.key=true --reader-property parse.headers=true --reader-property null.marker=NULL',
      )
      const lines = 'a:1,b:NULL\tkey\tvalue\nNULL\tNULL\tNULL\n'
      const sent = await node.run([...producer, '--topic', 't', '--sync', '--compression-codec', ...reader], lines)
      assert.deepEqual([sent.exitCode, sent.errors], [0, []])
      const print = words(
        '--property print.key=true --property print.headers=true --property print.offset=true --property print.partition=true --property null.literal=- --property print.epoch=true --property print.delivery=true',
      )
      const read = await node.run([...consumer, '--topic', 't', ...all, ...print])
      assert.equal(
        read.written,
        'Partition:0\tOffset:0\tDelivery:NOT_PRESENT\tEpoch:NOT_PRESENT\ta:1,b:-\tkey\tvalue\n' +
          'Partition:0\tOffset:1\tDelivery:NOT_PRESENT\tEpoch:NOT_PRESENT\tNO_HEADERS\t-\t-\n',
      )
      assert.deepEqual(read.lines, [
        'Option --property is deprecated and will be removed in a future version. Use --formatter-property instead.',
      ])
    })
  })

  it('keep what was sent before a line that cannot be read', async () => {
    await withNode(async (node) => {
      const keyed = ['--property', 'parse.key=true', '--property', 'key.separator=:']
      const sent = await node.run([...producer, '--topic', 't', ...keyed], 'a:1\nb2\nc:3\n')
      assert.equal(sent.exitCode, 1)
      assert.deepEqual(sent.errors, [
        "org.apache.kafka.common.KafkaException: No key separator found on line number 2: 'b2'",
      ])
      const read = await node.run([...consumer, '--topic', 't', ...all])
      assert.equal(read.written, '1\n')
    })
  })

  it('tell of records that could not be delivered', async () => {
    await withNode(async (node) => {
      const topic = ['--topic', 'not/a/topic', '--max-block-ms', '500']
      const sent = await node.run([...producer, ...topic], 'one\n')
      assert.equal(sent.exitCode, 0)
      assert.match(
        sent.errors[0] ?? '',
        / ERROR Error when sending message to topic not\/a\/topic with key: null, value: 3 bytes with error: \(/,
      )
      assert.match(sent.errors[1] ?? '', /^org\.apache\.kafka\.common\.errors\.InvalidTopicException: /)
      const synced = await node.run([...producer, ...topic, '--sync'], 'one\n')
      assert.equal(synced.exitCode, 1)
      assert.match(
        synced.errors[0] ?? '',
        /^java\.util\.concurrent\.ExecutionException: org\.apache\.kafka\.common\.errors\.InvalidTopicException: /,
      )
    })
  })

  it('go on where the group stopped, after a signal too, and commit what was printed only', async () => {
    await withNode(async (node) => {
      await node.run([...producer, '--topic', 't'], '1\n2\n3\n4\n')
      const grouped = [...consumer, '--topic', 't', '--group', 'g', '--from-beginning']
      const first = await node.run([...grouped, '--max-messages', '2'])
      assert.deepEqual(
        [first.exitCode, first.written, first.errors.at(-1)],
        [0, '1\n2\n', 'Processed a total of 2 messages'],
      )
      const second = node.program()
      const ended = node.begin(second, grouped)
      while (second.written.length === 0) await node.pause(10)
      second.end('SIGINT')
      assert.equal(await ended, 130)
      assert.equal(Buffer.concat(second.written).toString(), '3\n4\n')
      await node.run([...producer, '--topic', 't'], '5\n')
      const third = await node.run([...grouped, '--max-messages', '1', '--enable-systest-events'])
      assert.equal(third.written, '5\n')
      assert.deepEqual(third.lines, ['shutdown_complete'])
    })
  })

  it('read one partition from where they are told', async () => {
    await withNode(async (node) => {
      await node.run([...producer, '--topic', 't'], '1\n2\n3\n')
      const one = [...consumer, '--topic', 't', '--partition', '0', '--timeout-ms', '5000']
      assert.equal((await node.run([...one, '--offset', '1'])).written, '2\n3\n')
      assert.equal((await node.run([...one, '--offset', 'EARLIEST', '--max-messages', '1'])).written, '1\n')
      assert.equal((await node.run(one)).written, '')
    })
  })

  it('read topics that match a pattern as a whole', async () => {
    await withNode(async (node) => {
      for (const topic of ['logs-a', 'logs-b', 'my-logs-c'])
        await node.run([...producer, '--topic', topic], `${topic}\n`)
      const read = await node.run([...consumer, '--include', 'logs-.*', ...all])
      assert.deepEqual(read.written.split('\n').toSorted(), ['', 'logs-a', 'logs-b'])
    })
  })

  it('end quietly when nobody reads what they print', async () => {
    await withNode(async (node) => {
      await node.run([...producer, '--topic', 't'], '1\n')
      const program = node.program()
      const ended = node.begin(program, [...consumer, '--topic', 't', '--from-beginning'])
      while (program.written.length === 0) await node.pause(10)
      program.breakPipe()
      assert.equal(await ended, 0)
      assert.deepEqual(program.errors.slice(1), [
        'Unable to write to standard out, closing consumer.',
        'Processed a total of 1 messages',
      ])
    })
  })

  it('stop at a record that cannot be printed, or skip it', async () => {
    await withNode(async (node) => {
      await node.run([...producer, '--topic', 't'], 'abc\n12345678\n')
      const long = ['--value-deserializer', 'org.apache.kafka.common.serialization.LongDeserializer']
      const stopped = await node.run([...consumer, '--topic', 't', ...all, ...long])
      assert.deepEqual([stopped.exitCode, stopped.written], [1, ''])
      assert.equal(
        stopped.errors.at(-1),
        'org.apache.kafka.common.errors.SerializationException: Size of data received by LongDeserializer is not 8',
      )
      const skipped = await node.run([...consumer, '--topic', 't', ...all, ...long, '--skip-message-on-error'])
      assert.deepEqual([skipped.exitCode, skipped.written], [0, '3544952156018063160\n'])
    })
  })

  it('print what groups have committed', async () => {
    await withNode(async (node) => {
      await node.run([...producer, '--topic', 't'], '1\n')
      await node.run([...consumer, '--topic', 't', '--group', 'g', '--from-beginning', '--max-messages', '1'])
      const formatter = ['--formatter', 'kafka.coordinator.group.GroupMetadataManager$OffsetsMessageFormatter']
      const read = await node.run([...consumer, '--topic', '__consumer_offsets', ...all, ...formatter])
      assert.match(
        read.written,
        /^\{"key":\{"type":1,"data":\{"group":"g","topic":"t","partition":0\}\},"value":\{"version":\d,"data":\{"offset":1,/,
      )
    })
  })

  it('refuse what contradicts itself, with the help behind it', async () => {
    await withNode(async (node) => {
      const cases: readonly (readonly [readonly string[], string])[] = [
        [producer, 'Missing required argument "[topic]"'],
        [words('tool kafka-console-producer --topic t'), 'Error while validating the bootstrap address\n'],
        [
          words('tool kafka-console-producer --topic t --bootstrap-server localhost'),
          'Please provide valid host:port like host1:9091,host2:9092\n',
        ],
        [
          [...producer, ...words('--topic t --property a=b --reader-property a=b')],
          'Options --reader-property and --property cannot be specified together.',
        ],
        [consumer, 'Exactly one of the following arguments is required: [topic], [include]'],
        [[...consumer, ...words('--include t --partition 0')], 'The topic is required when partition is specified.'],
        [[...consumer, ...words('--topic t --offset 0')], 'The partition is required when offset is specified.'],
        [
          [...consumer, ...words('--topic t --partition 0 --offset 0 --from-beginning')],
          'Options from-beginning and offset cannot be specified together.',
        ],
        [
          [...consumer, ...words('--topic t --partition 0 --offset -3')],
          "The provided offset value '-3' is incorrect. Valid values are 'earliest', 'latest', or a non-negative long.",
        ],
        [
          [...consumer, ...words('--topic t --partition 0 --group g')],
          'Options group and partition cannot be specified together.',
        ],
        [
          [...consumer, ...words('--topic t --group g --command-property group.id=h')],
          "The group ids provided in different places (directly using '--group', via '--consumer-property', or via '--consumer.config') do not match. Detected group ids: 'g', 'h'",
        ],
        [[...consumer, ...words('--topic t --formatter x.Y')], 'x.Y'],
      ]
      for (const [given, message] of cases) {
        const { exitCode, errors } = await node.run(given)
        assert.deepEqual([exitCode, errors[0]], [1, message])
        assert.match(errors[1] ?? '', /--bootstrap-server/)
      }
      const reset = await node.run([
        ...consumer,
        ...words('--topic t --from-beginning --command-property auto.offset.reset=latest'),
      ])
      assert.deepEqual(
        [reset.exitCode, reset.errors],
        [1, ["Can't simultaneously specify --from-beginning and 'auto.offset.reset=latest', please remove one option"]],
      )
    })
  })
})

describe('the reader of lines', () => {
  const read = (line: string, properties: Record<string, string>): unknown => {
    try {
      return new LineReader(readerOptions(new Map(Object.entries(properties)))).read(line)
    } catch (error) {
      if (!(error instanceof ToolExit)) throw error
      return error.message.replace('org.apache.kafka.common.KafkaException: ', '')
    }
  }

  it('takes lines apart by separators of one’s own', () => {
    const own = {
      'parse.key': 'TRUE',
      'key.separator': '::',
      'parse.headers': 'true',
      'headers.delimiter': '!',
      'headers.separator': '[;]',
      'headers.key.separator': '=',
    }
    assert.deepEqual(read('a=1;b=x=y!k::v::w', own), {
      key: 'k',
      value: 'v::w',
      headers: [
        ['a', '1'],
        ['b', 'x=y'],
      ],
    })
    assert.deepEqual(read('plain\tline', {}), { key: null, value: 'plain\tline', headers: [] })
  })

  it('leaves lines whole that lack a separator, where it ignores errors', () => {
    const lenient = { 'parse.key': 'true', 'parse.headers': 'true', 'ignore.error': 'true' }
    assert.deepEqual(read('just this', lenient), { key: null, value: 'just this', headers: [] })
    assert.deepEqual(read('h\tk\tv', lenient), { key: 'k', value: 'v', headers: [['h', null]] })
  })

  it('says what is wrong with a line', () => {
    const strict = { 'parse.key': 'true', 'parse.headers': 'true', 'null.marker': 'N' }
    assert.equal(read('x', strict), "No headers delimiter found on line number 1: 'x'")
    assert.equal(read('a:1\tx', strict), "No key separator found on line number 1: 'a:1\tx'")
    assert.equal(read('a\tk\tv', strict), "No header key separator found in pair 'a' on line number 1")
    assert.equal(read('\tk\tv', strict), "No header key separator found in pair '' on line number 1")
    assert.equal(
      read('N:1\tk\tv', strict),
      "Header keys should not be equal to the null marker 'N' as they can't be null",
    )
    assert.equal(
      read('x', { 'headers.separator': ':' }),
      'headers.separator and headers.key.separator may not be equal',
    )
    assert.equal(read('x', { 'null.marker': '\t' }), 'null.marker and key.separator may not be equal')
  })

  it('reads lines over the ends of chunks, and bytes that are no text as Java does', async () => {
    const lines = async (...chunks: readonly Buffer[]): Promise<readonly string[]> => {
      const found: string[] = []
      const source = async function* (): AsyncGenerator<Buffer> {
        for (const chunk of chunks) yield await Promise.resolve(chunk)
      }
      for await (const line of inputLines(source())) found.push(line)
      return found
    }
    assert.deepEqual(await lines(Buffer.from('a\r'), Buffer.from('\nb\rc'), Buffer.from('d\n')), ['a', 'b', 'cd'])
    assert.deepEqual(await lines(Buffer.from([0xc3]), Buffer.from([0xa9, 0x0a, 0xff, 0x41])), ['é', '\ufffdA'])
    assert.deepEqual(await lines(Buffer.from('\ufeffa\n\n')), ['\ufeffa', ''])
    assert.deepEqual(await lines(), [])
  })
})

it('makes the text of values as Java’s deserializers do', () => {
  const text = (name: string, bytes: Buffer): string => {
    try {
      return deserializerNamed(`org.apache.kafka.common.serialization.${name}Deserializer`)?.(bytes) ?? 'none'
    } catch (error) {
      if (!(error instanceof DeserializerError)) throw error
      return error.message
    }
  }
  const hex = (digits: string): Buffer => Buffer.from(digits, 'hex')
  const cases: readonly (readonly [string, Buffer, string])[] = [
    ['String', Buffer.from('é'), 'é'],
    ['ByteArray', Buffer.from('é'), 'é'],
    ['ByteBuffer', Buffer.from('abc'), 'java.nio.HeapByteBuffer[pos=0 lim=3 cap=3]'],
    ['Bytes', Buffer.from('a\\\n'), 'a\\\\\\x0A'],
    ['Boolean', hex('01'), 'true'],
    [
      'Boolean',
      hex('02'),
      'org.apache.kafka.common.errors.SerializationException: Unexpected byte received by BooleanDeserializer: 2',
    ],
    ['Short', hex('fffe'), '-2'],
    ['Integer', hex('00000100'), '256'],
    ['Long', hex('7fffffffffffffff'), '9223372036854775807'],
    ['Float', hex('3dcccccd'), '0.1'],
    ['Float', hex('4b800001'), '1.6777218E7'],
    ['Double', hex('3ff0000000000000'), '1.0'],
    ['UUID', Buffer.from('1-2-3-4-5'), '00000001-0002-0003-0004-000000000005'],
    ['UUID', Buffer.from('no'), 'org.apache.kafka.common.errors.SerializationException: Error parsing data into UUID'],
    ['Void', Buffer.from(''), 'java.lang.IllegalArgumentException: Data should be null for a VoidDeserializer.'],
    ['Other', Buffer.from(''), 'none'],
  ]
  for (const [name, bytes, expected] of cases) assert.equal(text(name, bytes), expected)
})
