import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ZERO_UUID } from '@gregor/base'
import {
  BatchBuilder,
  type MetadataRecordInput,
  controlBatch,
  encodeMetadataRecord,
  encodeRaftRecord,
} from '@gregor/protocol'
import { ProgramFixture } from '../program-fixture.ts'
import { completions } from './metadata-shell/shell-commands.ts'
import { type ShellNode, directory, file } from './metadata-shell/shell-node.ts'

const T = Date.UTC(2026, 0, 2, 3, 4, 5, 120)
const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAABQ'
const ACL_ID = 'AAAAAAAAAAAAAAAAAAAACQ'

const records: readonly MetadataRecordInput[] = [
  { type: 'FeatureLevelRecord', name: 'metadata.version', featureLevel: 30 },
  { type: 'FeatureLevelRecord', name: 'group.version', featureLevel: 1 },
  {
    type: 'RegisterBrokerRecord',
    brokerId: 1,
    incarnationId: ZERO_UUID,
    brokerEpoch: 5,
    endPoints: [{ name: 'PLAINTEXT', host: 'h', port: 9092, securityProtocol: 0 }],
    features: [
      { name: 'group.version', minSupportedVersion: 0, maxSupportedVersion: 1 },
      { name: 'kraft.version', minSupportedVersion: 1, maxSupportedVersion: 1 },
    ],
    rack: 'r1',
    fenced: false,
  },
  { type: 'TopicRecord', name: 'orders', topicId: TOPIC_ID },
  {
    type: 'PartitionRecord',
    partitionId: 0,
    topicId: TOPIC_ID,
    replicas: [1],
    isr: [1],
    removingReplicas: [],
    addingReplicas: [],
    leader: 1,
    leaderEpoch: 0,
    partitionEpoch: 0,
  },
  { type: 'ConfigRecord', resourceType: 2, resourceName: 'orders', name: 'segment.bytes', value: '1000' },
  { type: 'ConfigRecord', resourceType: 4, resourceName: '', name: 'min.insync.replicas', value: '1' },
  {
    type: 'ClientQuotaRecord',
    entity: [{ entityType: 'user', entityName: 'a(b)' }],
    key: 'producer_byte_rate',
    value: 10,
    remove: false,
  },
  {
    type: 'AccessControlEntryRecord',
    id: ACL_ID,
    resourceType: 2,
    resourceName: 'orders',
    patternType: 3,
    principal: 'User:a',
    host: '*',
    operation: 3,
    permissionType: 3,
  },
  {
    type: 'UserScramCredentialRecord',
    name: 'alice',
    mechanism: 1,
    salt: Buffer.from([1]),
    storedKey: Buffer.from([2]),
    serverKey: Buffer.from([255]),
    iterations: 4096,
  },
  { type: 'ProducerIdsRecord', brokerId: 1, brokerEpoch: 5, nextProducerId: 1000 },
]

const LOG = '/srv/node/data/__cluster_metadata-0/00000000000000000000.log'

function programWith(parts: readonly Buffer[], input?: string): ProgramFixture {
  const program = new ProgramFixture(input === undefined ? {} : { input })
  const { disk } = program.environment
  disk.makeDirectory('/srv/node/data/__cluster_metadata-0')
  const file = disk.open(LOG, { create: true })
  file.write(parts, 0)
  file.close()
  return program
}

function log(): readonly Buffer[] {
  const builder = new BatchBuilder({ baseOffset: 1, partitionLeaderEpoch: 3 })
  for (const record of records) builder.append(null, encodeMetadataRecord(record), [], T)
  const leader = encodeRaftRecord('LeaderChange', { leaderId: 1, voters: [], grantingVoters: [] })
  return [controlBatch([{ type: 'LeaderChange', value: leader }], T), builder.build()]
}

function shell(program: ProgramFixture, ...words: readonly string[]): Promise<number> {
  return program.run('tool', 'kafka-metadata-shell', '--snapshot', LOG, ...words)
}

async function said(...words: readonly string[]): Promise<readonly string[]> {
  const program = programWith(log())
  assert.equal(await shell(program, ...words), 0)
  assert.deepEqual(program.errors, [])
  return program.lines
}

