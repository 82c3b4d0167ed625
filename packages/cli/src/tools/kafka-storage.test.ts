import assert from 'node:assert/strict'
import { it } from 'node:test'
import { ProgramFixture } from '../program-fixture.ts'
import { parseDynamicVoters } from './storage/dynamic-voters.ts'
import { levelsOfCluster } from './storage/feature-levels.ts'
import { scramRecord } from './storage/scram-arguments.ts'
import { ToolExit } from './tool-exit.ts'

const CLUSTER = '4L6g3nShT-eMCtK--X86sw'
const DIRECTORY = 'JEXY6aqzQY-32P5TStzaFg'

const dynamic = [
  'process.roles=broker,controller',
  'node.id=1',
  'controller.quorum.bootstrap.servers=localhost:9093',
  'listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093',
  'controller.listener.names=CONTROLLER',
  'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
  'log.dirs=/data/a,/data/b',
]

function programWith(lines: readonly string[]): ProgramFixture {
  const program = new ProgramFixture()
  program.writeFile('/srv/node/server.properties', lines.join('\n'))
  return program
}

function storage(program: ProgramFixture, ...words: readonly string[]): Promise<number> {
  return program.run('tool', 'kafka-storage', ...words)
}

function format(program: ProgramFixture, ...words: readonly string[]): Promise<number> {
  return storage(program, 'format', '-c', 'server.properties', '-t', CLUSTER, ...words)
}

function exitOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof ToolExit) return error.message
    throw error
  }
  return 'it succeeded'
}

it('formats every directory, the metadata directory with the quorum, and tells later what is there', async () => {
  const program = programWith(dynamic)
  assert.equal(await format(program, '--initial-controllers', `1@localhost:9093:${DIRECTORY}`, '-r', '4.0'), 0)
  assert.match(
    program.lines[0] ?? '',
    /^Bootstrap metadata: BootstrapMetadata\(records=\[ApiMessageAndVersion\(FeatureLevelRecord\(name='metadata.version', featureLevel=25\) at version 0\), .*\], metadataVersionLevel=25, source=format command\)$/,
  )
  assert.deepEqual(program.lines.slice(1).toSorted(), [
    'Formatting data directory /data/b with metadata.version 4.0-IV3.',
    'Formatting dynamic metadata voter directory /data/a with metadata.version 4.0-IV3.',
  ])
  const { disk } = program.environment
  assert.deepEqual(disk.list('/data/a'), ['__cluster_metadata-0', 'bootstrap.checkpoint', 'meta.properties'])
  assert.deepEqual(disk.list('/data/b'), ['bootstrap.checkpoint', 'meta.properties'])
  assert.match(disk.readFile('/data/a/meta.properties').toString(), new RegExp(`directory.id=${DIRECTORY}`))

  program.lines.length = 0
  assert.equal(await storage(program, 'info', '-c', 'server.properties'), 0)
  assert.deepEqual(program.lines, [
    'Found log directories:',
    '  /data/a',
    '  /data/b',
    '',
    `Found metadata: {cluster.id=${CLUSTER}, directory.id=${DIRECTORY}, node.id=1, version=1}`,
    '',
  ])
})

it('formats no directory twice', async () => {
  const program = programWith(dynamic)
  assert.equal(await format(program, '--standalone'), 0)
  program.lines.length = 0
  assert.equal(await format(program, '--standalone'), 1)
  assert.equal(await format(program, '--standalone', '--ignore-formatted'), 0)
  assert.equal(await storage(program, 'format', '-c', 'server.properties', '-t', 'other', '-s', '-g'), 1)
  assert.deepEqual(program.lines, ['All of the log directories are already formatted.'])
  assert.deepEqual(program.errors, [
    'Log directory /data/b is already formatted. Use --ignore-formatted to ignore this directory and format the others.',
    `Invalid cluster.id in: /data/a/meta.properties. Expected other, but read ${CLUSTER}`,
  ])
})

it('wants to be told which quorum a controller belongs to', async () => {
  const without = programWith(dynamic)
  assert.equal(await format(without), 1)
  assert.match(without.errors[0] ?? '', /^Because controller.quorum.voters is not set on this controller/)
  assert.equal(await format(without, '--no-initial-controllers'), 0)
  assert.match(without.lines[2] ?? '', /^Formatting (metadata|data) directory/)
  assert.equal(without.environment.disk.stat('/data/a/__cluster_metadata-0'), undefined)

  const fixed = programWith([...dynamic, 'controller.quorum.voters=1@localhost:9093'])
  assert.equal(await format(fixed, '--standalone'), 1)
  assert.match(fixed.errors[0] ?? '', /^You cannot specify controller.quorum.voters and format the node/)
})

