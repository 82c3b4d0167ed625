import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { NodeFixture, nodeAddress, type Ran } from '../node-fixture.ts'

let node: NodeFixture
before(async () => {
  node = await NodeFixture.start()
  await node.tool('kafka-topics', '--create', '--topic', 'orders', '--partitions', '2')
  await node.run('topics', 'create', 'empty')
  // Nobody reads here: a group comes to be by setting its offsets.
  await groups('--reset-offsets', '--group', 'app', '--topic', 'orders', '--to-earliest', '--execute')
})
after(() => node.stop())

const groups = (...words: readonly string[]): Promise<Ran> => node.tool('kafka-consumer-groups', ...words)

describe('kafka-consumer-groups', () => {
  it('lists groups, with states and types where they are asked for', async () => {
    assert.deepEqual((await groups('--list')).lines, ['app'])
    assert.deepEqual((await groups('--list', '--state')).lines, [
      'GROUP                     STATE               ',
      'app                       Empty               ',
    ])
    assert.deepEqual((await groups('--list', '--type', 'classic', '--state', 'stable')).lines.length, 1)
  })

  it('describes offsets in columns, and says that nobody reads on standard error', async () => {
    const { code, lines, errors } = await groups('--describe', '--group', 'app')
    assert.equal(code, 0)
    assert.deepEqual(errors, ["\nConsumer group 'app' has no active members."])
    assert.deepEqual(lines, [
      '',
      'GROUP           TOPIC           PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG             CONSUMER-ID     HOST            CLIENT-ID',
      'app             orders          0          0               0               0               -               -               -',
      'app             orders          1          0               0               0               -               -               -',
    ])
  })

  it('describes members and state', async () => {
    assert.deepEqual((await groups('--describe', '--group', 'app', '--members')).lines, [
      '',
      'GROUP           CONSUMER-ID     HOST            CLIENT-ID       #PARTITIONS     ',
    ])
    assert.match(
      (await groups('--describe', '--group', 'app', '--state')).lines[2] ?? '',
      /^app {13}127\.0\.0\.1:9092 {2}\(1\) +- +Empty +0$/,
    )
  })

  it('plans a reset without doing it, and exports the plan', async () => {
    const { lines, errors } = await groups(
      '--reset-offsets',
      '--group',
      'app',
      '--topic',
      'orders:1',
      '--to-offset',
      '7',
    )
    assert.match(errors[0] ?? '', /^WARN: No action will be performed/)
    assert.deepEqual(lines, [
      '',
      'GROUP           TOPIC           PARTITION  NEW-OFFSET',
      'app             orders          1          0',
    ])
    const exported = await groups(
      '--reset-offsets',
      '--group',
      'app',
      '--all-topics',
      '--to-current',
      '--dry-run',
      '--export',
    )
    assert.deepEqual(exported.lines, ['orders,0,0', 'orders,1,0', ''])
  })

  it('resets as a file says', async () => {
    const words = [
      'tool',
      'kafka-consumer-groups',
      '--bootstrap-server',
      nodeAddress,
      '--reset-offsets',
      '--group',
      'new',
    ]
    const files = { '/plans/new.csv': 'orders,1,0\n' }
    const { lines } = await node.runWith({ files }, ...words, '--from-file', '/plans/new.csv', '--execute')
    assert.deepEqual(lines.at(-1), 'new             orders          1          0')
    assert.deepEqual((await groups('--list')).lines, ['app', 'new'])
    const deleted = await groups('--delete', '--group', 'new')
    assert.deepEqual(deleted.lines, ["Deletion of requested consumer groups ('new') was successful."])
  })

  it('says what failed on standard output, and ends with 0 as Apache Kafka’s tool', async () => {
    const { code, lines } = await groups('--describe', '--group', 'nobody')
    assert.equal(code, 0)
    assert.deepEqual(lines, [
      '',
      'Error: Executing consumer group command failed due to org.apache.kafka.common.errors.GroupIdNotFoundException: Group nobody not found.',
    ])
  })

  it('deletes offsets, partition by partition', async () => {
    await groups('--reset-offsets', '--group', 'short', '--topic', 'orders', '--to-earliest', '--execute')
    assert.deepEqual((await groups('--delete-offsets', '--group', 'short', '--topic', 'orders:0')).lines, [
      'Request succeeded for deleting offsets from group short.',
      '',
      'TOPIC           PARTITION  STATUS         ',
      'orders          0          Successful     ',
    ])
    assert.equal((await groups('--describe', '--group', 'short')).lines.length, 3)
  })

  it('says whether brokers take a regular expression', async () => {
    assert.deepEqual((await groups('--validate-regex', 'a.*')).lines, ['The regular expression `a.*` is valid.'])
    assert.match(
      (await groups('--validate-regex', '(?=a)')).lines[0] ?? '',
      /^The regular expression `\(\?=a\)` is invalid: /,
    )
  })

  for (const [words, message] of [
    [['--list', '--describe', '--group', 'a'], 'Option "[group]" can\'t be used with option "[list]"'],
    [['--describe'], 'Option [describe] takes one of these options: [group], [all-groups]'],
    [['--list', '--members'], 'Option(s) [members] are unavailable given other options on the command line'],
    [
      ['--reset-offsets', '--group', 'a', '--topic', 'orders', '--execute'],
      "Option '[reset-offsets]' requires one of the following scenarios: [[to-offset], [shift-by], [to-datetime], [by-duration], [to-earliest], [to-latest], [to-current], [from-file]]",
    ],
    [
      ['--reset-offsets', '--group', 'a', '--execute', '--to-earliest'],
      'One of the reset scopes should be defined: --all-topics, --topic.',
    ],
  ] as const) {
    it(`refuses ${words.join(' ')}`, async () => {
      const { code, errors } = await groups(...words)
      assert.deepEqual([code, errors[0]], [1, message])
    })
  }
})
