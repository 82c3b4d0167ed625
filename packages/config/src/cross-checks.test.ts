import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokerConfig } from './broker-config.ts'
import { ConfigError } from './config-error.ts'
import { parseProperties } from './properties.ts'

const quorum = 'node.id=1\ncontroller.listener.names=C\ncontroller.quorum.voters=9@c:1\n'
const cluster = `${quorum}process.roles=broker\nlistener.security.protocol.map=PLAINTEXT:PLAINTEXT,C:PLAINTEXT\n`
const controller = 'process.roles=controller\nnode.id=9\ncontroller.listener.names=C\ncontroller.quorum.voters=9@c:1\n'

const fine: readonly (readonly [string, string])[] = [
  ['a broker of a cluster', cluster],
  ['a controller of a cluster', `${controller}listeners=C://:1`],
  [
    'broker and controller in one, with a listener for each',
    'process.roles=broker,controller\nnode.id=9\ncontroller.listener.names=CONTROLLER\ncontroller.quorum.voters=9@c:1\nlisteners=PLAINTEXT://:9092,CONTROLLER://:9093',
  ],
  ['an IPv4 and an IPv6 address on one port', 'listeners=PLAINTEXT://127.0.0.1:1,SSL://[::1]:1'],
  ['several listeners on any free port', 'listeners=PLAINTEXT://:0,SSL://:0'],
  ['limits for some addresses only', 'max.connections.per.ip=0\nmax.connections.per.ip.overrides=10.0.0.1:5,host:6'],
  ['every directory cordoned', 'cordoned.log.dirs=*'],
]

const broken: readonly (readonly [string, RegExp])[] = [
  ['node.id=1\nbroker.id=2', /^broker\.id=2: node\.id=1; give both the same value/],
  [
    'process.roles=broker\nnode.id=1\ncontroller.listener.names=C\nlistener.security.protocol.map=PLAINTEXT:PLAINTEXT,C:PLAINTEXT',
    /say where the controllers are/,
  ],
  [
    'process.roles=controller\nnode.id=1\ncontroller.listener.names=C\nlisteners=C://:1',
    /say where the controllers are/,
  ],
  [
    `${controller.replace('node.id=9', 'node.id=8')}listeners=C://:1`,
    /a controller must be one of them; add 8@host:port/,
  ],
  [`${cluster}node.id=9`, /9 is only a broker; remove it/],
  [`${cluster}controller.quorum.auto.join.enable=true`, /only a controller can join/],
  [`${cluster}listeners=PLAINTEXT://:1,C://:2`, /a broker without the controller role must not listen there/],
  [
    `${quorum}process.roles=broker\nlistener.security.protocol.map=PLAINTEXT:PLAINTEXT`,
    /add C to listener\.security\.protocol\.map/,
  ],
  [
    `${controller}listeners=C://:1,PLAINTEXT://:2`,
    /a controller without the broker role may only listen on C; remove PLAINTEXT/,
  ],
  [
    `${controller}listeners=C://:1\ninter.broker.listener.name=C`,
    /inter\.broker\.listener\.name=C: is in controller\.listener\.names/,
  ],
  [
    `${controller}listeners=D://:1\nlistener.security.protocol.map=C:PLAINTEXT,D:PLAINTEXT`,
    /add C to listeners, or remove it here/,
  ],
  ['listeners=PLAINTEXT:9092', /"PLAINTEXT:9092" is not of the form NAME:\/\/host:port/],
  ['listeners=PLAINTEXT://:99999', /has a port that is not between 0 and 65535/],
  ['listeners=OTHER://:1', /has no security protocol: add OTHER:PLAINTEXT/],
  ['listeners=PLAINTEXT://:1,PLAINTEXT://:2', /each listener must have another name/],
  ['listeners=PLAINTEXT://a:1,SSL://b:1', /port 1 is used twice/],
  [
    'listeners=A://:1\nlistener.security.protocol.map=A:PLAINTEXT',
    /brokers would use PLAINTEXT, which is none of A; set it to one of them$/,
  ],
  [
    'listeners=SSL://:1',
    /which is none of SSL; set it to one of them\. TLS and SASL are not served yet: the protocol of listeners must be PLAINTEXT$/,
  ],
  ['listener.security.protocol.map=PLAINTEXT:TLS', /PLAINTEXT:TLS names no protocol/],
  ['listener.security.protocol.map=PLAINTEXT', /write NAME:PROTOCOL,NAME:PROTOCOL/],
  ['inter.broker.listener.name=X', /add X:PLAINTEXT or another protocol/],
  ['inter.broker.listener.name=PLAINTEXT\nsecurity.inter.broker.protocol=PLAINTEXT', /only one of the two may be set/],
  ['advertised.listeners=PLAINTEXT://0.0.0.0:1', /nobody can connect to 0\.0\.0\.0/],
  ['advertised.listeners=PLAINTEXT://a:1,SSL://a:2', /SSL is not in listeners \(PLAINTEXT\)/],
  ['controller.listener.names=PLAINTEXT', /a broker needs one that is not in controller\.listener\.names/],
  [
    'listeners=SASL_PLAINTEXT://:1\nsecurity.inter.broker.protocol=SASL_PLAINTEXT\nsasl.enabled.mechanisms=PLAIN',
    /sasl\.mechanism\.inter\.broker\.protocol=GSSAPI: add it/,
  ],
  ['early.start.listeners=NONE', /early\.start\.listeners: NONE is not in listeners/],
  ['log.roll.ms=0', /^log\.roll\.ms: gives topics segment\.ms=0, but: Value must be at least 1/],
  ['log.flush.interval.ms=-5', /^log\.flush\.interval\.ms: gives topics flush\.ms=-5/],
  ['log.retention.ms=0', /^log\.retention\.ms=0/],
  ['log.cleaner.dedupe.buffer.size=1048576', /more than 1 MiB for each of log\.cleaner\.threads/],
  ['log.cleaner.threads=0', /more than 1 MiB for each of log\.cleaner\.threads/],
  ['log.cleaner.min.compaction.lag.ms=5\nlog.cleaner.max.compaction.lag.ms=4', /must not be above log\.cleaner\.max/],
  ['cordoned.log.dirs=*,/a', /with '\*' there must be nothing else/],
  ['cordoned.log.dirs=/a', /\/a is not in log\.dirs/],
  [
    'replica.fetch.wait.max.ms=40000',
    /replica\.fetch\.wait\.max\.ms=40000: must not be above replica\.socket\.timeout\.ms=30000/,
  ],
  ['queued.max.request.bytes=5', /must not be below socket\.request\.max\.bytes/],
  ['connections.max.idle.ms=100', /must be below connections\.max\.idle\.ms/],
  ['max.connections.per.ip=0', /nobody could connect/],
  ['max.connections.per.ip.overrides=a', /write address:count,address:count/],
  ['max.connections.per.ip.overrides=a:b', /a:b is not address:count/],
  ['offsets.topic.compression.codec=5', /no codec has this number; 0 to 4 do/],
  ['group.coordinator.rebalance.protocols=consumer', /classic cannot be left out/],
  ['group.consumer.heartbeat.interval.ms=100', /must not be below group\.consumer\.min\.heartbeat\.interval\.ms=5000/],
  ['group.streams.session.timeout.ms=100000', /must not be above group\.streams\.max\.session\.timeout\.ms=60000/],
  [
    'group.share.min.session.timeout.ms=70000',
    /group\.share\.min\.session\.timeout\.ms=70000: must not be above group\.share\.max/,
  ],
  [
    'group.share.session.timeout.ms=5000\ngroup.share.min.session.timeout.ms=5000',
    /group\.share\.heartbeat\.interval\.ms: must be below group\.share\.session\.timeout\.ms/,
  ],
  ['group.share.assignors=a,b', /there must be exactly one/],
  ['group.share.max.share.sessions=1', /must not be below group\.share\.max\.size/],
  [
    'group.share.delivery.count.limit=2\ngroup.share.min.delivery.count.limit=3',
    /must not be below group\.share\.min\.delivery\.count\.limit=3/,
  ],
  ['group.streams.num.standby.replicas=5', /must not be above group\.streams\.max\.standby\.replicas/],
]

