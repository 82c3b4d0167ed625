import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { NodeFixture, nodeAddress } from '../node-fixture.ts'

let node: NodeFixture
before(async () => {
  node = await NodeFixture.start({
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS',
  })
  await node.tool('kafka-topics', '--create', '--topic', 'orders', '--partitions', '2')
})
after(() => node.stop())

/** Of a tool that has its options in front of a command. */
function behind(name: string, ...words: readonly string[]) {
  return node.tool(name, ...words)
}

describe('kafka-cluster', () => {
  it('tells the id and where nodes are', async () => {
    const id = await node.run('tool', 'kafka-cluster', 'cluster-id', '--bootstrap-server', nodeAddress)
    assert.match(id.lines[0] ?? '', /^Cluster ID: [\w-]{22}$/)
    const { lines } = await node.run('tool', 'kafka-cluster', 'list-endpoints', '-b', nodeAddress)
    assert.deepEqual(
      lines.map((line) => line.trimEnd()),
      [
        'ID         HOST      PORT       RACK       STATE      ENDPOINT_TYPE',
        '1          127.0.0.1 9092       null       unfenced   broker',
      ],
    )
  })

  it('says why a broker is not forgotten', async () => {
    const { code, errors } = await node.run('tool', 'kafka-cluster', 'unregister', '-b', nodeAddress, '--id', '9')
    assert.equal(code, 1)
    assert.match(errors[0] ?? '', /^org\.apache\.kafka\.common\.errors\.BrokerIdNotRegisteredException: /)
  })

  it('takes the old name of its config file, and not both', async () => {
    const run = (...words: readonly string[]) =>
      node.runWith(
        { files: { '/f/c.properties': '' } },
        'tool',
        'kafka-cluster',
        'cluster-id',
        '-b',
        nodeAddress,
        ...words,
      )
    const old = await run('--config', '/f/c.properties')
    assert.match(old.lines[0] ?? '', /^Option --config has been deprecated/)
    const both = await run('--config', '/f/c.properties', '-c', '/f/c.properties')
    assert.deepEqual([both.code, both.errors], [1, ['--config and --command-config cannot be specified together.']])
  })
})

describe('kafka-features', () => {
  it('describes levels, with the names of releases', async () => {
    const { lines } = await behind('kafka-features', 'describe')
    const metadata = lines.find((line) => line.includes('metadata.version'))
    assert.match(metadata ?? '', /SupportedMinVersion: 3\.3-IV3 +SupportedMaxVersion: 4\.3-IV0 .*Epoch: \d+$/)
  })

  it('changes levels one by one, and counts what failed', async () => {
    const { code, lines, errors } = await behind('kafka-features', 'upgrade', '--feature', 'metadata.version=999')
    assert.match(lines[0] ?? '', /^Could not upgrade metadata\.version to 999\. /)
    assert.deepEqual([code, errors], [1, ['1 out of 1 operation(s) failed.']])
    const twice = await behind('kafka-features', 'disable', '--feature', 'x', '--feature', 'x')
    assert.deepEqual(twice.errors, ['Feature x was specified more than once.'])
    const none = await behind('kafka-features', 'downgrade')
    assert.deepEqual(none.errors, ['You must specify at least one feature to downgrade'])
    const mixed = await behind('kafka-features', 'upgrade', '--release-version', '4.3', '--feature', 'x=1')
    assert.deepEqual(mixed.errors, ['Can not specify `release-version` with other feature flags.'])
  })

  it('asks for all levels of a release at once, but for those that are none', async () => {
    const asked = async (release: string) => {
      const { lines } = await behind('kafka-features', 'upgrade', '--release-version', release, '--dry-run')
      return lines.map((line) => /upgrade (\S+ to \d+)\. /.exec(line)?.[1])
    }
    // No share groups are served here: where one cannot be, none is.
    assert.deepEqual(await asked('4.3-IV0'), [
      'eligible.leader.replicas.version to 1',
      'group.version to 1',
      'kraft.version to 1',
      'metadata.version to 30',
      'share.version to 1',
      'streams.version to 1',
      'transaction.version to 2',
    ])
  })

  it('needs no cluster to tell what releases and levels mean', async () => {
    const mapping = await node.run('tool', 'kafka-features', 'version-mapping', '--release-version', '3.9')
    assert.equal(mapping.lines[0], 'metadata.version=21 (3.9)')
    const needs = await node.run('tool', 'kafka-features', 'feature-dependencies', '--feature', 'group.version')
    assert.deepEqual(needs.errors, ["Can't parse feature=level string group.version: equals sign not found."])
  })

  it('says what is wrong with a command line in one line', async () => {
    const { code, errors } = await node.run('tool', 'kafka-features', 'describe')
    assert.equal(code, 1)
    assert.match(errors[0] ?? '', /^Command line error: You must specify either --bootstrap-controller or/)
    const odd = await behind('kafka-features', 'nothing')
    assert.match(odd.errors[0] ?? '', /^Command line error: .*invalid choice.*\. Type --help for help\.$/s)
  })
})

