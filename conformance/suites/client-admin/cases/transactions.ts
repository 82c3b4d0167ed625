/** Transactions that are open, hang, and are ended from outside. */
import assert from 'node:assert/strict'

import { codeOf, type AdminCase } from '../admin-case.ts'

const item = { topic: 'three', partition: 2 }

export const transactionCases: readonly AdminCase[] = [
  {
    name: 'open transactions are listed and described, and so are their producers',
    async run({ admin, kafka }) {
      await using producer = kafka.producer({ transactionalId: 'open' })
      await producer.beginTransaction()
      await producer.send('three', { value: 'x', partition: item.partition })
      const described = await admin.describeTransactions(['open', 'nowhere'])
      const { state, coordinatorId, producerId, topicPartitions, transactionStartTimeMs } = described.value('open')
      assert.deepEqual([state, coordinatorId, topicPartitions], ['Ongoing', 1, [item]])
      assert.ok((transactionStartTimeMs ?? 0) > 1_600_000_000_000)
      assert.equal(codeOf(described.get('nowhere')?.error), 'TRANSACTIONAL_ID_NOT_FOUND')

      const [state2] = (await admin.describeProducers([item]))
        .value(item)
        .filter((one) => one.producerId === producerId)
      assert.equal(state2?.currentTransactionStartOffset, 0)
      assert.deepEqual(
        (await admin.describeProducers([item], { brokerId: 1 })).value(item).map((one) => one.producerId),
        [producerId],
      )
      const latest = async (isolationLevel: 'read_committed' | 'read_uncommitted') =>
        (await admin.listOffsets([{ ...item, spec: 'latest' }], { isolationLevel })).value(item).offset
      assert.deepEqual([await latest('read_committed'), await latest('read_uncommitted')], [0, 1])

      const { transactions, failures } = await admin.listTransactions({ states: ['Ongoing'] })
      assert.deepEqual(
        [transactions, failures],
        [[{ transactionalId: 'open', producerId, state: 'Ongoing', coordinatorId: 1 }], []],
      )
      assert.deepEqual((await admin.listTransactions({ producerIds: [producerId + 1000] })).transactions, [])
      assert.deepEqual((await admin.listTransactions({ durationMs: 3_600_000 })).transactions, [])
      await producer.commitTransaction()
    },
  },
  {
    name: 'transactions are listed by a pattern',
    isNew: true,
    async run({ admin }) {
      const ids = async (transactionalIdPattern: string) =>
        (await admin.listTransactions({ transactionalIdPattern })).transactions.map((one) => one.transactionalId)
      assert.deepEqual(await ids('op.*'), ['open'])
      assert.deepEqual(await ids('x.*'), [])
      const { failures } = await admin.listTransactions({ transactionalIdPattern: '(' })
      assert.deepEqual(
        failures.map(({ error }) => codeOf(error)),
        ['INVALID_REGULAR_EXPRESSION'],
      )
    },
  },
  {
    name: 'a producer is fenced, and its transaction ended',
    async run({ admin, kafka }) {
      await using producer = kafka.producer({ transactionalId: 'fenced' })
      await producer.beginTransaction()
      await producer.send('three', { value: 'x', partition: item.partition })
      const fenced = await admin.fenceProducers(['fenced', 'never-seen'])
      assert.deepEqual(fenced.failures, [])
      assert.ok(fenced.value('fenced').producerEpoch > 0)
      await assert.rejects(producer.commitTransaction())
      const state = (await admin.describeTransactions(['fenced'])).value('fenced')
      assert.ok(['CompleteAbort', 'PrepareAbort', 'Empty'].includes(state.state), state.state)
    },
  },
  {
    name: 'a transaction is terminated by its id',
    async run({ admin, kafka }) {
      await using producer = kafka.producer({ transactionalId: 'stuck' })
      await producer.beginTransaction()
      await producer.send('three', { value: 'x', partition: item.partition })
      await admin.forceTerminateTransaction('stuck')
      assert.notEqual((await admin.describeTransactions(['stuck'])).value('stuck').state, 'Ongoing')
      await assert.rejects(producer.commitTransaction())
    },
  },
  {
    name: 'a transaction is aborted in one partition',
    async run({ admin, kafka }) {
      await using producer = kafka.producer({ transactionalId: 'hanging' })
      await producer.beginTransaction()
      await producer.send('three', { value: 'x', partition: item.partition })
      const hanging = (await admin.describeProducers([item]))
        .value(item)
        .find((one) => one.currentTransactionStartOffset !== undefined)
      assert.ok(hanging !== undefined)
      const { producerId, producerEpoch, coordinatorEpoch } = hanging
      await admin.abortTransaction({ ...item, producerId, producerEpoch, coordinatorEpoch: coordinatorEpoch ?? 0 })
      const after = (await admin.describeProducers([item])).value(item).find((one) => one.producerId === producerId)
      assert.equal(after?.currentTransactionStartOffset, undefined)
      await producer.abortTransaction().catch(() => undefined)
    },
  },
]