it('formats a file of the days of ZooKeeper as the node alone that it starts', async () => {
  const program = programWith(['broker.id=1', 'log.dirs=/data/old'])
  assert.equal(await format(program), 0)
  assert.equal(
    program.lines.at(-1),
    'Formatting dynamic metadata voter directory /data/old with metadata.version 4.3-IV0.',
  )
})

it('tells what is wrong with directories', async () => {
  const program = programWith([...dynamic.slice(0, -1), 'log.dirs=/data/a,/data/b,/data/c,/data/d'])
  program.writeFile('/data/a/meta.properties', `version=1\ncluster.id=${CLUSTER}\nnode.id=1\n`)
  program.writeFile('/data/b/meta.properties', `version=1\ncluster.id=${CLUSTER}\nnode.id=2\n`)
  program.writeFile('/data/c', 'a file')
  assert.equal(await storage(program, 'info', '-c', 'server.properties'), 1)
  assert.deepEqual(program.lines.slice(4), [
    `Found metadata: {cluster.id=${CLUSTER}, node.id=1, version=1}`,
    '',
    'Found problems:',
    '  Mismatched node IDs between storage directories.',
    '  /data/c is not a directory',
    '  /data/d does not exist',
    '',
  ])
})

it('maps releases to levels, and says what levels need', async () => {
  const program = new ProgramFixture()
  assert.equal(await storage(program, 'version-mapping', '-r', '3.9'), 0)
  assert.deepEqual(program.lines, [
    'metadata.version=21 (3.9)',
    'kraft.version=1',
    'transaction.version=0',
    'group.version=0',
    'eligible.leader.replicas.version=0',
    'share.version=0',
    'streams.version=0',
  ])
  program.lines.length = 0
  const features = ['eligible.leader.replicas.version=1', 'metadata.version=20', 'group.version=1']
  assert.equal(await storage(program, 'feature-dependencies', ...features.flatMap((each) => ['-f', each])), 0)
  assert.deepEqual(program.lines, [
    'eligible.leader.replicas.version=1 requires:',
    '    metadata.version=23 (4.0-IV1)',
    'metadata.version=20 (3.8-IV0) has no dependencies.',
    'group.version=1 has no dependencies.',
  ])
  for (const bad of ['x', 'x=1', 'group.version=y', 'group.version=7', 'metadata.version=99']) {
    assert.equal(await storage(program, 'feature-dependencies', '-f', bad), 1)
  }
  assert.deepEqual(program.errors, [
    "Invalid feature format: x. Expected format: 'feature=version' (e.g. 'group.version=1')",
    'Unknown feature: x',
    'Invalid version format: y for feature group.version',
    'Feature level 7 is not supported for feature group.version',
    'Unknown metadata.version 99',
  ])
})

it('refuses features that contradict one another', () => {
  const levels = (features: readonly string[], given: { release?: string; isDynamic?: boolean } = {}): string =>
    exitOf(() =>
      levelsOfCluster({ releaseVersion: given.release, features, hasDynamicQuorum: given.isDynamic ?? false }),
    )
  assert.equal(levels(['group.version=0']), 'it succeeded')
  assert.equal(levels(['metadata.version=25', 'transaction.version=1']), 'it succeeded')
  assert.match(levels(['x=1']), /^Unsupported feature: x. Supported features are: eligible.leader.replicas.version, /)
  assert.match(levels(['group.version=2']), /^No feature:group.version with feature level 2$/)
  assert.match(levels(['group.version']), /equals sign not found\.$/)
  assert.match(levels(['group.version=70000']), /unable to parse 70000 as a short\.$/)
  assert.match(levels(['metadata.version=9'], { release: '4.0' }), /^Use --release-version instead/)
  assert.match(levels(['metadata.version=99']), /^No MetadataVersion with feature level 99/)
  assert.match(levels([], { release: '2.1' }), /^Unknown metadata.version '2.1'/)
  assert.match(levels(['kraft.version=1']), /^Cannot set kraft.version to 1 unless/)
  assert.match(levels(['kraft.version=0'], { isDynamic: true }), /^Cannot set kraft.version to 0 if/)
  assert.equal(
    levels(['eligible.leader.replicas.version=1'], { release: '3.9.1' }),
    'eligible.leader.replicas.version could not be set to 1 because it depends on metadata.version level 23',
  )
})