describe('kafka-metadata-quorum', () => {
  it('describes the quorum in short and replica by replica', async () => {
    const status = await behind('kafka-metadata-quorum', 'describe', '--status')
    assert.match(status.lines.join('\n'), /^ClusterId: .*\nLeaderId: +1\nLeaderEpoch: +\d+\nHighWatermark: +\d+\n/)
    const replication = await behind('kafka-metadata-quorum', 'describe', '--replication')
    assert.match(replication.lines[0] ?? '', /^NodeId\tDirectoryId +\tLogEndOffset\tLag\tLastFetchTimestamp/)
    assert.match(replication.lines[1] ?? '', /^1 +\t[\w-]{22}\t\d+ +\t0 .*\tLeader/)
  })

  for (const [words, message] of [
    [[], 'One of --status or --replication must be specified with describe sub-command'],
    [
      ['--status', '--replication'],
      'Only one of --status or --replication should be specified with describe sub-command',
    ],
    [['--status', '--human-readable'], 'The option --human-readable is only supported along with --replication'],
  ] as const) {
    it(`refuses describe ${words.join(' ')}`, async () => {
      const { code, errors } = await behind('kafka-metadata-quorum', 'describe', ...words)
      assert.deepEqual([code, errors], [1, [message]])
    })
  }

  it('says what it would add, from the files of the controller', async () => {
    const files = {
      '/f/c.properties':
        'node.id=4\nprocess.roles=controller\nlog.dirs=/c\nlisteners=CONTROLLER://h4:9093\ncontroller.listener.names=CONTROLLER\n',
      '/c/meta.properties': 'version=1\ncluster.id=x\nnode.id=4\ndirectory.id=AAAAAAAAAAAAAAAAAAAAKg\n',
    }
    const add = (properties: Readonly<Record<string, string>>) =>
      node.runWith(
        { files: { ...files, ...properties } },
        'tool',
        'kafka-metadata-quorum',
        '--bootstrap-server',
        nodeAddress,
        '--command-config',
        '/f/c.properties',
        'add-controller',
        '--dry-run',
      )
    const { code, lines } = await add({})
    assert.deepEqual(
      [code, lines],
      [
        0,
        ['DRY RUN of adding controller 4 with directory id AAAAAAAAAAAAAAAAAAAAKg and endpoints: CONTROLLER://h4:9093'],
      ],
    )
    const isItOne = 'Is this a valid controller configuration file?'
    const wrong = await add({ '/f/c.properties': 'node.id=4\nprocess.roles=broker\n' })
    assert.deepEqual(wrong.errors, [`process.roles did not contain 'controller' in configuration file. ${isItOne}`])
  })

  it('takes ids of directories for what they are', async () => {
    const { errors } = await behind('kafka-metadata-quorum', 'remove-controller', '-i', '4', '-d', 'x')
    assert.deepEqual(errors, ['Failed to parse --controller-directory-id: x is no id'])
    const id = 'AAAAAAAAAAAAAAAAAAAAKg'
    const dry = await behind('kafka-metadata-quorum', 'remove-controller', '-i', '4', '-d', id, '--dry-run')
    assert.deepEqual(dry.lines, [`DRY RUN of removing  KRaft controller 4 with directory id ${id}`])
  })
})

