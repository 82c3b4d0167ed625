import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { NodeFixture, nodeAddress } from '../node-fixture.ts'

let node: NodeFixture
before(async () => {
  node = await NodeFixture.start({ 'log.dirs': '/d1,/d2' })
  await node.tool('kafka-topics', '--create', '--topic', 'orders', '--partitions', '2')
})
after(() => node.stop())

function reassign(json: object, ...words: readonly string[]) {
  const name = words[0] === '--generate' ? '--topics-to-move-json-file' : '--reassignment-json-file'
  return node.runWith(
    { files: { '/f/r.json': JSON.stringify(json) } },
    'tool',
    'kafka-reassign-partitions',
    '--bootstrap-server',
    nodeAddress,
    ...words,
    name,
    '/f/r.json',
  )
}

const plan = (replicas: readonly number[], more: object = {}) => ({
  version: 1,
  partitions: [{ topic: 'orders', partition: 0, replicas, ...more }],
})

describe('kafka-reassign-partitions', () => {
  it('proposes where replicas may go', async () => {
    const { lines } = await reassign({ topics: [{ topic: 'orders' }] }, '--generate', '--broker-list', '1')
    assert.equal(lines[0], 'Current partition replica assignment')
    const current: unknown = JSON.parse(lines[1] ?? '')
    assert.partialDeepStrictEqual(current, {
      version: 1,
      partitions: [{ topic: 'orders', partition: 0, replicas: [1] }],
    })
    assert.deepEqual(lines.slice(2), [
      '',
      'Proposed partition reassignment configuration',
      '{"version":1,"partitions":[{"topic":"orders","partition":0,"replicas":[1],"log_dirs":["any"]},{"topic":"orders","partition":1,"replicas":[1],"log_dirs":["any"]}]}',
    ])
  })

  it('begins, throttles, verifies and clears throttles', async () => {
    const begun = await reassign(plan([1]), '--execute', '--throttle', '1000')
    assert.equal(begun.code, 0)
    assert.deepEqual(begun.lines.slice(-3), [
      'Warning: You must run --verify periodically, until the reassignment completes, to ensure the throttle is removed.',
      'The inter-broker throttle limit was set to 1000 B/s',
      'Successfully started partition reassignment for orders-0',
    ])
    const configs = async () => (await node.tool('kafka-configs', '--describe', '--topic', 'orders')).lines.join('\n')
    assert.match(await configs(), /leader\.replication\.throttled\.replicas=0:1/)
    const verified = await reassign(plan([1]), '--verify')
    assert.deepEqual(verified.lines, [
      'Status of partition reassignment:',
      'Reassignment of partition orders-0 is completed.',
      '',
      'Clearing broker-level throttles on broker 1',
      'Clearing topic-level throttles on topic orders',
    ])
    assert.doesNotMatch(await configs(), /throttled/)
  })

  it('moves a replica to another directory, and tells when it is there', async () => {
    const described = (await node.tool('kafka-log-dirs', '--describe', '--topic-list', 'orders')).lines.at(-1) ?? ''
    const isInFirst = /"logDir":"\/d1","partitions":\[[^\]]*"orders-0"/.test(described)
    const to = isInFirst ? '/d2' : '/d1'
    const begun = await reassign(plan([1], { log_dirs: [to] }), '--execute')
    assert.equal(
      begun.lines.at(-1),
      `Successfully started moving log directory to ${to} for replica orders-0 with broker 1 `,
    )
    for (let count = 0; count < 100; count++) {
      const { lines } = await reassign(plan([1], { log_dirs: [to] }), '--verify', '--preserve-throttles')
      if (lines.includes('Reassignment of replica orders-0-1 completed successfully.')) return
      await node.environment.time.advance(100)
    }
    assert.fail('the replica was not moved')
  })

  it('takes nothing back where nothing is under way', async () => {
    const { lines } = await reassign(plan([1]), '--cancel')
    assert.equal(lines[0], 'None of the specified partition reassignments are active.')
    assert.deepEqual((await node.tool('kafka-reassign-partitions', '--list')).lines, [
      'No partition reassignments found.',
    ])
  })

  for (const [json, message] of [
    [plan([7]), 'Error: Unknown broker id 7'],
    [
      plan([1, 1]),
      'Error: Partition replica lists may not contain duplicate entries: orders-0 contains multiple entries for 1',
    ],
    [plan([]), 'Error: Partition replica list cannot be empty'],
    [
      plan([1], { log_dirs: [] }),
      'Error: Size of replicas list [1] is different from size of log dirs list [] for partition orders-0',
    ],
    [{ partitions: [] }, 'Error: Partition reassignment list cannot be empty'],
    [{ version: 2, partitions: [] }, 'Error: Not supported version field value 2'],
    [
      { partitions: [{ topic: 'gone', partition: 0, replicas: [1] }] },
      'Error: org.apache.kafka.common.errors.UnknownTopicOrPartitionException: Topic gone not found.',
    ],
    [
      { partitions: [{ topic: 'orders', partition: 9, replicas: [1] }] },
      'Error: org.apache.kafka.common.errors.UnknownTopicOrPartitionException: Unable to find partition: orders-9',
    ],
  ] as const) {
    it(`refuses to begin ${JSON.stringify(json)}`, async () => {
      const { code, lines } = await reassign(json, '--execute')
      assert.deepEqual([code, lines], [1, [message]])
    })
  }

  for (const [words, message] of [
    [
      ['--list', '--verify'],
      'Command must include exactly one action: --generate, --execute, --verify, --cancel, --list',
    ],
    [['--verify'], 'Missing required argument "[reassignment-json-file]"'],
    [['--list', '--throttle', '5'], 'Option "[throttle]" can\'t be used with action "[list]"'],
  ] as const) {
    it(`refuses ${words.join(' ')}`, async () => {
      const { code, errors } = await node.tool('kafka-reassign-partitions', ...words)
      assert.deepEqual([code, errors[0]], [1, message])
    })
  }
})