it('reads voters, and says what is wrong with one', () => {
  assert.deepEqual(parseDynamicVoters(`3@h:1:${DIRECTORY}, 1@[::1]:9093:${DIRECTORY}`), [
    { nodeId: 1, host: '::1', port: 9093, directoryId: DIRECTORY },
    { nodeId: 3, host: 'h', port: 1, directoryId: DIRECTORY },
  ])
  const cases: readonly (readonly [string, string])[] = [
    ['', 'No voters given.'],
    ['h:1', 'No @ found in dynamic voter string.'],
    ['@h', 'Invalid @ at beginning of dynamic voter string.'],
    ['x@h', 'Failed to parse node id in dynamic voter string.'],
    ['-1@h', 'Invalid negative node id -1 in dynamic voter string.'],
    ['1@', 'No hostname found after node id.'],
    ['1@[::1', 'Hostname began with left bracket, but no right bracket was found.'],
    ['1@h', 'No colon following hostname could be found.'],
    ['1@[::1]9', 'Port section must start with a colon.'],
    ['1@h:9', 'No colon following port could be found.'],
    ['1@h:x:d', 'Failed to parse port in dynamic voter string.'],
    ['1@h:70000:d', 'Invalid port 70000 in dynamic voter string.'],
    ['1@h:9:d', 'Failed to parse directory ID in dynamic voter string.'],
    [`1@h:9:${DIRECTORY},1@h:9:${DIRECTORY}`, 'Node id 1 was specified more than once.'],
  ]
  for (const [text, message] of cases)
    assert.equal(
      exitOf(() => parseDynamicVoters(text)),
      message,
    )
})

it('makes credentials, and says what is wrong with a user', () => {
  const { random } = new ProgramFixture().environment
  // Made with Apache Kafka’s ScramFormatter.
  const record = scramRecord('SCRAM-SHA-256=[name=alice,iterations=4096,salt="N3E=",password="alice-secret"]', random)
  assert.equal(record.storedKey.toString('base64'), '/SiYuuBKZ2xQYBVGTen6jSfvhEZCfw2t/HsiWRVtlTY=')
  assert.equal(record.serverKey.toString('base64'), 'SkjIAcDevnSCWoKyt0o2EBcoZISnxSWq81cLLD0Q050=')
  assert.equal(scramRecord('SCRAM-SHA-512=[name=b,password=c]', random).salt.length, 24)
  const cases: readonly (readonly [string, string])[] = [
    ['SCRAM-SHA-256', "Failed to find equals sign in SCRAM argument 'SCRAM-SHA-256'"],
    ['SCRAM-SHA-1=[]', 'The add-scram mechanism SCRAM-SHA-1 is not supported.'],
    ['SCRAM-SHA-256=name', 'Expected configuration string to start with ['],
    ['SCRAM-SHA-256=[name', 'Expected configuration string to end with ]'],
    ['SCRAM-SHA-256=[name]', 'No equals sign found in SCRAM component: name'],
    ['SCRAM-SHA-256=[password=x]', "You must supply 'name' to add-scram"],
    ['SCRAM-SHA-256=[name=a]', "You must supply one of 'password' or 'saltedpassword' to add-scram"],
    ['SCRAM-SHA-256=[name=a,saltedpassword=N3E=]', "You must supply 'salt' with 'saltedpassword' to add-scram"],
    ['SCRAM-SHA-256=[name=a,password=b,salt=?]', 'Failed to decode given salt: ?'],
    ['SCRAM-SHA-256=[name=a,password=b,iterations=x]', 'Failed to parse iterations count: x'],
    ['SCRAM-SHA-256=[name=a,password=b,x=y]', 'Unknown SCRAM configurations: x'],
    [
      'SCRAM-SHA-256=[name=a,password=b,iterations=1]',
      "The 'iterations' value must be >= 4096 for add-scram using SCRAM_SHA_256",
    ],
    [
      'SCRAM-SHA-512=[name=a,password=b,iterations=16385]',
      "The 'iterations' value must be <= 16384 for add-scram using SCRAM_SHA_512",
    ],
  ]
  for (const [text, message] of cases)
    assert.equal(
      exitOf(() => scramRecord(text, random)),
      message,
    )
})

it('prints a new id that begins with no dash', async () => {
  const program = new ProgramFixture()
  assert.equal(await storage(program, 'random-uuid'), 0)
  assert.match(program.lines[0] ?? '', /^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/)
})
