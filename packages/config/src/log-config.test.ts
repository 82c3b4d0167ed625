import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokerConfig } from './broker-config.ts'
import { resolveLogConfig, topicDefaultText, topicText } from './log-config.ts'
import { parseProperties } from './properties.ts'

const load = (text: string): BrokerConfig => BrokerConfig.load({ properties: parseProperties(text) })
const none = new Map<string, string>()

describe('resolveLogConfig', () => {
  it("gives a topic Kafka's defaults", () => {
    assert.deepEqual(resolveLogConfig(load(''), none), {
      cleanupPolicy: { delete: true, compact: false },
      compressionType: 'producer',
      compressionGzipLevel: -1,
      compressionLz4Level: 9,
      compressionZstdLevel: 3,
      deleteRetentionMs: 86_400_000,
      fileDeleteDelayMs: 60_000,
      flushMessages: Infinity,
      flushMs: Infinity,
      indexIntervalBytes: 4096,
      maxCompactionLagMs: Infinity,
      maxMessageBytes: 1_048_588,
      messageTimestampType: 'CreateTime',
      messageTimestampBeforeMaxMs: Infinity,
      messageTimestampAfterMaxMs: 3_600_000,
      minCleanableDirtyRatio: 0.5,
      minCompactionLagMs: 0,
      minInsyncReplicas: 1,
      preallocate: false,
      retentionBytes: -1,
      retentionMs: 604_800_000,
      segmentBytes: 1_073_741_824,
      segmentIndexBytes: 10_485_760,
      segmentJitterMs: 0,
      segmentMs: 604_800_000,
      uncleanLeaderElectionEnable: false,
      leaderReplicationThrottledReplicas: [],
      followerReplicationThrottledReplicas: [],
    })
  })

  it("puts the topic's own configs before the broker's", () => {
    const config = load('log.segment.bytes=2097152\nlog.cleanup.policy=compact\nlog.flush.interval.messages=1')
    const own = new Map([
      ['segment.bytes', '3145728'],
      ['cleanup.policy', 'compact,delete'],
      ['message.timestamp.type', 'LogAppendTime'],
    ])
    const log = resolveLogConfig(config, own)
    assert.equal(log.segmentBytes, 3_145_728)
    assert.deepEqual(log.cleanupPolicy, { delete: true, compact: true })
    assert.equal(log.messageTimestampType, 'LogAppendTime')
    assert.equal(log.flushMessages, 1)
    assert.deepEqual(resolveLogConfig(config, none).cleanupPolicy, { delete: false, compact: true })
  })

  it('lets tests make segments smaller than is allowed', () => {
    assert.equal(resolveLogConfig(load(''), new Map([['internal.segment.bytes', '100']])).segmentBytes, 100)
  })

  it('passes over what another version stored', () => {
    const own = new Map([
      ['retention.ms', '-7'],
      ['message.format.version', '2.8'],
    ])
    assert.equal(resolveLogConfig(load('log.retention.hours=1'), own).retentionMs, 3_600_000)
  })
})

describe('what a broker config makes of a topic config', () => {
  const cases: readonly (readonly [string, string, string, string])[] = [
    ['log.retention.hours=2', 'retention.ms', 'log.retention.hours', '7200000'],
    ['log.retention.hours=2\nlog.retention.minutes=3', 'retention.ms', 'log.retention.minutes', '180000'],
    ['log.retention.ms=5\nlog.retention.minutes=3', 'retention.ms', 'log.retention.ms', '5'],
    ['log.retention.hours=-1', 'retention.ms', 'log.retention.hours', '-1'],
    ['log.retention.ms=-9', 'retention.ms', 'log.retention.ms', '-1'],
    ['log.roll.hours=1', 'segment.ms', 'log.roll.hours', '3600000'],
    ['log.flush.scheduler.interval.ms=7', 'flush.ms', 'log.flush.scheduler.interval.ms', '7'],
    ['log.flush.interval.ms=6\nlog.flush.scheduler.interval.ms=7', 'flush.ms', 'log.flush.interval.ms', '6'],
    ['', 'flush.messages', 'log.flush.interval.messages', '9223372036854775807'],
  ]
  for (const [file, topic, name, text] of cases) {
    it(`is ${text} for ${topic}, by ${name}`, () => {
      assert.deepEqual(topicDefaultText(load(file), topic), { name, text })
    })
  }

  it('is nothing for the few that no broker config stands in for', () => {
    assert.equal(topicDefaultText(load(''), 'remote.storage.enable'), undefined)
    assert.equal(topicDefaultText(load(''), 'nonsense'), undefined)
    assert.equal(topicText(load(''), none, 'remote.storage.enable'), 'false')
    assert.equal(topicText(load(''), none, 'internal.segment.bytes'), undefined)
    assert.equal(topicText(load(''), new Map([['segment.ms', '007']]), 'segment.ms'), '7')
  })
})
