import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { NodeFixture, nodeAddress } from '../node-fixture.ts'

let node: NodeFixture
before(async () => {
  node = await NodeFixture.start()
  await node.tool('kafka-topics', '--create', '--topic', 'orders', '--partitions', '3')
  await node.tool('kafka-topics', '--create', '--topic', 'payments')
})
after(() => node.stop())

describe('kafka-get-offsets', () => {
  it('tells offsets sorted by topic and partition', async () => {
    const { lines } = await node.tool('kafka-get-offsets')
    assert.deepEqual(lines, ['orders:0:0', 'orders:1:0', 'orders:2:0', 'payments:0:0'])
  })

  it('takes patterns of topics and partitions', async () => {
    const offsets = async (pattern: string) =>
      (await node.tool('kafka-get-offsets', '--topic-partitions', pattern)).lines
    assert.deepEqual(await offsets('orders:1-3'), ['orders:1:0', 'orders:2:0'])
    assert.deepEqual(await offsets('pay.*:0,orders:-1'), ['orders:0:0', 'payments:0:0'])
    assert.deepEqual(await offsets(':2'), ['orders:2:0'])
  })

  for (const [words, message] of [
    [['--topic', 'nothing'], 'Error occurred: Could not match any topic-partitions with the specified filters'],
    [
      ['--topic', 'a', '--topic-partitions', 'b'],
      'Error occurred: --topic-partitions cannot be used with --topic or --partitions',
    ],
    [
      ['--partitions', 'x'],
      'Error occurred: --partitions expects a comma separated list of numeric partition ids, but received: x',
    ],
    [['--topic-partitions', 'a:b'], 'Error occurred: Invalid rule specification: a:b'],
    [['--nothing'], 'Error occurred: nothing is not a recognized option'],
  ] as const) {
    it(`refuses ${words.join(' ')}`, async () => {
      const { code, errors } = await node.tool('kafka-get-offsets', ...words)
      assert.deepEqual([code, errors], [1, [message]])
    })
  }

  it('takes --broker-list as guides have it, and wants host and port', async () => {
    const { lines } = await node.run('tool', 'kafka-get-offsets', '--broker-list', nodeAddress, '--topic', 'payments')
    assert.deepEqual(lines, ['payments:0:0'])
    const { code, errors } = await node.run('tool', 'kafka-get-offsets', '--bootstrap-server', 'nowhere')
    assert.deepEqual([code, errors[0]], [1, 'Please provide valid host:port like host1:9091,host2:9092\n'])
  })
})

describe('kafka-delete-records', () => {
  const ask = (content: string) =>
    node.runWith(
      { files: { '/f/o.json': content } },
      'tool',
      'kafka-delete-records',
      '--bootstrap-server',
      nodeAddress,
      '--offset-json-file',
      '/f/o.json',
    )

  it('tells the first offset that is left, and why one could not be done', async () => {
    const partitions = [
      { topic: 'orders', partition: 0, offset: -1 },
      { topic: 'orders', partition: 1, offset: 5 },
    ]
    const { code, lines } = await ask(JSON.stringify({ partitions, version: 1 }))
    assert.equal(code, 0)
    assert.deepEqual(lines.slice(0, 3), [
      'Executing records delete operation',
      'Records delete operation completed:',
      'partition: orders-0\tlow_watermark: 0',
    ])
    assert.match(
      lines[3] ?? '',
      /^partition: orders-1\terror: org\.apache\.kafka\.common\.errors\.OffsetOutOfRangeException: /,
    )
  })

  for (const [content, message] of [
    ['nothing', 'The input string is not a valid JSON'],
    ['{"version":1}', 'Missing partitions field'],
    ['{"version":2}', 'Not supported version field value 2'],
    ['[]', 'it: expected a JSON object'],
    ['{"partitions":[{"topic":"a","partition":"0","offset":1}]}', 'partition: expected a whole number'],
    [
      '{"partitions":[{"topic":"a","partition":0,"offset":1},{"topic":"a","partition":0,"offset":2}]}',
      'Offset json file contains duplicate topic partitions: a-0',
    ],
  ] as const) {
    it(`refuses ${content}`, async () => {
      const { code, errors } = await ask(content)
      assert.deepEqual([code, errors], [1, [message]])
    })
  }
})

