import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BuiltInPartitioner } from './built-in-partitioner.ts'
import type { PartitionLoad, PartitionableTopic } from './partitioner.ts'

const keyless = { key: null, value: null }
const orders = topicOf(4)

function topicOf(partitionCount: number, availablePartitions = [...Array(partitionCount).keys()]): PartitionableTopic {
  return { name: 'orders', partitionCount, availablePartitions }
}

/** A source that gives these in turn, and tells what it was asked for. */
function drawing(...draws: number[]): { below: (bound: number) => number; readonly bounds: number[] } {
  const bounds: number[] = []
  return {
    bounds,
    below: (bound) => {
      bounds.push(bound)
      const draw = draws.shift()
      if (draw === undefined) throw new Error('no draw is left')
      return draw
    },
  }
}

function load(partitions: readonly number[], queueSizes: readonly number[]): PartitionLoad {
  return { count: partitions.length, partitions: Int32Array.from(partitions), queueSizes: Int32Array.from(queueSizes) }
}

describe('a record with a key', () => {
  it('goes where its key belongs, whichever partitions have a leader', () => {
    const partitioner = new BuiltInPartitioner({ random: drawing(), batchSize: 100 })
    const topic = topicOf(1_000, [3])
    assert.equal(partitioner.partition(topic, { key: Buffer.from('foobar'), value: null }), 166)
  })

  it('goes as one without where keys are ignored, and its bytes count', () => {
    const partitioner = new BuiltInPartitioner({ random: drawing(2, 1), batchSize: 100, ignoreKeys: true })
    const record = { key: Buffer.from('foobar'), value: null }
    assert.equal(partitioner.partition(orders, record), 2)
    partitioner.appended(orders, { record, partition: 2, byteCount: 100, mayLeave: true })
    assert.equal(partitioner.partition(orders, record), 1)
  })
})

describe('records without a key', () => {
  it('stay with a partition until it has a batch of bytes', () => {
    const partitioner = new BuiltInPartitioner({ random: drawing(2, 0), batchSize: 100 })
    assert.equal(partitioner.partition(orders, keyless), 2)
    partitioner.appended(orders, { record: keyless, partition: 2, byteCount: 99, mayLeave: true })
    assert.equal(partitioner.partition(orders, keyless), 2)
    partitioner.appended(orders, { record: keyless, partition: 2, byteCount: 1, mayLeave: true })
    assert.equal(partitioner.partition(orders, keyless), 0)
  })

  it('leave no batch half filled, up to twice the bytes', () => {
    const partitioner = new BuiltInPartitioner({ random: drawing(2, 0), batchSize: 100 })
    partitioner.partition(orders, keyless)
    partitioner.appended(orders, { record: keyless, partition: 2, byteCount: 199, mayLeave: false })
    assert.equal(partitioner.partition(orders, keyless), 2)
    partitioner.appended(orders, { record: keyless, partition: 2, byteCount: 1, mayLeave: false })
    assert.equal(partitioner.partition(orders, keyless), 0)
  })

  it('leave when the batch that was not full has been sent', () => {
    const partitioner = new BuiltInPartitioner({ random: drawing(2, 0), batchSize: 100 })
    partitioner.partition(orders, keyless)
    partitioner.appended(orders, { record: keyless, partition: 2, byteCount: 150, mayLeave: false })
    partitioner.batchesClosed(orders, 3)
    assert.equal(partitioner.partition(orders, keyless), 2)
    partitioner.batchesClosed(orders, 2)
    assert.equal(partitioner.partition(orders, keyless), 0)
  })

  it('do not leave for the bytes of records with keys', () => {
    const partitioner = new BuiltInPartitioner({ random: drawing(2), batchSize: 100 })
    partitioner.partition(orders, keyless)
    const record = { key: Buffer.from('foobar'), value: null }
    partitioner.appended(orders, { record, partition: 2, byteCount: 500, mayLeave: true })
    assert.equal(partitioner.partition(orders, keyless), 2)
  })

  it('are drawn among the partitions with a leader, among all while none has', () => {
    const random = drawing(1, 3)
    const partitioner = new BuiltInPartitioner({ random, batchSize: 1 })
    assert.equal(partitioner.partition(topicOf(4, [0, 3]), keyless), 3)
    partitioner.appended(topicOf(4, []), { record: keyless, partition: 3, byteCount: 1, mayLeave: true })
    assert.equal(partitioner.partition(topicOf(4, []), keyless), 3)
    assert.deepEqual(random.bounds, [2, 4])
  })

  it('are drawn again when the topic has fewer partitions than before', () => {
    const partitioner = new BuiltInPartitioner({ random: drawing(3, 1), batchSize: 100 })
    assert.equal(partitioner.partition(orders, keyless), 3)
    assert.equal(partitioner.partition(topicOf(2), keyless), 1)
  })

  it('stay with a partition of each topic apart', () => {
    const partitioner = new BuiltInPartitioner({ random: drawing(3, 1), batchSize: 100 })
    assert.equal(partitioner.partition(orders, keyless), 3)
    assert.equal(partitioner.partition({ ...orders, name: 'bills' }, keyless), 1)
    assert.equal(partitioner.partition(orders, keyless), 3)
  })
})

