import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { brokerConfigProblem } from './alter-broker-configs.ts'
import { BrokerConfig } from './broker-config.ts'

const config = BrokerConfig.load()

function problem(
  level: 'broker' | 'cluster',
  next: Readonly<Record<string, string>>,
  of: BrokerConfig = config,
): string {
  const found = brokerConfigProblem(of, level, new Map(Object.entries(next)))
  return found === undefined ? 'NONE' : `${found.error}: ${found.message}`
}

// Codes as Apache Kafka 4.3.1 gave them, asked one by one; messages where they are short facts.
const cases: readonly (readonly ['broker' | 'cluster', Readonly<Record<string, string>>, RegExp])[] = [
  ['broker', { 'log.cleaner.threads': '2' }, /^NONE$/],
  [
    'broker',
    { 'log.cleaner.threads': '9' },
    /^INVALID_REQUEST: log\.cleaner\.threads=9: must be at most double the current 1$/,
  ],
  [
    'broker',
    { 'num.io.threads': '1' },
    /^INVALID_REQUEST: num\.io\.threads=1: must be at least half of the current 8$/,
  ],
  [
    'broker',
    { 'num.network.threads': 'abc' },
    /^INVALID_REQUEST: Invalid value abc for configuration num\.network\.threads: Not a number of type INT$/,
  ],
  [
    'broker',
    { 'log.retention.hours': '5' },
    /^INVALID_REQUEST: Cannot update these configs dynamically: \[log\.retention\.hours\]$/,
  ],
  [
    'broker',
    { 'log.retention.hours': '5', 'log.retention.ms': '1', 'node.id': '7' },
    /^INVALID_REQUEST: Cannot update these configs dynamically: \[log\.retention\.hours, node\.id\]$/,
  ],
  ['broker', { 'nonsense.key': '5' }, /^NONE$/],
  [
    'broker',
    { 'ssl.keystore.location': '/x' },
    /^INVALID_REQUEST: These security configs can be dynamically updated only per-listener using the listener prefix: \[ssl\.keystore\.location\]$/,
  ],
  ['broker', { 'listener.name.plaintext.ssl.keystore.location': '/x' }, /^NONE$/],
  [
    'cluster',
    { 'listener.name.plaintext.ssl.keystore.location': '/x' },
    /^INVALID_REQUEST: Cannot update these configs at default cluster level, broker id must be specified: \[listener\.name\.plaintext\.ssl\.keystore\.location\]$/,
  ],
  ['cluster', { 'listener.name.plaintext.max.connections': '5' }, /^NONE$/],
  [
    'cluster',
    { listeners: 'PLAINTEXT://:1' },
    /^INVALID_REQUEST: Cannot update these configs at default cluster level/,
  ],
  ['cluster', { 'log.retention.ms': '0' }, /^INVALID_REQUEST: log\.retention\.ms=0/],
  ['cluster', { 'log.retention.ms': '-1' }, /^NONE$/],
  ['cluster', { 'max.connections': '0' }, /^INVALID_REQUEST: Invalid max\.connections 0$/],
  ['cluster', { 'max.connections': '100' }, /^NONE$/],
  ['broker', { 'leader.replication.throttled.rate': '1000' }, /^NONE$/],
  ['broker', { 'leader.replication.throttled.rate': '-1' }, /^INVALID_REQUEST: .*Value must be at least 0$/],
  [
    'broker',
    { 'group.consumer.assignment.interval.ms': '99999999' },
    /^INVALID_REQUEST: group\.consumer\.assignment\.interval\.ms must be less than or equal to group\.consumer\.max\.assignment\.interval\.ms$/,
  ],
  [
    'broker',
    { 'cordoned.log.dirs': '/nowhere' },
    /^INVALID_REQUEST: cordoned\.log\.dirs: \/nowhere is not in log\.dirs/,
  ],
  [
    'broker',
    { 'log.local.retention.ms': '-1' },
    /^INVALID_REQUEST: Invalid value -1 for configuration log\.local\.retention\.ms/,
  ],
  ['broker', { 'log.local.retention.bytes': '5' }, /^NONE$/],
  [
    'broker',
    { listeners: 'PLAINTEXT://127.0.0.1:9092,EXTERNAL://:9094' },
    /^INVALID_REQUEST: listeners: "EXTERNAL.* has no security protocol/,
  ],
  ['broker', { listeners: 'SSL://:9094' }, /^INVALID_REQUEST/],
  ['broker', { listeners: 'PLAINTEXT://127.0.0.1:9092,SSL://:9094' }, /^NONE$/],
  [
    'broker',
    { 'listener.security.protocol.map': 'PLAINTEXT:SSL' },
    /^INVALID_REQUEST: listener\.security\.protocol\.map: the protocol of PLAINTEXT, which is in use, cannot be changed$/,
  ],
  [
    'broker',
    { 'listener.name.plaintext.sasl.enabled.mechanisms': 'PLAIN' },
    /^INVALID_REQUEST: listener\.name\.plaintext\.sasl\.enabled\.mechanisms: cannot be changed for a listener in use/,
  ],
]

describe('brokerConfigProblem', () => {
  for (const [level, next, expected] of cases) {
    it(`answers ${JSON.stringify(next)} for the ${level} with ${expected.source}`, () => {
      assert.match(problem(level, next), expected)
    })
  }

  it('refuses to take away a listener that is advertised', () => {
    const two = BrokerConfig.load({
      properties: new Map([
        ['listeners', 'PLAINTEXT://127.0.0.1:9092,B://127.0.0.1:9093'],
        ['listener.security.protocol.map', 'PLAINTEXT:PLAINTEXT,B:PLAINTEXT'],
      ]),
    })
    assert.match(
      problem('broker', { listeners: 'PLAINTEXT://127.0.0.1:9092' }, two),
      /B is advertised and cannot be removed/,
    )
  })

  it('judges a change for all brokers together with what this one has of its own', () => {
    const own = config.withDynamic({ broker: new Map([['num.io.threads', '16']]), cluster: new Map() })
    assert.equal(problem('cluster', { 'num.io.threads': '100' }, own), 'NONE')
    assert.match(problem('broker', { 'num.io.threads': '100' }, own), /at most double the current 16/)
  })
})
