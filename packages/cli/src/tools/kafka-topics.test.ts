import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { NodeFixture, type Ran } from '../node-fixture.ts'

let node: NodeFixture
before(async () => {
  node = await NodeFixture.start()
})
after(() => node.stop())

const topics = (...words: readonly string[]): Promise<Ran> => node.tool('kafka-topics', ...words)

describe('kafka-topics', () => {
  it('creates a topic, and describes it with tabs between the fields', async () => {
    const created = await topics('--create', '--topic', 'orders', '--partitions', '2', '--config', 'retention.ms=1000')
    assert.deepEqual(created, { code: 0, lines: ['Created topic orders.'], errors: [] })
    const { lines } = await topics('--describe', '--topic', 'orders')
    assert.match(
      lines[0] ?? '',
      /^Topic: orders\tTopicId: [\w-]{22}\tPartitionCount: 2\tReplicationFactor: 1\tConfigs: .*retention\.ms=1000/,
    )
    assert.equal(lines[1], '\tTopic: orders\tPartition: 0\tLeader: 1\tReplicas: 1\tIsr: 1\tElr: \tLastKnownElr: ')
    assert.equal(lines.length, 3)
  })

  it('says what the cluster refuses on both outputs, and ends with 1', async () => {
    const refused = await topics('--create', '--topic', 'a/b')
    const because =
      "Topic name is invalid: 'a/b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
    assert.deepEqual(refused, {
      code: 1,
      lines: [`Error while executing topic command : ${because}`],
      errors: [because],
    })
  })

  it('takes an existing topic for none where that is asked for', async () => {
    await topics('--create', '--topic', 'twice')
    assert.equal((await topics('--create', '--topic', 'twice')).code, 1)
    assert.deepEqual(await topics('--create', '--topic', 'twice', '--if-not-exists'), {
      code: 0,
      lines: [],
      errors: [],
    })
  })

  it('lists what a pattern means, sorted', async () => {
    for (const name of ['list-b', 'list-a', 'other']) await topics('--create', '--topic', name)
    assert.deepEqual((await topics('--list', '--topic', 'list-.*,nothing')).lines, ['list-a', 'list-b'])
    assert.equal(
      (await topics('--list', '--topic', '[')).lines[0],
      'Error while executing topic command : [ is an invalid regex.',
    )
  })

  it('enlarges a topic, and deletes it', async () => {
    await topics('--create', '--topic', 'grow')
    assert.equal((await topics('--alter', '--topic', 'grow', '--partitions', '3')).code, 0)
    assert.match((await topics('--describe', '--topic', 'grow')).lines[0] ?? '', /PartitionCount: 3/)
    assert.deepEqual(await topics('--delete', '--topic', 'grow'), { code: 0, lines: [], errors: [] })
    assert.match(
      (await topics('--delete', '--topic', 'grow')).lines[0] ?? '',
      /Topic 'grow' does not exist as expected/,
    )
    assert.equal((await topics('--delete', '--topic', 'grow', '--if-exists')).code, 0)
  })

  it('places partitions as it is told', async () => {
    assert.equal((await topics('--create', '--topic', 'placed', '--replica-assignment', '1,1')).code, 0)
    assert.match(
      (await topics('--create', '--topic', 'bad', '--replica-assignment', '1:1')).lines[0] ?? '',
      /duplicate entries: 1$/,
    )
    assert.match(
      (await topics('--create', '--topic', 'bad', '--replica-assignment', '1:2,1')).lines[0] ?? '',
      /Partition 1 has different replication factor: \[1\]$/,
    )
  })

  it('prints help with what does not go together, and for --help', async () => {
    const { code, errors } = await topics('--list', '--create')
    assert.equal(code, 1)
    assert.equal(
      errors[0],
      'Command must include exactly one action: --list, --describe, --create, --alter or --delete',
    )
    assert.match(errors[1] ?? '', /--bootstrap-server <host:port,…>/)
    const help = await node.run('tool', 'kafka-topics', '--help')
    assert.deepEqual([help.code, help.lines, help.errors.length], [1, [], 2])
    assert.deepEqual((await node.run('tool', 'kafka-topics', '--version')).lines, ['4.3.1'])
  })

  it('answers --zookeeper with the line to write instead', async () => {
    const { code, errors } = await node.run(
      'tool',
      'kafka-topics',
      '--create',
      '--zookeeper',
      'zk:2181/kafka',
      '--topic',
      'my topic',
    )
    assert.equal(code, 1)
    assert.equal(errors[0], 'zookeeper is not a recognized option')
    assert.equal(errors[2], "  kafka-topics.sh --create --bootstrap-server zk:9092 --topic 'my topic'")
  })
})