describe('kafka-client-metrics', () => {
  it('alters, describes, lists and deletes', async () => {
    const altered = await node.tool(
      'kafka-client-metrics',
      '--alter',
      '--name',
      'm',
      '--metrics',
      'a.,b.',
      '--interval',
      '5000',
    )
    assert.deepEqual(altered.lines, ['Altered client metrics config for m.'])
    const described = await node.tool('kafka-client-metrics', '--describe')
    assert.equal(described.lines[0], 'Client metrics configs for m are:')
    assert.ok(described.lines.includes('  metrics=a.,b.'))
    assert.deepEqual((await node.tool('kafka-client-metrics', '--list')).lines, ['m'])
    await node.tool('kafka-client-metrics', '--delete', '--name', 'm')
    const gone = await node.tool('kafka-client-metrics', '--describe', '--name', 'm')
    assert.deepEqual(gone.lines, ["The client metric resource m doesn't exist and doesn't have dynamic config."])
  })

  it('refuses what contradicts itself, and tells what the node refuses', async () => {
    const neither = await node.tool('kafka-client-metrics', '--alter')
    assert.deepEqual(neither.errors, ['One of --name or --generate-name must be specified with --alter.'])
    const odd = await node.tool('kafka-client-metrics', '--alter', '--name', 'm', '--interval', '1')
    assert.equal(odd.code, 1)
    assert.match(odd.lines[0] ?? '', /^Error while executing client metrics command : /)
  })
})

describe('kafka-acls', () => {
  it('adds, lists and removes', async () => {
    const who = ['--allow-principal', 'User:ann'] as const
    const added = await node.tool('kafka-acls', '--add', ...who, '--operation', 'Read', '--topic', 'orders')
    assert.deepEqual(added.lines.slice(0, 2), [
      'Adding ACLs for resource `ResourcePattern(resourceType=TOPIC, name=orders, patternType=LITERAL)`: ',
      ' \t(principal=User:ann, host=*, operation=READ, permissionType=ALLOW)',
    ])
    const again = await node.tool('kafka-acls', '--add', ...who, '--operation', 'Read', '--topic', 'orders')
    assert.match(again.lines[0] ?? '', /^Acl \(pattern=.*\) already exists\.$/)
    const listed = await node.tool('kafka-acls', '--list', '--principal', 'User:ann')
    assert.equal(listed.lines[0], 'ACLs for principal `User:ann`')
    const kept = await node.runWith(
      { input: 'n\n' },
      'tool',
      'kafka-acls',
      '--bootstrap-server',
      nodeAddress,
      '--remove',
      '--topic',
      'orders',
    )
    assert.match(kept.lines[0] ?? '', /^Are you sure you want to delete all ACLs for resource filter/)
    assert.ok((await node.tool('kafka-acls', '--list')).lines.length > 1)
    await node.tool('kafka-acls', '--remove', '--topic', 'orders', '--force')
    assert.deepEqual((await node.tool('kafka-acls', '--list')).lines, [])
  })

  it('knows what producers and consumers need', async () => {
    const { lines } = await node.tool(
      'kafka-acls',
      '--add',
      '--allow-principal',
      'User:bob',
      '--producer',
      '--consumer',
      '--topic',
      'orders',
      '--group',
      'g',
    )
    const entries = lines
      .filter((line) => line.includes('principal=User:bob'))
      .map((line) => /operation=(\w+)/.exec(line)?.[1])
    assert.deepEqual(entries, ['WRITE', 'DESCRIBE', 'CREATE', 'READ', 'READ'])
  })

  for (const [words, message] of [
    [
      ['--add', '--topic', 't'],
      'You must specify one of: --allow-principal, --deny-principal when trying to add ACLs.',
    ],
    [['--list', '--add'], 'Command must include exactly one action: --list, --add, --remove. '],
    [['--add', '--producer', '--allow-principal', 'User:a'], 'With --producer you must specify a --topic'],
    [['--remove', '--principal', 'User:a'], 'The --principal option is only available if --list is set'],
    [
      ['--add', '--allow-principal', 'User:a', '--operation', 'Foo', '--group', 'g'],
      'ResourceType GROUP only supports operations [ALL, READ, DESCRIBE, DELETE, DESCRIBE_CONFIGS, ALTER_CONFIGS]',
    ],
  ] as const) {
    it(`refuses ${words.join(' ')}`, async () => {
      const { code, errors } = await node.tool('kafka-acls', ...words)
      assert.deepEqual([code, errors[0]], [1, message])
    })
  }
})

