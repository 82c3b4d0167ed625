/** What the guides of some clients do, with the programs that those guides have. */

import assert from 'node:assert/strict'

import type { ClientCase } from './client-case.ts'
import { newTopic, send } from './record-cases.ts'
import { manyRecords } from './sample-records.ts'

const ten = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]

const offsetsByHand: ClientCase = {
  name: 'W11: commits by hand, reads again from an older offset, skips ahead, commits automatically',
  needs: ['walkthrough', 'group'],
  service: 'groups',
  async body({ driver }) {
    // Five were read before the commit by hand; the automatic one follows on what was read last.
    assert.deepEqual(await driver.call('walkthrough', { name: 'W11', topic: 'walkthrough-11' }), [0, 5, 2, 8, 9])
  },
}

export const kafkaPythonWalkthroughs: readonly ClientCase[] = [
  {
    name: 'W4: JSON by a serializer, a topic made by the first send, a consumer in a for loop',
    needs: ['walkthrough'],
    async body({ driver }) {
      assert.deepEqual(await driver.call('walkthrough', { name: 'W4', topic: 'walkthrough-4' }), ten)
    },
  },
  {
    name: 'W4: the same with a group_id',
    needs: ['walkthrough', 'group'],
    service: 'groups',
    async body({ driver }) {
      assert.deepEqual(await driver.call('walkthrough', { name: 'W4 group', topic: 'walkthrough-4' }), ten)
    },
  },
  offsetsByHand,
]

export const kafkajsWalkthroughs: readonly ClientCase[] = [
  {
    name: 'W8: consumer.seek({ topic, partition: 0, offset: 123 })',
    needs: ['walkthrough', 'consume', 'produce'],
    async body(client) {
      const topic = newTopic()
      await send(client, { topic, records: manyRecords(200) })
      assert.equal(await client.driver.call('walkthrough', { name: 'W8', topic }), 123)
    },
  },
]

export const saramaWalkthroughs: readonly ClientCase[] = [
  {
    name: 'W5: SyncProducer with WaitForAll tells partition and offset; ConsumePartition from OffsetNewest',
    needs: ['walkthrough'],
    async body({ driver }) {
      assert.deepEqual(await driver.call('walkthrough', { name: 'W5', topic: 'walkthrough-5' }), [
        { partition: 0, offset: 0 },
        { partition: 0, offset: 1 },
        'after',
      ])
    },
  },
]

/** Of the clients that speak KIP-848. */
const consumerGroupCase: ClientCase = {
  name: 'reads in a group with group.protocol=consumer, commits, and goes on where it stopped',
  needs: ['produce'],
  service: 'consumerGroups',
  async body(client) {
    const records = manyRecords(30)
    const topic = await send(client, { records: records.slice(0, 20) })
    const given = { topic, group: `consumer-group-of-${topic}` }
    assert.equal((await client.driver.call('consumerGroup', { ...given, count: 20 })).length, 20)
    await send(client, { topic, records: records.slice(20) })
    const second = await client.driver.call('consumerGroup', { ...given, count: 10 })
    assert.deepEqual(
      second.map(({ offset }) => offset),
      [20, 21, 22, 23, 24, 25, 26, 27, 28, 29],
    )
  },
}

export const librdkafkaWalkthroughs: readonly ClientCase[] = [consumerGroupCase]

export const javaWalkthroughs: readonly ClientCase[] = [
  {
    name: 'W6: createTopics(new NewTopic(name, 3, 3)) is refused by one node, with 1 replica it works; ProducerRecord(topic, key, value)',
    needs: ['walkthrough'],
    async body({ driver }) {
      const refusal = await driver.call('walkthrough', { name: 'W6', topic: 'walkthrough-6' })
      assert.equal(refusal, 'InvalidReplicationFactorException')
    },
  },
  {
    name: 'W6: a KafkaConsumer with group.id against a list of brokers',
    needs: ['walkthrough', 'group'],
    service: 'groups',
    async body({ driver }) {
      const values = await driver.call('walkthrough', { name: 'W6 group', topic: 'walkthrough-6' })
      assert.deepEqual(values, ['key-0=value-0', 'key-1=value-1', 'key-2=value-2'])
    },
  },
  consumerGroupCase,
]