const load = (text: string): BrokerConfig => BrokerConfig.load({ properties: parseProperties(text) })

describe('a configuration that agrees with itself', () => {
  for (const [what, text] of fine) {
    it(`may be ${what}`, () => {
      assert.ok(load(text))
    })
  }
})

describe('a configuration that does not', () => {
  for (const [text, expected] of broken) {
    it(`is refused: ${text.split('\n').slice(-2).join(', ')}`, () => {
      assert.throws(
        () => load(text),
        (error: unknown) =>
          error instanceof ConfigError && error.problems.some(({ message }) => expected.test(message)),
      )
    })
  }
})

describe('what is odd', () => {
  it('is warned about', () => {
    assert.deepEqual(
      load('broker.heartbeat.interval.ms=5000\ngroup.coordinator.rebalance.protocols=classic').warnings,
      [
        'broker.heartbeat.interval.ms=5000: more than half of broker.session.timeout.ms=9000; one late heartbeat fences the broker',
        'group.coordinator.rebalance.protocols: goes away with Kafka 5, where features decide; remove it',
      ],
    )
  })

  it('is a Java class that somebody counts on', () => {
    const file = [
      'create.topic.policy.class.name=com.example.Policy',
      'principal.builder.class=org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder',
      'replica.selector.class=org.apache.kafka.common.replica.RackAwareReplicaSelector',
    ]
    assert.deepEqual(load(file.join('\n')).warnings, [
      'create.topic.policy.class.name=com.example.Policy: Java classes are not run here, and it does nothing; remove it',
    ])
  })

  it('is a listener that lets anybody in, but not one that asks who they are', () => {
    const map = 'listener.security.protocol.map=A:SSL,B:SASL_PLAINTEXT,C:PLAINTEXT,PLAINTEXT:PLAINTEXT\n'
    const config = load(`${map}listeners=A://[::]:1,B://:2,C://localhost:3,PLAINTEXT://[::1]:4`)
    assert.deepEqual(config.warnings, [
      'A://[::]:1 can be reached from other machines and asks nobody who they are (SSL)',
    ])
  })
})
