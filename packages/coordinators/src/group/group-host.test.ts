import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BatchTooLargeError, countingRandom, Host } from '@gregor/machine'
import type { HostBatch, HostLog } from '@gregor/machine'
import { errorName } from '@gregor/protocol'
import { imageWith, topicIdOf } from './consumer-fixture.ts'
import type { AnswerEffect, GroupEvent, GroupReply, ResolveRegexes } from './group-event.ts'
import { contextOf, testConfig } from './group-fixture.ts'
import { GroupCoordinatorMachine } from './group-coordinator-machine.ts'
import { encodeGroupBatch } from './group-log-record.ts'
import type { GroupLogRecord } from './group-log-record.ts'

/** A log that commits when it is told to, and takes batches of so many bytes. */
class SlowLog implements HostLog<GroupLogRecord> {
  endOffset = 0
  committedOffset = 0
  readonly epoch = 1
  bytesMax = 1_000_000

  append(batch: HostBatch<GroupLogRecord>): { baseOffset: number; lastOffset: number } {
    const size = encodeGroupBatch(batch, 0).length
    if (size > this.bytesMax) throw new BatchTooLargeError({ size, sizeMax: this.bytesMax, unit: 'bytes' })
    const baseOffset = this.endOffset
    this.endOffset += batch.records.length
    return { baseOffset, lastOffset: this.endOffset - 1 }
  }
}

function running(): { host: Host<GroupEvent, GroupLogRecord, GroupReply, Effect>; log: SlowLog; done: Effect[] } {
  const [log, done] = [new SlowLog(), new Array<Effect>()]
  const host = new Host<GroupEvent, GroupLogRecord, GroupReply, Effect>({
    log,
    clock: { wallMs: () => 0, monotonicMs: () => 0, schedule: () => ({ cancel: () => undefined }) },
    random: countingRandom(),
    perform: (effect) => done.push(effect),
    onFailure: () => undefined,
    firstEvent: { type: 'Loaded' },
  })
  host.start(new GroupCoordinatorMachine(testConfig))
  void host.submit({ type: 'MetadataChanged', image: imageWith({ t: 2 }), deletedTopics: [] })
  return { host, log, done }
}

type Effect = AnswerEffect | ResolveRegexes

function committing(count: number): GroupEvent {
  const partitions = Array.from({ length: count }, (_, partitionIndex) => ({
    partitionIndex,
    committedOffset: 5,
    committedLeaderEpoch: -1,
    commitTimestamp: -1,
    committedMetadata: null,
  }))
  const request = {
    groupId: 'g',
    generationIdOrMemberEpoch: -1,
    memberId: '',
    groupInstanceId: null,
    retentionTimeMs: -1,
    topics: [{ name: 't', topicId: topicIdOf('t'), partitions }],
  }
  return { type: 'OffsetCommit', request, context: contextOf(9) }
}

const fetching: GroupEvent = {
  type: 'OffsetFetch',
  group: {
    groupId: 'g',
    memberId: null,
    memberEpoch: -1,
    topics: [{ name: 't', topicId: topicIdOf('t'), partitionIndexes: [0] }],
  },
  requireStable: false,
}

describe('A group coordinator in its host', () => {
  it('answers a commit, and reads of it, when the log has committed it', async () => {
    const { host, log } = running()
    const answered: string[] = []
    const commit = host.submit(committing(1)).then(() => answered.push('commit'))
    const read = host.submit(fetching).then((reply) => {
      assert.ok(reply !== undefined && 'topics' in reply)
      answered.push('read')
    })
    await Promise.resolve()
    assert.deepEqual([answered, host.heldCount], [[], 2])
    log.committedOffset = log.endOffset
    host.committed()
    await Promise.all([commit, read])
    assert.deepEqual(answered, ['commit', 'read'])
  })

  it('lets go who waits for a rebalance when what it rests on is committed', () => {
    const { host, log, done } = running()
    const request = {
      groupId: 'g',
      memberId: '',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
      groupInstanceId: null,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.from('m') }],
      reason: null,
    }
    void host.submit({ type: 'JoinGroup', request, context: contextOf(9), waiter: 1 })
    assert.deepEqual(done, [])
    log.committedOffset = log.endOffset
    host.committed()
    assert.deepEqual(
      done.map(({ type }) => type),
      ['AnswerJoinGroup'],
    )
  })

  it('refuses a commit that does not fit the log, partition by partition, and keeps nothing of it', async () => {
    const { host, log } = running()
    log.bytesMax = 300
    const reply = await host.submit(committing(20))
    assert.ok(reply !== undefined && 'topics' in reply)
    const [topic] = reply.topics ?? []
    assert.deepEqual(
      new Set(topic?.partitions.map((one) => errorName(one.errorCode))),
      new Set(['UNKNOWN_SERVER_ERROR']),
    )
    assert.equal(log.endOffset, 0)
  })

  it('refuses a heartbeat whose records do not fit the log, and keeps nothing of it', async () => {
    const { host, log } = running()
    log.bytesMax = 300
    const request = {
      groupId: 'g',
      memberId: 'm',
      memberEpoch: 0,
      instanceId: null,
      rackId: null,
      rebalanceTimeoutMs: 1000,
      subscribedTopicNames: ['t', 'x'.repeat(300)],
      subscribedTopicRegex: null,
      serverAssignor: null,
      topicPartitions: [],
    }
    const event = { type: 'ConsumerGroupHeartbeat', request, context: contextOf(1), mayDescribe: () => true } as const
    const reply = await host.submit(event)
    assert.ok(reply !== undefined && 'memberEpoch' in reply)
    assert.equal(errorName(reply.errorCode), 'UNKNOWN_SERVER_ERROR')
    const groups: unknown = await host.submit({ type: 'ConsumerGroupDescribe', groupIds: ['g'] })
    const [described] = groups as readonly { errorCode: number }[]
    assert.equal(errorName(described?.errorCode ?? 0), 'GROUP_ID_NOT_FOUND')
  })
})
