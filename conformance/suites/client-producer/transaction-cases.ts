/** Transactions of our producer, seen by the Java client: what is committed, what is not, and who is fenced. */

import assert from 'node:assert/strict'

import { KafkaError, connect } from '@gregor/client'

import type { Given, ProducerCase } from './suite.ts'

export const transactionCases: readonly ProducerCase[] = [
  { name: 'commits records and offsets together, and aborts both when the work throws', body: commitsAndAborts },
  { name: 'runs forty transactions over several partitions, and aborts every fourth', body: runsMany },
  { name: 'is fenced by another producer with its id, and says that it is of no use any more', body: isFenced },
  { name: 'fails a transaction for a refused record, and goes on with the next', body: goesOn },
  { name: 'takes partitions and offsets into a transaction with transaction.version 1 as well', body: knowsVersion1 },
]

async function commitsAndAborts({ kafka, java }: Given): Promise<void> {
  const [topic, group] = ['together', 'group-of-together']
  await java.call('create', { topic, partitions: 1, configs: {} })
  await using producer = kafka.producer({ transactionalId: topic })
  await producer.transaction(async (transaction) => {
    await transaction.send(topic, { value: 'kept' })
    await transaction.sendOffsets([{ topic, partition: 0, offset: 7 }], { groupId: group })
  })
  const failure = new Error('the work failed')
  const work = producer.transaction(async (transaction) => {
    await transaction.send(topic, { value: 'dropped' })
    await transaction.sendOffsets([{ topic, partition: 0, offset: 8 }], { groupId: group })
    throw failure
  })
  await assert.rejects(work, failure)
  assert.deepEqual(await valuesOf({ java }, topic, 'read_committed'), ['kept'])
  assert.deepEqual(await valuesOf({ java }, topic, 'read_uncommitted'), ['kept', 'dropped'])
  assert.equal(await java.call('committed', { group, topic, partition: 0 }), 7)
}

async function runsMany({ kafka, java }: Given): Promise<void> {
  const topic = 'forty'
  await java.call('create', { topic, partitions: 3, configs: {} })
  await using producer = kafka.producer({ transactionalId: topic, compressionType: 'lz4' })
  for (let number = 0; number < 40; number++) {
    const work = producer.transaction(async (transaction) => {
      for (let index = 0; index < 6; index++) {
        transaction.offer(topic, { value: `${number}:${index}`, partition: index % 3 })
      }
      if (number % 4 === 3) throw new RangeError('every fourth')
      return Promise.resolve()
    })
    if (number % 4 === 3) await assert.rejects(work, RangeError)
    else await work
  }
  const read = await java.call('readAll', { topics: [{ name: topic, partitions: 3 }], isolation: 'read_committed' })
  const numbers = Array.from({ length: 40 }, (_, number) => number).filter((number) => number % 4 !== 3)
  for (const partition of [0, 1, 2]) {
    assert.deepEqual(
      (read[`${topic}-${partition}`] ?? []).map(({ value }) => Buffer.from(value ?? '', 'base64').toString()),
      numbers.flatMap((number) => [`${number}:${partition}`, `${number}:${partition + 3}`]),
    )
  }
}

async function isFenced({ kafka, java }: Given): Promise<string> {
  const topic = 'fenced'
  await java.call('create', { topic, partitions: 1, configs: {} })
  await using zombie = kafka.producer({ transactionalId: topic })
  await using heir = kafka.producer({ transactionalId: topic })
  await zombie.beginTransaction()
  await zombie.send(topic, { value: 'zombie' })
  await heir.transaction((transaction) => transaction.send(topic, { value: 'heir' }))
  const error = await zombie.commitTransaction().catch((caught: unknown) => caught)
  assert.ok(error instanceof KafkaError && error.fatal && !error.abortable)
  await assert.rejects(zombie.beginTransaction(), { fatal: true })
  await assert.rejects(zombie.send(topic, { value: 'x' }), { fatal: true })
  assert.deepEqual(await valuesOf({ java }, topic, 'read_committed'), ['heir'])
  return error.code
}

async function goesOn({ kafka, java }: Given): Promise<void> {
  const topic = 'goes-on'
  await java.call('create', { topic, partitions: 1, configs: { 'max.message.bytes': '2000' } })
  await using producer = kafka.producer({ transactionalId: topic })
  const work = producer.transaction((transaction) => {
    transaction.offer(topic, { value: 'small' })
    transaction.offer(topic, { value: Buffer.alloc(3_000) })
    return Promise.resolve()
  })
  await assert.rejects(work, { code: 'MESSAGE_TOO_LARGE', fatal: false })
  await producer.transaction((transaction) => transaction.send(topic, { value: 'again' }))
  assert.deepEqual(await valuesOf({ java }, topic, 'read_committed'), ['again'])
}

/** Last of all: the cluster goes back to version 2 afterwards. */
async function knowsVersion1(given: Given): Promise<void> {
  const { kafka, java, bootstrap } = given
  const topic = 'version-1'
  await java.call('create', { topic, partitions: 2, configs: {} })
  await using admin = kafka.admin()
  const feature = 'transaction.version'
  await using producer = kafka.producer({ transactionalId: topic })
  await producer.transaction((transaction) => transaction.send(topic, { value: 'version 2', partition: 0 }))
  await admin.updateFeatures([{ feature, maxVersionLevel: 1, upgradeType: 'safe-downgrade' }])
  try {
    // Levels are learned with a connection.
    await using later = await connect({ bootstrap })
    assert.equal(later.cluster.featureLevel(feature), 1)
    await using older = later.producer({ transactionalId: `${topic}-older` })
    for (const text of ['a', 'b']) {
      await older.transaction(async (transaction) => {
        await transaction.send(topic, { value: text, partition: 0 })
        await transaction.sendOffsets([{ topic, partition: 0, offset: 3 }], { groupId: topic })
      })
    }
    await assert.rejects(
      older.transaction(async (transaction) => {
        await transaction.send(topic, { value: 'dropped', partition: 0 })
        throw new RangeError('aborted')
      }),
      RangeError,
    )
  } finally {
    await admin.updateFeatures([{ feature, maxVersionLevel: 2, upgradeType: 'upgrade' }])
  }
  assert.deepEqual(await valuesOf(given, topic, 'read_committed'), ['version 2', 'a', 'b'])
  assert.equal(await java.call('committed', { group: topic, topic, partition: 0 }), 3)
}

/** Of partition 0. */
async function valuesOf(
  { java }: Pick<Given, 'java'>,
  topic: string,
  isolation: 'read_committed' | 'read_uncommitted',
): Promise<readonly string[]> {
  const read = await java.call('readAll', { topics: [{ name: topic, partitions: 1 }], isolation })
  return (read[`${topic}-0`] ?? []).map(({ value }) => Buffer.from(value ?? '', 'base64').toString())
}