describe('kafka-leader-election', () => {
  it('tells what it did for each partition', async () => {
    const file = { '/f/e.json': '{"partitions":[{"topic":"orders","partition":1},{"topic":"gone","partition":0}]}' }
    const { code, lines, errors } = await node.runWith(
      { files: file },
      'tool',
      'kafka-leader-election',
      '--bootstrap-server',
      nodeAddress,
      '--election-type',
      'preferred',
      '--path-to-json-file',
      '/f/e.json',
    )
    assert.deepEqual([code, errors], [1, ['1 replica(s) could not be elected']])
    assert.equal(lines[0], 'Valid replica already elected for partitions orders-1')
    assert.match(lines[1] ?? '', /^Error completing leader election \(PREFERRED\) for partition: gone-0: org\.apache/)
  })

  for (const [words, message] of [
    [[], 'Missing required option(s): election-type'],
    [['--election-type', 'preferred', '--topic', 'orders'], 'Missing required option(s): partition'],
    [
      ['--election-type', 'preferred'],
      'One and only one of the following options is required: topic, all-topic-partitions, path-to-json-file',
    ],
    [['--election-type', 'odd', '--all-topic-partitions'], "Cannot parse argument 'odd' of option election-type"],
  ] as const) {
    it(`refuses ${words.join(' ')}`, async () => {
      const { code, errors } = await node.tool('kafka-leader-election', ...words)
      assert.deepEqual([code, errors], [1, [message]])
    })
  }
})

describe('kafka-transactions', () => {
  it('ends with the heads of its tables where there is nothing', async () => {
    assert.deepEqual((await behind('kafka-transactions', 'list')).lines, [
      'TransactionalId\tCoordinator\tProducerId\tTransactionState\t',
    ])
    const hanging = await behind('kafka-transactions', 'find-hanging', '--broker-id', '1')
    assert.match(hanging.lines[0] ?? '', /^Topic\tPartition\tProducerId/)
  })

  it('describes a transactional id once it has one', async () => {
    await behind('kafka-transactions', 'forceTerminateTransaction', '--transactionalId', 't')
    const { lines } = await behind('kafka-transactions', 'describe', '--transactional-id', 't')
    assert.match(lines[1] ?? '', /^1 +\tt +\t\d+ +\t\d+ +\t(?:Empty|CompleteAbort) +\t\d+ +\tNone/)
    const unknown = await behind('kafka-transactions', 'describe', '--transactional-id', 'x')
    assert.match(unknown.errors[0] ?? '', /^Failed to describe transaction state of transactional-id `x`: /)
  })

  it('wants to know which transaction hangs', async () => {
    const of = ['abort', '--topic', 'orders', '--partition', '0'] as const
    const unnamed = await behind('kafka-transactions', ...of)
    assert.match(unnamed.errors[0] ?? '', /^The transaction to abort must be identified either with --start-offset /)
    const nothing = await behind('kafka-transactions', ...of, '--start-offset', '3')
    assert.deepEqual(nothing.errors, [
      'Could not find any open transactions starting at offset 3 on partition orders-0',
    ])
    const half = await behind('kafka-transactions', ...of, '--producer-id', '3')
    assert.deepEqual(half.errors, ['Missing required argument --producer-epoch'])
  })
})

describe('kafka-delegation-tokens', () => {
  it('says what it calls, and what the node thinks of it', async () => {
    const { code, lines, errors } = await node.runWith(
      { files: { '/f/c.properties': '' } },
      'tool',
      'kafka-delegation-tokens',
      '--bootstrap-server',
      nodeAddress,
      '--command-config',
      '/f/c.properties',
      '--create',
      '--max-life-time-period',
      '-1',
      '--renewer-principal',
      'User:bob',
    )
    assert.deepEqual(lines, ['Calling create token operation with renewers :[User:bob] , max-life-time-period :-1'])
    assert.equal(code, 1)
    assert.match(errors[0] ?? '', /^org\.apache\.kafka\.common\.errors\.\w+Exception: /)
  })

  it('refuses what contradicts itself', async () => {
    const { errors } = await node.tool('kafka-delegation-tokens', '--create', '--renew')
    assert.equal(errors[0], 'Command must include exactly one action: --create, --renew, --expire or --describe')
  })
})
