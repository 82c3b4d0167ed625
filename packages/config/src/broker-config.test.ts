import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokerConfig, definitionOf } from './broker-config.ts'
import type { LoadOptions } from './broker-config.ts'
import { ConfigError } from './config-error.ts'
import { embeddedDefaults } from './embedded-defaults.ts'
import { parseProperties } from './properties.ts'

const load = (text: string, options: Omit<LoadOptions, 'properties'> = {}): BrokerConfig =>
  BrokerConfig.load({ properties: parseProperties(text), ...options })

/** The lines of the error, one for each problem. */
function problems(text: string, options: Omit<LoadOptions, 'properties'> = {}): readonly string[] {
  try {
    load(text, options)
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    assert.equal(error.message, error.problems.map(({ message }) => message).join('\n'))
    return error.problems.map(({ message }) => message)
  }
  return []
}

describe('an empty file', () => {
  it('makes a single node that listens on loopback', () => {
    const config = load('')
    assert.deepEqual(config.get('process.roles'), ['broker', 'controller'])
    assert.equal(config.get('node.id'), 1)
    assert.deepEqual(config.listeners.broker, [
      { listener: 'PLAINTEXT', protocol: 'PLAINTEXT', host: '127.0.0.1', port: 9092 },
    ])
    assert.deepEqual(config.listeners.controller, [])
    assert.deepEqual(config.logDirs, ['data'])
    assert.equal(config.metadataLogDir, 'data')
    assert.deepEqual(config.warnings, [])
  })

  it("gets everything else from Kafka's defaults, and what was filled in is said", () => {
    const config = load('')
    assert.equal(config.get('log.segment.bytes'), 1_073_741_824)
    assert.equal(config.get('log.flush.interval.messages'), Infinity)
    assert.equal(config.text('log.flush.interval.messages'), '9223372036854775807')
    assert.equal(config.get('offsets.topic.replication.factor'), 1)
    assert.deepEqual(
      [...config.filledIn.keys()],
      embeddedDefaults.map(({ name }) => name),
    )
  })
})

describe('a file from the days of ZooKeeper', () => {
  it('makes a single node when it names no ZooKeeper', () => {
    const config = load('broker.id=1\nlog.dir=/data/kafka/logs-1\nlisteners=PLAINTEXT://host:9092\n')
    assert.equal(config.get('node.id'), 1)
    assert.deepEqual(config.logDirs, ['/data/kafka/logs-1'])
    assert.deepEqual(config.listeners.advertised, [
      { listener: 'PLAINTEXT', protocol: 'PLAINTEXT', host: 'host', port: 9092 },
    ])
    assert.deepEqual(config.warnings, [
      'PLAINTEXT://host:9092 can be reached from other machines and asks nobody who they are (PLAINTEXT)',
    ])
  })

  it('takes broker.id -1, which asked for a generated one, as no id', () => {
    const config = load('broker.id=-1')
    assert.deepEqual([config.get('node.id'), config.get('broker.id')], [1, 1])
  })

  it('is refused when its data is in ZooKeeper', () => {
    const [problem] = problems('broker.id=1\nzookeeper.connect=zk:2181')
    assert.match(problem ?? '', /^zookeeper\.connect=zk:2181: .* remove the line to start a single new node/)
  })

  it('says of each key that is gone what to do', () => {
    const config = load(
      'process.roles=broker,controller\nzookeeper.connect=zk:2181\nport=9092\npassword.encoder.secret=x\nlog.message.format.version=2.8',
    )
    assert.deepEqual(config.warnings, [
      'zookeeper.connect: gone from Kafka: Kafka 4 has no ZooKeeper; remove it.',
      'port: gone from Kafka: write listeners=PLAINTEXT://host:port.',
      'password.encoder.secret: gone from Kafka: passwords are no longer encrypted in ZooKeeper; remove it.',
      'log.message.format.version: gone from Kafka: records are always written in format 2; remove it.',
    ])
  })
})