describe('kafka-log-dirs, kafka-broker-api-versions and kafka-groups', () => {
  it('tell directories as JSON', async () => {
    const { lines } = await node.tool('kafka-log-dirs', '--describe', '--topic-list', 'payments')
    assert.deepEqual(lines.slice(0, 2), [
      'Querying brokers for log directories information',
      'Received log directory information from brokers 1',
    ])
    assert.deepEqual(JSON.parse(lines[2] ?? ''), {
      brokers: [
        {
          broker: 1,
          logDirs: [
            {
              partitions: [{ partition: 'payments-0', size: 0, offsetLag: 0, isFuture: false }],
              error: null,
              logDir: '/data',
            },
          ],
        },
      ],
      version: 1,
    })
    const { code, errors } = await node.tool('kafka-log-dirs', '--describe', '--broker-list', '7')
    assert.deepEqual(
      [code, errors],
      [1, ['ERROR: The given brokers do not exist from --broker-list: 7. Current existent brokers: 1']],
    )
  })

  it('tell versions', async () => {
    const text = (await node.tool('kafka-broker-api-versions')).lines
    assert.equal(text[0], '127.0.0.1:9092 (id: 1 rack: null isFenced: false) -> (')
    assert.match(text[1] ?? '', /^\tProduce\(0\): 0 to 13 \[usable: 13\],$/)
    assert.equal(text.at(-1), ')')
  })

  it('tell groups, and refuse types that there are not', async () => {
    assert.deepEqual((await node.tool('kafka-groups', '--list')).lines, [
      'GROUP                TYPE                 PROTOCOL            ',
    ])
    const { code, errors } = await node.tool('kafka-groups', '--list', '--group-type', 'odd')
    assert.deepEqual([code, errors], [1, ['--group-type must be a valid group type.']])
    const without = await node.run('tool', 'kafka-groups', '--list')
    assert.equal(without.errors[0], 'Missing required option(s) [bootstrap-server]')
  })
})

describe('kafka-configs', () => {
  const configs = (...words: readonly string[]) => node.tool('kafka-configs', ...words)

  it('alters and describes configs of a topic', async () => {
    const altered = await configs(
      '--topic',
      'orders',
      '--alter',
      '--add-config',
      'cleanup.policy=[compact,delete],retention.ms=5',
    )
    assert.deepEqual(altered.lines, ['Completed updating config for topic orders.'])
    assert.deepEqual((await configs('--topic', 'orders', '--describe')).lines, [
      'Dynamic configs for topic orders are:',
      '  cleanup.policy=compact,delete sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:cleanup.policy=compact,delete, DEFAULT_CONFIG:log.cleanup.policy=delete}',
      '  retention.ms=5 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:retention.ms=5}',
    ])
    await configs('--topic', 'orders', '--alter', '--delete-config', 'cleanup.policy,retention.ms')
    assert.equal((await configs('--topic', 'orders', '--describe')).lines.length, 1)
  })

  it('repeats what was typed where the cluster refuses it, and says why', async () => {
    const { code, errors } = await configs('--topic', 'orders', '--alter', '--add-config', 'a.b=1')
    assert.deepEqual(
      [code, errors],
      [
        1,
        [
          `Error while executing config command with args '--bootstrap-server ${nodeAddress} --topic orders --alter --add-config a.b=1'`,
          'java.util.concurrent.ExecutionException: org.apache.kafka.common.errors.InvalidConfigurationException: Unknown topic config name: a.b',
        ],
      ],
    )
  })

  it('alters and describes quotas and credentials', async () => {
    await configs('--user', 'ann', '--alter', '--add-config', 'consumer_byte_rate=20000000,request_percentage=12.5')
    await configs('--user', 'ann', '--alter', '--add-config', 'SCRAM-SHA-256=[iterations=8192,password=x]')
    assert.deepEqual((await configs('--user', 'ann', '--describe')).lines, [
      "Quota configs for user-principal 'ann' are consumer_byte_rate=2.0E7, request_percentage=12.5",
      "SCRAM credential configs for user-principal 'ann' are SCRAM-SHA-256=iterations=8192",
    ])
    assert.deepEqual((await configs('--client', 'none', '--describe')).lines, [])
  })

  it('takes what is set from a file, the command line before it', async () => {
    const words = ['tool', 'kafka-configs', '--bootstrap-server', nodeAddress, '--topic', 'payments', '--alter']
    const files = { '/f/more.properties': 'retention.ms=7\n' }
    assert.equal((await node.runWith({ files }, ...words, '--add-config-file', '/f/more.properties')).code, 0)
    assert.match((await configs('--topic', 'payments', '--describe')).lines[1] ?? '', /retention\.ms=7/)
    const { code, errors } = await node.runWith({}, ...words, '--add-config-file', '/f/none')
    assert.deepEqual([code, errors], [1, ['/f/none: there is no such file']])
  })

  for (const [words, message] of [
    [['--describe'], 'At least one entity type must be specified'],
    [
      ['--describe', '--topic', 'a', '--broker', '1'],
      "Only 'users' and 'clients' entity types may be specified together",
    ],
    [
      ['--describe', '--entity-type', 'tables'],
      'Invalid entity type tables, the entity type must be one of topics, clients, users, brokers, ips, client-metrics, groups, broker-loggers with a --bootstrap-server or --bootstrap-controller argument',
    ],
    [
      ['--alter', '--topic', 'a'],
      'At least one of --add-config, --add-config-file, or --delete-config must be specified with --alter',
    ],
    [
      ['--alter', '--user', 'a', '--add-config', 'x=1'],
      "Only quota and SCRAM credential configs can be added for 'users' using --bootstrap-server. Unexpected config names: Set(x)",
    ],
    [['--describe', '--broker', 'x'], 'The entity name for brokers must be a valid integer broker id, but it is: x'],
  ] as const) {
    it(`refuses ${words.join(' ')}`, async () => {
      const { code, errors } = await configs(...words)
      assert.deepEqual([code, errors], [1, [message]])
    })
  }
})
