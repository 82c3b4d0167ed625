/** Topics, their partitions, their records. */
import assert from 'node:assert/strict'

import { codeOf, eventually, type AdminCase } from '../admin-case.ts'

export const topicCases: readonly AdminCase[] = [
  {
    name: 'topics are created, each with its own outcome, and listed',
    async run({ admin }) {
      const results = await admin.createTopics([
        { name: 'plain' },
        { name: 'three', numPartitions: 3, replicationFactor: 1, configs: { 'retention.ms': '3600000' } },
        { name: 'assigned', assignments: [[1], [1]] },
        { name: 'a/b' },
        { name: 'many', replicationFactor: 2 },
        { name: 'odd', configs: { 'retention.ms': 'x' } },
      ])
      assert.deepEqual(
        Array.from(results, ({ item, error }) => [item, codeOf(error)]),
        [
          ['plain', 'NONE'],
          ['three', 'NONE'],
          ['assigned', 'NONE'],
          ['a/b', 'INVALID_TOPIC_EXCEPTION'],
          ['many', 'INVALID_REPLICATION_FACTOR'],
          ['odd', 'INVALID_CONFIG'],
        ],
      )
      const three = results.value('three')
      assert.deepEqual([three.numPartitions, three.replicationFactor], [3, 1])
      const retention = three.configs?.find(({ name }) => name === 'retention.ms')
      assert.deepEqual([retention?.value, retention?.source], ['3600000', 'DYNAMIC_TOPIC_CONFIG'])
      const listed = await admin.listTopics()
      assert.equal(listed.find(({ name }) => name === 'three')?.topicId, three.topicId)
      const again = await admin.createTopics([{ name: 'three' }])
      assert.equal(codeOf(again.get('three')?.error), 'TOPIC_ALREADY_EXISTS')
    },
  },
  {
    name: 'what is only validated is not created',
    async run({ admin }) {
      const results = await admin.createTopics([{ name: 'ghost', numPartitions: 5 }], { validateOnly: true })
      assert.equal(results.value('ghost').numPartitions, 5)
      assert.ok(!(await admin.listTopics()).some(({ name }) => name === 'ghost'))
    },
  },
  {
    name: 'topics are described by name, in pages of any size, and by id',
    async run({ admin }) {
      const names = ['three', 'nowhere', 'assigned', 'plain']
      const whole = await admin.describeTopics(names, { includeAuthorizedOperations: true })
      const paged = await admin.describeTopics(names, {
        includeAuthorizedOperations: true,
        partitionSizeLimitPerResponse: 1,
      })
      assert.deepEqual([...paged], [...whole])
      assert.equal(codeOf(whole.get('nowhere')?.error), 'UNKNOWN_TOPIC_OR_PARTITION')
      const three = whole.value('three')
      assert.deepEqual(
        three.partitions.map(({ partition, leaderId, replicas, inSyncReplicas }) => [
          partition,
          leaderId,
          replicas,
          inSyncReplicas,
        ]),
        [0, 1, 2].map((partition) => [partition, 1, [1], [1]]),
      )
      assert.ok(three.authorizedOperations?.includes('ALTER_CONFIGS'))
      const unknownId = 'AAAAAAAAAAAAAAAAAAAAKg'
      const byId = await admin.describeTopics({ ids: [three.topicId, unknownId] })
      assert.equal(byId.value(three.topicId).name, 'three')
      assert.equal(codeOf(byId.get(unknownId)?.error), 'UNKNOWN_TOPIC_ID')
    },
  },
  {
    name: 'topics get more partitions, and never fewer',
    async run({ admin }) {
      const results = await admin.createPartitions([
        { topic: 'assigned', totalCount: 4, assignments: [[1], [1]] },
        { topic: 'three', totalCount: 2 },
        { topic: 'nowhere', totalCount: 2 },
      ])
      assert.deepEqual(
        Array.from(results, ({ error }) => codeOf(error)),
        ['NONE', 'INVALID_PARTITIONS', 'UNKNOWN_TOPIC_OR_PARTITION'],
      )
      const described = await eventually(
        async () => (await admin.describeTopics(['assigned'])).value('assigned'),
        ({ partitions }) => partitions.length > 2,
      )
      assert.equal(described.partitions.length, 4)
    },
  },
  {
    name: 'offsets are found by place and by time',
    async run({ admin, kafka }) {
      await using producer = kafka.producer()
      for (const timestamp of [1000, 3000, 2000]) {
        await producer.send('three', { value: 'x', partition: 1, timestamp })
      }
      const at = async (spec: Parameters<typeof admin.listOffsets>[0][number]['spec']) => {
        const results = await admin.listOffsets([{ topic: 'three', partition: 1, spec }])
        const { offset, timestamp } = results.value({ topic: 'three', partition: 1 })
        return [offset, timestamp]
      }
      assert.deepEqual(await at('earliest'), [0, -1])
      assert.deepEqual(await at('latest'), [3, -1])
      assert.deepEqual(await at('max-timestamp'), [1, 3000])
      assert.deepEqual(await at({ timestampMs: 1500 }), [1, 3000])
      assert.deepEqual(await at({ timestampMs: 9000 }), [-1, -1])
      assert.deepEqual(await at('earliest-local'), [0, -1])
      const committed = await admin.listOffsets([{ topic: 'three', partition: 1, spec: 'latest' }], {
        isolationLevel: 'read_committed',
      })
      assert.equal(committed.value({ topic: 'three', partition: 1 }).offset, 3)
    },
  },
  {
    name: 'a partition that does not exist is waited for until the time is up',
    async run({ admin }) {
      const asked = [
        { topic: 'nowhere', partition: 0, spec: 'latest' },
        { topic: 'three', partition: 7, spec: 'latest' },
        { topic: 'three', partition: 1, spec: 'latest' },
      ] as const
      const results = await admin.listOffsets(asked, { timeoutMs: 700 })
      assert.deepEqual(
        Array.from(results, ({ error }) => [error?.name, codeOf(error?.cause)]),
        [
          ['TimeoutError', 'UNKNOWN_TOPIC_OR_PARTITION'],
          ['TimeoutError', 'UNKNOWN_TOPIC_OR_PARTITION'],
          [undefined, 'NONE'],
        ],
      )
    },
  },
  {
    name: 'records are deleted up to an offset, or all',
    async run({ admin }) {
      const item = { topic: 'three', partition: 1 }
      const some = await admin.deleteRecords([{ ...item, beforeOffset: 2 }])
      assert.deepEqual(some.value(item), { lowWatermark: 2 })
      const tooMany = await admin.deleteRecords([{ ...item, beforeOffset: 99 }])
      assert.equal(codeOf(tooMany.get(item)?.error), 'OFFSET_OUT_OF_RANGE')
      const all = await admin.deleteRecords([{ ...item, beforeOffset: -1 }])
      assert.deepEqual(all.value(item), { lowWatermark: 3 })
    },
  },
  {
    name: 'topics are deleted by name and by id',
    async run({ admin }) {
      const byName = await admin.deleteTopics(['plain', 'nowhere'])
      assert.deepEqual(
        Array.from(byName, ({ error }) => codeOf(error)),
        ['NONE', 'UNKNOWN_TOPIC_OR_PARTITION'],
      )
      const { topicId } = (await admin.describeTopics(['assigned'])).value('assigned')
      assert.equal(codeOf((await admin.deleteTopics({ ids: [topicId] })).get(topicId)?.error), 'NONE')
      const left = await eventually(
        async () => (await admin.listTopics()).map(({ name }) => name),
        ({ length }) => length === 1,
      )
      assert.deepEqual(left, ['three'])
    },
  },
]