describe('values', () => {
  it('of the command line go before those of the file', () => {
    const config = load('num.partitions=3\nlog.retention.hours=1', { overrides: new Map([['num.partitions', '5']]) })
    assert.deepEqual([config.get('num.partitions'), config.get('log.retention.hours')], [5, 1])
  })

  it('are typed', () => {
    const config = load(
      'auto.create.topics.enable=FALSE\nlog.cleaner.min.cleanable.ratio=.25\nlog.dirs=/a, /b\nlog.retention.ms=9007199254740993\nssl.key.password=x',
    )
    assert.equal(config.get('auto.create.topics.enable'), false)
    assert.equal(config.get('log.cleaner.min.cleanable.ratio'), 0.25)
    assert.deepEqual(config.logDirs, ['/a', '/b'])
    assert.equal(config.text('log.retention.ms'), '9007199254740993')
    assert.equal(config.get('ssl.key.password'), 'x')
    assert.equal(config.get('broker.rack'), undefined)
    assert.equal(config.isSet('log.dirs'), true)
    assert.equal(config.isSet('log.dir'), false)
  })

  it('that are not allowed are all named at once, with what is allowed and no secret', () => {
    assert.deepEqual(problems('log.segment.bytes=12\nnum.partitions=many\nlog.cleanup.policy=squash'), [
      'log.segment.bytes=12: Value must be at least 1048576 (int, allowed: [1048576,...], default: 1073741824); correct or remove the line',
      'num.partitions=many: Not a number of type INT (int, allowed: [1,...], default: 1); correct or remove the line',
      'log.cleanup.policy=squash: String must be one of: compact, delete (list, allowed: [compact, delete], default: delete); correct or remove the line',
    ])
    assert.deepEqual(
      problems('controller.quorum.voters=x\nprocess.roles=broker\ncontroller.listener.names=C\nnode.id=1'),
      [
        'controller.quorum.voters=x: "x" is not of the form {id}@{host}:{port} (list, allowed: non-empty list, default: empty); correct or remove the line',
      ],
    )
  })

  it('that Kafka requires are asked for where no single node is meant', () => {
    assert.deepEqual(problems('process.roles=broker\ncontroller.quorum.bootstrap.servers=a:1'), [
      'controller.listener.names: missing, and it has no default; add it',
      'node.id: missing, and it has no default; add it',
    ])
  })

  it('with an unknown key are warned about, with a guess where one is close', () => {
    const config = load(
      'log.segement.bytes=1\nretention.ms=1\nleader.replication.throttled.replicas=*\nsome.plugin.key=1\nconfig.providers.x.class=y\nlistener.name.a.ssl.client.auth=none\nlistener.name.a.scram-sha-256.sasl.jaas.config=x\nlistener.name.a.foo=1',
    )
    assert.deepEqual(config.warnings, [
      'log.segement.bytes: is not known; did you mean log.segment.bytes?',
      "retention.ms: is a config of topics; the broker's is log.retention.ms.",
      'leader.replication.throttled.replicas: is a config of topics; set it with kafka-configs.sh.',
      'some.plugin.key: is not known and changes nothing; remove it.',
      'listener.name.a.foo: is not known and changes nothing; remove it.',
    ])
  })
})

describe('references', () => {
  const references = {
    environment: (name: string) => (name === 'PARTITIONS' ? '7' : undefined),
    file: (path: string) => (path === '/secret/app.properties' ? 'password=s3cret\n' : undefined),
  }

  it('are replaced by what the named providers find', () => {
    const config = load(
      'config.providers=env,file\nnum.partitions=${env:PARTITIONS}\nssl.key.password=${file:/secret/app.properties:password}',
      { references },
    )
    assert.equal(config.get('num.partitions'), 7)
    assert.equal(config.get('ssl.key.password'), 's3cret')
    assert.deepEqual(config.warnings, [])
  })

  it('that find nothing are warned about', () => {
    const config = load('config.providers=env\nbroker.rack=${env:RACK}')
    assert.equal(config.get('broker.rack'), '${env:RACK}')
    assert.deepEqual(config.warnings, ['broker.rack: ${env:RACK} was not found and is taken literally'])
  })

  it('to a provider of another kind are refused', () => {
    assert.match(
      problems('config.providers=vault')[0] ?? '',
      /^config\.providers=vault: unknown without config\.providers\.vault\.class/,
    )
  })
})

