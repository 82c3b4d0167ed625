import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { choosePartitioner, partitionerName } from './choose-partitioner.ts'
import type { PartitionableTopic } from './partitioner.ts'

const options = { random: { below: () => 1 }, batchSize: 100 }
const record = { key: null, value: null }
const orders: PartitionableTopic = { name: 'orders', partitionCount: 4, availablePartitions: [0, 1, 2, 3] }

describe('a partitioner', () => {
  it('is built in unless another is chosen', () => {
    assert.equal(choosePartitioner(undefined, options).partition(orders, record), 1)
    assert.equal(choosePartitioner('built-in', options).partition(orders, record), 1)
  })

  it('may take turns, for each topic and over the partitions with a leader', () => {
    const { partition } = bound(choosePartitioner('round-robin', options))
    assert.deepEqual(
      Array.from({ length: 5 }, () => partition(orders)),
      [0, 1, 2, 3, 0],
    )
    const lame = { name: 'bills', partitionCount: 4, availablePartitions: [1, 3] }
    assert.deepEqual(
      Array.from({ length: 3 }, () => partition(lame)),
      [1, 3, 1],
    )
    assert.equal(partition({ ...lame, availablePartitions: [] }), 3)
  })

  it('takes turns of its own in each producer', () => {
    choosePartitioner('round-robin', options).partition(orders, record)
    assert.equal(choosePartitioner('round-robin', options).partition(orders, record), 0)
  })

  it('may refuse records that name no partition', () => {
    assert.throws(() => choosePartitioner('manual', options).partition(orders, record), {
      name: 'TypeError',
      message: 'a record for orders names no partition, and partitioner is manual: give each record one',
    })
  })

  it('may be a function or an object', () => {
    assert.equal(choosePartitioner((topic) => topic.partitionCount - 1, options).partition(orders, record), 3)
    const mine = { partition: () => 2 }
    assert.equal(choosePartitioner(mine, options), mine)
  })

  it('may be named as the Java client names it', () => {
    assert.equal(partitionerName('org.apache.kafka.clients.producer.RoundRobinPartitioner'), 'round-robin')
    assert.equal(partitionerName('manual'), 'manual')
    assert.equal(partitionerName('com.example.Mine'), undefined)
  })
})

function bound(partitioner: ReturnType<typeof choosePartitioner>): {
  readonly partition: (topic: PartitionableTopic) => number
} {
  return { partition: (topic) => partitioner.partition(topic, record) }
}
