import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { NodeFixture } from '../node-fixture.ts'
import { targetFrom } from './groups-reset-plan.ts'

let node: NodeFixture
before(async () => {
  node = await NodeFixture.start()
  await node.run('topics', 'create', 'orders', '--partitions', '2')
  await node.run('groups', 'reset', 'app', '--to', 'earliest', '--topic', 'orders', '--yes')
})
after(() => node.stop())

describe('gregor topics', () => {
  it('creates a topic and shows where it is', async () => {
    assert.deepEqual(await node.run('topics', 'create', 'made', '--config', 'retention.ms=5'), {
      code: 0,
      lines: ['Created topic made.', 'PARTITION  LEADER  REPLICAS', '        0       1  1'],
      errors: [],
    })
    const { lines } = await node.run('topics', 'describe', 'made')
    assert.deepEqual(lines.slice(0, 3), [
      'PARTITION  LEADER  REPLICAS  IN SYNC  FIRST  END',
      '        0       1  1         1            0    0',
      '',
    ])
    assert.ok(lines.includes('retention.ms = 5'))
  })

  it('lists topics as a table and as JSON, without those of Kafka itself', async () => {
    const { lines } = await node.run('topics', 'list')
    assert.deepEqual(lines.slice(0, 2), ['TOPIC   PARTITIONS  REPLICAS  HEALTH', 'made             1         1  ok'])
    const all = JSON.parse((await node.run('topics', 'list', '--all', '--json')).lines.join('\n')) as {
      topic: string
    }[]
    assert.deepEqual(
      all.map(({ topic }) => topic),
      ['__consumer_offsets', 'made', 'orders'],
    )
  })

  it('says what it would delete, and deletes when it is told twice', async () => {
    await node.run('topics', 'create', 'gone')
    assert.deepEqual(await node.run('topics', 'delete', 'gone'), {
      code: 1,
      lines: ['Would delete topic gone with 1 partition(s); --yes does it.'],
      errors: [],
    })
    assert.deepEqual((await node.run('topics', 'delete', 'gone', '--yes')).lines, ['Deleted topic gone.'])
    const { code, errors } = await node.run('topics', 'describe', 'gone')
    assert.equal(code, 1)
    assert.match(errors[0] ?? '', /^gregor topics describe: /)
  })

  it('refuses counts that are none', async () => {
    const { code, errors } = await node.run('topics', 'create', 'x', '--partitions', '0')
    assert.deepEqual([code, errors[0]], [1, 'gregor topics create: --partitions 0: give a whole number from 1 on'])
  })
})

describe('gregor configs', () => {
  it('sets configs, shows what became of them, and sets them back', async () => {
    assert.deepEqual((await node.run('configs', 'set', 'topic:orders', '--config', 'retention.ms=7')).lines, [
      'CONFIG        BEFORE     AFTER',
      'retention.ms  604800000  7',
    ])
    assert.ok((await node.run('configs', 'show', 'topic:orders')).lines.includes('retention.ms         7      topic'))
    await node.run('configs', 'set', 'topic:orders', '--config', 'retention.ms=')
    assert.ok(!(await node.run('configs', 'show', 'topic:orders')).lines.join().includes('retention.ms'))
  })

  it('only asks where that is wanted', async () => {
    const { lines } = await node.run('configs', 'set', 'topic:orders', '--config', 'retention.ms=9', '--check')
    assert.deepEqual(lines[1], 'retention.ms  604800000  would be 9')
    const refused = await node.run('configs', 'set', 'topic:orders', '--config', 'a.b=1', '--check')
    assert.deepEqual(refused.errors, ['gregor configs set: Unknown topic config name: a.b'])
  })

  it('refuses what is no resource', async () => {
    for (const what of ['orders', 'topic:', 'brokers:1', 'table:a']) {
      const { code, errors } = await node.run('configs', 'show', what)
      assert.equal(code, 1)
      assert.match(errors[0] ?? '', /: give it as topic:NAME, /)
    }
  })
})