describe('kafka-metadata-shell', () => {
  it('shows the metadata as a tree', async () => {
    assert.deepEqual(await said('tree', '/image'), [
      'acls:',
      '  byId:',
      `    ${ACL_ID}:`,
      '      StandardAcl[resourceType=TOPIC, resourceName=orders, patternType=LITERAL, principal=User:a, host=*, operation=READ, permissionType=ALLOW]',
      'clientQuotas:',
      '  user(a\\(b\\)):',
      '    producer_byte_rate:',
      '      10.0',
      'cluster:',
      '  brokers:',
      '    1:',
      `      BrokerRegistration(id=1, epoch=5, incarnationId=${ZERO_UUID}, listeners=[Endpoint(listenerName='PLAINTEXT', securityProtocol=PLAINTEXT, host='h', port=9092)], supportedFeatures={group.version: 0-1, kraft.version: 1}, rack=Optional[r1], fenced=false, inControlledShutdown=false, isMigratingZkBroker=false, directories=[], cordonedDirectories=[])`,
      '  controllers:',
      'configs:',
      '  BROKER:',
      '    min.insync.replicas:',
      '      1',
      '  TOPIC:orders:',
      '    segment.bytes:',
      '      1000',
      'delegationToken:',
      'features:',
      '  finalized_group.version:',
      '    1',
      '  metadataVersion:',
      '    Optional[4.3-IV0]',
      'producerIds:',
      '  nextProducerId:',
      '    1000',
      'provenance:',
      '  offset 11, epoch 3, time 2026-01-02T03:04:05.12Z[UTC]',
      'scram:',
      '  SCRAM-SHA-256:',
      '    alice:',
      '      ScramCredentialData(salt=01, storedKey=02, serverKey=ff, iterations=4096)',
      '  SCRAM-SHA-512:',
      'topics:',
      '  byId:',
      `    ${TOPIC_ID}:`,
      '      0:',
      '        PartitionRegistration(replicas=[1], directories=[AAAAAAAAAAAAAAAAAAAAAA], isr=[1], removingReplicas=[], addingReplicas=[], elr=[], lastKnownElr=[], leader=1, leaderRecoveryState=RECOVERED, leaderEpoch=0, partitionEpoch=0)',
      '      id:',
      `        ${TOPIC_ID}`,
      '      name:',
      '        orders',
      '  byName:',
      '    orders:',
      '      0:',
      '        PartitionRegistration(replicas=[1], directories=[AAAAAAAAAAAAAAAAAAAAAA], isr=[1], removingReplicas=[], addingReplicas=[], elr=[], lastKnownElr=[], leader=1, leaderRecoveryState=RECOVERED, leaderEpoch=0, partitionEpoch=0)',
      '      id:',
      `        ${TOPIC_ID}`,
      '      name:',
      '        orders',
    ])
  })

  it('lists, finds and shows files, by patterns too', async () => {
    assert.deepEqual(await said('ls'), ['image', 'local'])
    assert.deepEqual(await said('ls', '/image/topics/*', '/local/version'), [
      'version',
      '',
      'byId:',
      TOPIC_ID,
      '',
      'byName:',
      'orders',
    ])
    assert.deepEqual(await said('cat', 'image/features/{meta*,final*}'), ['1', 'Optional[4.3-IV0]'])
    assert.deepEqual(await said('cat', '/image', '/image/nothing'), [
      'cat: /image: Is a directory',
      'cat: /image/nothing: No such file or directory.',
    ])
    assert.deepEqual(await said('find', '/image/producerIds/../scram'), [
      '/image/producerIds/../scram',
      '/image/producerIds/../scram/SCRAM-SHA-256',
      '/image/producerIds/../scram/SCRAM-SHA-256/alice',
      '/image/producerIds/../scram/SCRAM-SHA-512',
    ])
    assert.deepEqual(await said('tree', 'nothing'), ['tree: nothing: No such file or directory.'])
    assert.deepEqual(await said('tre', '/'), ["invalid choice: 'tre': did you mean 'tree'?"])
    assert.match((await said('pwd'))[0] ?? '', /^invalid choice: 'pwd'/)
  })

  it('is a shell for who types', async () => {
    const typed = [
      'cd image/topics',
      'pwd',
      'ls',
      'cd "nowhere else"',
      'cd byName/orders/name',
      '',
      'history 2',
      'man cd',
      'man x',
      'help',
      'exit',
      'ls',
    ]
    const program = programWith(log(), typed.join('\n'))
    assert.equal(await shell(program), 0)
    assert.deepEqual(program.lines.slice(0, 12), [
      'Loading...',
      'Starting...',
      '[ Kafka Metadata Shell ]',
      '/image/topics',
      'byId',
      'byName',
      'cd: nowhere else: no such directory.',
      'cd: byName/orders/name: not a directory.',
      '    4  cd byName/orders/name',
      '    5  history 2',
      'cd: Go to another directory.',
      '  target   Where to. Default: /',
    ])
    assert.ok(program.lines.includes('man: unknown command x. Type help to get a list of commands.'))
    assert.equal(program.written.length, 11)
  })

  it('completes commands, and paths', () => {
    const below = (name: string, node: ShellNode): ShellNode => directory([[name, () => node]])
    const root = below(
      'image',
      directory([
        ['topics', () => below('orders', file('x'))],
        ['title', () => file('y')],
      ]),
    )
    const state = { root, workingDirectory: '/image', history: [], width: undefined, isOver: false }
    const cases: readonly (readonly [string, string, readonly string[]])[] = [
      ['', '', ['cat', 'cd', 'exit', 'find', 'help', 'history', 'ls', 'man', 'pwd', 'tree']],
      ['h', 'h', ['help', 'history']],
      ['ls t', 't', ['title', 'topics/']],
      ['cat /image/topics/o', '/image/topics/o', ['/image/topics/orders']],
      ['cat topics/../ti', 'topics/../ti', ['topics/../title']],
      ['ls nowhere/', 'nowhere/', []],
    ]
    for (const [line, typed, candidates] of cases) assert.deepEqual(completions(line, state), { typed, candidates })
  })

  it('reads nothing that a node is using, and says what cannot be read', async () => {
    const used = programWith(log())
    const lock = used.environment.disk.lock('/srv/node/data/.lock')
    assert.equal(await shell(used, 'ls'), 1)
    assert.match(
      used.errors[0] ?? '',
      /^Unexpected error: Unable to lock \/srv\/node\/data\. Please ensure that no broker/,
    )
    lock?.release()
    assert.equal(await shell(used, 'ls'), 0)

    const builder = new BatchBuilder({ baseOffset: 0 })
    builder.append(null, Buffer.from([1, 99, 0]), [], T)
    const strange = programWith([builder.build()])
    assert.equal(await shell(strange, 'ls'), 1)
    assert.match(strange.errors[0] ?? '', /^Unexpected error: 00000000000000000000\.log cannot be read: /)
    assert.equal(await strange.run('tool', 'kafka-metadata-shell', '--snapshot', 'nothing', 'ls'), 1)
  })
})