describe('the load of partitions', () => {
  /** Where the next record goes after the load was told, for each draw. */
  function drawn(told: PartitionLoad, draws: readonly number[], topic = orders): readonly [bound: number, number][] {
    return draws.map((draw) => {
      const random = drawing(0, draw)
      const partitioner = new BuiltInPartitioner({ random, batchSize: 1 })
      const partition = partitioner.partition(topic, keyless)
      partitioner.loadChanged(topic, told)
      partitioner.appended(topic, { record: keyless, partition, byteCount: 1, mayLeave: true })
      return [random.bounds[1] ?? -1, partitioner.partition(topic, keyless)]
    })
  }

  it('gives a partition with a longer queue a smaller chance', () => {
    // Queues 0, 3, 1 weigh 4, 1, 3.
    assert.deepEqual(drawn(load([0, 1, 2], [0, 3, 1]), [0, 3, 4, 5, 7], topicOf(3)), [
      [8, 0],
      [8, 0],
      [8, 1],
      [8, 2],
      [8, 2],
    ])
  })

  it('does not matter while all queues are alike', () => {
    assert.deepEqual(drawn(load([0, 1, 2, 3], [2, 2, 2, 2]), [3]), [[4, 3]])
  })

  it('matters with queues alike when a slow partition is left out', () => {
    assert.deepEqual(drawn(load([0, 2, 3], [2, 2, 2]), [0, 1, 2]), [
      [3, 0],
      [3, 2],
      [3, 3],
    ])
  })

  it('does not matter with one partition, or when all are slow', () => {
    assert.deepEqual(drawn(load([0], [5]), [0], topicOf(1)), [[1, 0]])
    assert.deepEqual(drawn(load([], []), [3]), [[4, 3]])
  })

  it('is forgotten when queues are alike again, and is of no interest before the first record', () => {
    const random = drawing(0, 2, 1)
    const partitioner = new BuiltInPartitioner({ random, batchSize: 1 })
    partitioner.loadChanged(orders, load([0, 1, 2, 3], [9, 0, 0, 0]))
    partitioner.partition(orders, keyless)
    partitioner.loadChanged(orders, load([0, 1], [9, 0]))
    partitioner.loadChanged(orders, load([0, 1, 2, 3], [0, 0, 0, 0]))
    partitioner.appended(orders, { record: keyless, partition: 0, byteCount: 1, mayLeave: true })
    assert.deepEqual(random.bounds, [4, 4])
  })

  it('is wanted unless adaptive is off', () => {
    const given = { random: drawing(), batchSize: 1 }
    assert.equal(new BuiltInPartitioner(given).usesLoad, true)
    assert.equal(new BuiltInPartitioner({ ...given, adaptive: false }).usesLoad, false)
  })
})