describe('a listener', () => {
  const config = load(
    [
      'listeners=PLAINTEXT://:9092,EXTERNAL://:9093',
      'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,EXTERNAL:SASL_SSL',
      'max.connections=10',
      'listener.name.external.max.connections=5',
      'sasl.enabled.mechanisms=PLAIN',
      'connections.max.reauth.ms=3',
      'listener.name.external.connections.max.reauth.ms=2',
      'listener.name.external.plain.connections.max.reauth.ms=1',
    ].join('\n'),
  )

  it('has configs of its own in front of the general ones', () => {
    assert.equal(config.forListener('EXTERNAL').get('max.connections'), 5)
    assert.equal(config.forListener('PLAINTEXT').get('max.connections'), 10)
    assert.deepEqual(config.forListener('EXTERNAL').get('sasl.enabled.mechanisms'), ['PLAIN'])
  })

  it('has those of a mechanism in front of its own', () => {
    assert.equal(config.forListener('EXTERNAL', 'PLAIN').get('connections.max.reauth.ms'), 1)
    assert.equal(config.forListener('EXTERNAL', 'SCRAM-SHA-256').get('connections.max.reauth.ms'), 2)
    assert.equal(config.forListener('PLAINTEXT', 'PLAIN').get('connections.max.reauth.ms'), 3)
  })

  it('has its values checked like the general ones', () => {
    assert.match(
      problems('listener.name.plaintext.max.connections=x')[0] ?? '',
      /^listener\.name\.plaintext\.max\.connections=x: Not a number of type INT/,
    )
    assert.equal(definitionOf('listener.name.plaintext.max.connections')?.name, 'max.connections')
    assert.equal(definitionOf('listener.name.a.plain.sasl.jaas.config')?.name, 'sasl.jaas.config')
    assert.equal(definitionOf('listener.name.a.b'), undefined)
  })
})

describe('dynamic configs', () => {
  const cluster = new Map([
    ['num.io.threads', '9'],
    ['log.retention.ms', '5000'],
  ])

  it('go before the file, and those of the broker before those of the cluster', () => {
    const config = load('num.io.threads=10').withDynamic({ broker: new Map([['num.io.threads', '11']]), cluster })
    assert.equal(config.get('num.io.threads'), 11)
    assert.equal(config.get('log.retention.ms'), 5000)
    assert.equal(config.withDynamic({ broker: new Map(), cluster }).get('num.io.threads'), 9)
    assert.equal(config.withDynamic({ broker: new Map(), cluster: new Map() }).get('num.io.threads'), 10)
  })

  it('take those of the file with them that mean the same in another unit', () => {
    const config = load('log.retention.ms=1000\nlog.roll.hours=2')
    const changed = config.withDynamic({ broker: new Map([['log.roll.ms', '77']]), cluster: new Map() })
    assert.equal(changed.isSet('log.roll.hours'), false)
    assert.equal(changed.get('log.roll.ms'), 77)
    assert.equal(changed.get('log.retention.ms'), 1000)
  })

  it('that must not be there, or do not parse, are left out and named', () => {
    const config = load('').withDynamic({
      broker: new Map([
        ['node.id', '5'],
        ['num.io.threads', 'many'],
        ['ssl.keystore.location', '/x'],
        ['plugin.key', 'x'],
      ]),
      cluster: new Map([['listeners', 'PLAINTEXT://:1']]),
    })
    assert.equal(config.get('node.id'), 1)
    assert.deepEqual([...config.layers.broker], [['plugin.key', 'x']])
    assert.deepEqual(config.warnings, [
      'dynamic config node.id is ignored: Cannot update these configs dynamically',
      'dynamic config num.io.threads is ignored: Not a number of type INT',
      'dynamic config ssl.keystore.location is ignored: These security configs can be dynamically updated only per-listener using the listener prefix',
      'dynamic config listeners is ignored: Cannot update these configs at default cluster level, broker id must be specified',
    ])
  })

  it('of assignment intervals are brought back within their bounds', () => {
    const config = load('').withDynamic({
      broker: new Map(),
      cluster: new Map([['group.share.assignment.interval.ms', '99999']]),
    })
    assert.equal(config.get('group.share.assignment.interval.ms'), 15_000)
    assert.deepEqual(config.warnings, [
      'group.share.assignment.interval.ms=99999: out of bounds (0 to 15000); 15000 holds',
    ])
  })

  it('that disagree with one another change nothing', () => {
    const config = load('')
    const broken = { broker: new Map([['cordoned.log.dirs', '/nowhere']]), cluster: new Map<string, string>() }
    assert.throws(() => config.withDynamic(broken), ConfigError)
    assert.deepEqual(config.get('cordoned.log.dirs'), [])
  })
})