describe('gregor groups', () => {
  it('lists groups with their lag', async () => {
    assert.deepEqual((await node.run('groups', 'list')).lines, [
      'GROUP  TYPE     STATE  MEMBERS  LAG',
      'app    Classic  Empty        0    0',
    ])
  })

  it('tells the lag of a group, partition by partition', async () => {
    const { lines } = await node.run('groups', 'lag', 'app')
    assert.deepEqual(lines, [
      'TOPIC   PARTITION  COMMITTED  END  LAG  CLIENT  HOST',
      'orders          0          0    0    0  -       -',
      'orders          1          0    0    0  -       -',
      '',
      'Empty, 0 member(s), 0 record(s) behind',
    ])
    const { code, errors } = await node.run('groups', 'lag', 'nobody')
    assert.deepEqual([code, errors], [1, ['gregor groups lag: Group nobody not found.']])
  })

  it('previews a reset, and changes nothing without --yes', async () => {
    const { lines } = await node.run('groups', 'reset', 'app', '--to', '+5')
    assert.deepEqual(lines, [
      'TOPIC   PARTITION  NOW  NEW  CHANGE',
      'orders          0    0    0  0',
      'orders          1    0    0  0',
      '',
      'Nothing was changed: --yes does it.',
    ])
    const none = await node.run('groups', 'reset', 'other', '--to', 'latest')
    assert.deepEqual(none.lines.at(-1), 'The group has read nothing: --topic says what it is to read.')
  })

  it('understands places as people write them', () => {
    assert.deepEqual(targetFrom('earliest', 0), { spec: 'earliest' })
    assert.deepEqual(targetFrom('100', 0), { offset: 100 })
    assert.deepEqual(targetFrom('-10', 0), { shiftBy: -10 })
    assert.deepEqual(targetFrom('2h', 10_000_000), { spec: { timestampMs: 2_800_000 } })
    assert.deepEqual(targetFrom('1970-01-01T00:00:05Z', 0), { spec: { timestampMs: 5_000 } })
    assert.throws(() => targetFrom('soon', 0), /^UsageError: --to soon: give earliest/)
    assert.throws(() => targetFrom(undefined, 0), /^UsageError: --to: give earliest/)
  })
})

describe('gregor doctor', () => {
  it('finds nothing wrong with a node that runs', async () => {
    const { code, lines } = await node.run('doctor')
    assert.deepEqual(
      [code, lines.slice(0, 2), lines.at(-1)],
      [
        0,
        [
          'ok       127.0.0.1:9092 answers as a Kafka node',
          'ok       node 1 says that clients reach it at 127.0.0.1:9092, and so it is',
        ],
        'Nothing is wrong.',
      ],
    )
  })

  it('names the address where nobody is', async () => {
    const { code, lines } = await node.run('doctor', '--bootstrap', '127.0.0.1:9999')
    assert.equal(code, 1)
    assert.match(lines[0] ?? '', /^WRONG {4}127\.0\.0\.1:9999 cannot be used: .*ECONNREFUSED/)
    assert.match(lines[1] ?? '', /→ Is the node running/)
  })

  it('tells of listeners that clients cannot reach', async () => {
    const files = {
      '/etc/server.properties':
        'listeners=PLAINTEXT://0.0.0.0:9099\nadvertised.listeners=PLAINTEXT://localhost:9099\nlog.dirs=/data\n',
    }
    const { lines } = await node.runWith({ files }, 'doctor', '/etc/server.properties')
    assert.ok(lines.includes('ok       listener PLAINTEXT on 0.0.0.0:9099: the port is free, no node runs there now'))
    assert.ok(lines.includes('warning  clients of listener PLAINTEXT are sent to localhost:9099'))
  })

  it('says what is wrong with a file', async () => {
    const { code, lines } = await node.run('doctor', '/etc/none.properties')
    assert.equal(code, 1)
    assert.equal(lines[1], 'WRONG    /etc/none.properties: there is no such file; give the path of a server.properties')
    const findings = JSON.parse((await node.run('doctor', '/etc/none.properties', '--json')).lines.join('\n')) as {
      verdict: string
    }[]
    assert.deepEqual(
      findings.slice(0, 2).map(({ verdict }) => verdict),
      ['ok', 'wrong'],
    )
  })
})

describe('gregor completion', () => {
  it('knows commands and options of three shells', async () => {
    const bash = (await node.run('completion', 'bash')).lines.join('\n')
    assert.match(bash, /"topics"\) words="list describe create delete"/)
    assert.match(bash, /"groups reset"\) options="--to --topic --yes --bootstrap/)
    assert.match((await node.run('completion', 'zsh')).lines[0] ?? '', /bashcompinit/)
    assert.match((await node.run('completion', 'fish')).lines.join('\n'), /-a topics/)
    const { code, errors } = await node.run('completion', 'csh')
    assert.deepEqual([code, errors[0]], [1, 'gregor completion: csh: there are bash, zsh and fish'])
  })
})
