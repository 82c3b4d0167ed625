import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Api, type ProtocolError, errorCode } from '@gregor/protocol'
import { ConnectionError, KafkaError } from '../errors.ts'
import { FakeCluster } from './producer-fixture.ts'
import type { Producer } from './producer.ts'

/** Errors for the next requests of an API, one after the other; then NONE. `lost`: no answer. */
type Script = Partial<Record<string, (ProtocolError | 'lost')[]>>

/** A coordinator that gives new epochs as it should. */
function given(transactionVersion: 1 | 2, script: Script = {}): FakeCluster {
  const cluster = new FakeCluster()
  cluster.addTopic('events', 2)
  cluster.transactionVersion = transactionVersion
  let epoch = -1
  cluster.respond = (api: Api) => {
    const error = script[api.name]?.shift() ?? 'NONE'
    if (error === 'lost') return new ConnectionError('broken')
    const isEnd = api.name === 'EndTxn'
    if (error === 'NONE' && (api.name === 'InitProducerId' || (isEnd && transactionVersion === 2))) epoch++
    const ids =
      isEnd && transactionVersion === 1
        ? { producerId: -1, producerEpoch: -1 }
        : { producerId: 7, producerEpoch: epoch }
    const code = errorCode(error)
    const results = [{ name: 'events', resultsByPartition: [{ partitionIndex: 0, partitionErrorCode: code }] }]
    return {
      throttleTimeMs: 0,
      errorCode: code,
      ...ids,
      resultsByTopicV3AndBelow: results,
      topics: [{ name: 'in', partitions: [{ partitionIndex: 0, errorCode: code }] }],
    }
  }
  return cluster
}

function open(cluster: FakeCluster, options = {}): Producer {
  return cluster.open({ transactionalId: 'tx', ...options })
}

function apis(cluster: FakeCluster): readonly string[] {
  return cluster.requests.map(({ api, version }) => `${api} ${version}`)
}

describe('Producer.transaction', () => {
  it('commits offsets that nobody awaited, all of them', async () => {
    const cluster = given(2)
    const producer = open(cluster)
    await cluster.run(
      producer.transaction(async (transaction) => {
        void transaction.sendOffsets([{ topic: 'in', partition: 0, offset: 3 }], { groupId: 'g' })
        void transaction.sendOffsets([{ topic: 'in', partition: 1, offset: 4 }], { groupId: 'g' })
      }),
    )
    const names = cluster.requests.map(({ api }) => api)
    assert.deepEqual(names.slice(1), ['TxnOffsetCommit', 'TxnOffsetCommit', 'EndTxn'])
    await cluster.run(producer.close())
  })

  it('does not wait for ever when it is closed and nobody answers the abort', async () => {
    const cluster = given(2, { EndTxn: Array<'lost'>(10_000).fill('lost') })
    const producer = open(cluster, { deliveryTimeoutMs: 5_000, requestTimeoutMs: 1_000, lingerMs: 0 })
    await cluster.run(producer.beginTransaction())
    await cluster.run(producer.send('events', { value: 'a', partition: 0 }))
    const startedMs = cluster.world.time.nowMs
    await cluster.run(producer.close())
    assert.ok(cluster.world.time.nowMs - startedMs <= 5_100)
  })

  it('lets partitions and offsets join by writing with version 2', async () => {
    const cluster = given(2)
    const producer = open(cluster)
    const result = await cluster.run(
      producer.transaction(async (transaction) => {
        await transaction.send('events', { value: 'a', partition: 0 })
        await transaction.sendOffsets([{ topic: 'in', partition: 0, offset: 12, leaderEpoch: 3, metadata: 'm' }], {
          groupId: 'g',
          generationId: 4,
          memberId: 'member',
        })
        return 'done'
      }),
    )
    assert.equal(result, 'done')
    assert.deepEqual(apis(cluster), ['InitProducerId 6', 'TxnOffsetCommit 5', 'EndTxn 5'])
    assert.deepEqual(cluster.requests[1]?.request, {
      transactionalId: 'tx',
      producerId: 7,
      producerEpoch: 0,
      groupId: 'g',
      generationId: 4,
      memberId: 'member',
      groupInstanceId: null,
      topics: [
        {
          name: 'in',
          partitions: [{ partitionIndex: 0, committedOffset: 12, committedLeaderEpoch: 3, committedMetadata: 'm' }],
        },
      ],
    })
    const [batch] = cluster.received
    assert.equal(`${batch?.isTransactional} ${batch?.version} ${batch?.producerEpoch}`, 'true 13 0')
    await cluster.run(producer.transaction((transaction) => transaction.send('events', { value: 'b', partition: 0 })))
    assert.equal(`${cluster.received[1]?.producerEpoch}/${cluster.received[1]?.baseSequence}`, '1/0')
    await producer.close()
  })

  it('adds partitions and offsets first before version 2, with the versions of such clients', async () => {
    const cluster = given(1)
    const producer = open(cluster)
    await cluster.run(
      producer.transaction(async (transaction) => {
        await transaction.sendAll('events', [
          { value: 'a', partition: 0 },
          { value: 'b', partition: 0 },
        ])
        await transaction.sendOffsets([{ topic: 'in', partition: 0, offset: 12 }], { groupId: 'g' })
      }),
    )
    const expected = ['InitProducerId 6', 'AddPartitionsToTxn 3', 'AddOffsetsToTxn 4', 'TxnOffsetCommit 4', 'EndTxn 4']
    assert.deepEqual(apis(cluster), expected)
    assert.equal(cluster.received[0]?.version, 11)
    await cluster.run(producer.transaction((transaction) => transaction.send('events', { value: 'c', partition: 0 })))
    assert.equal(`${cluster.received[1]?.producerEpoch}/${cluster.received[1]?.baseSequence}`, '0/2')
    await producer.close()
  })

  it('commits what was offered and not awaited', async () => {
    const cluster = given(2)
    const producer = open(cluster, { lingerMs: 10_000 })
    await cluster.run(
      producer.transaction((transaction) => {
        transaction.offer('events', { value: 'a', partition: 0 })
        void transaction.send('events', { value: 'b', partition: 0 })
        return Promise.resolve()
      }),
    )
    assert.deepEqual(cluster.values('events'), ['a', 'b'])
    await producer.close()
  })

  it('ends empty transactions without a request, and goes on with others', async () => {
    const cluster = given(2)
    const producer = open(cluster)
    await cluster.run(producer.transaction(() => Promise.resolve()))
    await assert.rejects(
      cluster.run(producer.transaction(() => Promise.reject(new RangeError('nothing was done')))),
      RangeError,
    )
    assert.deepEqual(apis(cluster), ['InitProducerId 6'])
    await cluster.run(
      producer.transaction(async (transaction) => {
        await transaction.send('events', { value: 'a', partition: 0 })
        await transaction.sendOffsets([{ topic: 'in', partition: 0, offset: 1 }], { groupId: 'g' })
      }),
    )
    assert.deepEqual(apis(cluster).slice(1), ['TxnOffsetCommit 5', 'EndTxn 5'])
    await producer.close()
  })

  it('aborts when its work throws, and drops what was not sent', async () => {
    const cluster = given(1)
    const producer = open(cluster, { lingerMs: 10_000 })
    const failure = new Error('the work failed')
    let dropped: Promise<unknown> | undefined
    const failed = cluster.run(
      producer.transaction((transaction) => {
        dropped = transaction.send('events', { value: 'a', partition: 0 })
        return Promise.reject(failure)
      }),
    )
    await assert.rejects(failed, failure)
    await assert.rejects(dropped ?? Promise.resolve(), { name: 'TransactionAbortedError' })
    assert.deepEqual(cluster.values('events'), [])
    assert.deepEqual(apis(cluster), ['InitProducerId 6', 'AddPartitionsToTxn 3', 'EndTxn 4'])
    assert.partialDeepStrictEqual(cluster.requests.at(-1)?.request, { committed: false })
    await producer.close()
  })

  it('aborts and says so where a record was refused, awaited or not, and goes on with the next', async () => {
    const cluster = given(2)
    const producer = open(cluster)
    cluster.fate = ({ values }) => (values.includes('bad') ? { error: 'INVALID_RECORD' } : undefined)
    const failed = cluster.run(
      producer.transaction((transaction) => {
        transaction.offer('events', { value: 'bad', partition: 0 })
        return Promise.resolve()
      }),
    )
    await assert.rejects(failed, { code: 'INVALID_RECORD', abortable: true, fatal: false })
    assert.deepEqual(apis(cluster).at(-1), 'EndTxn 5')
    await cluster.run(producer.transaction((transaction) => transaction.send('events', { value: 'b', partition: 0 })))
    assert.deepEqual(cluster.values('events'), ['b'])
    await producer.close()
  })

  it('takes a new epoch by InitProducerId after a refused record before version 2', async () => {
    const cluster = given(1)
    const producer = open(cluster)
    cluster.fate = ({ values }) => (values.includes('bad') ? { error: 'INVALID_RECORD' } : undefined)
    const work = cluster.run(
      producer.transaction((transaction) => transaction.send('events', { value: 'bad', partition: 0 })),
    )
    await assert.rejects(work, { code: 'INVALID_RECORD' })
    await cluster.run(producer.transaction((transaction) => transaction.send('events', { value: 'b', partition: 0 })))
    assert.equal(`${cluster.received[1]?.producerEpoch}/${cluster.received[1]?.baseSequence}`, '1/0')
    await producer.close()
  })

  it('aborts where the commit is refused as abortable', async () => {
    const cluster = given(2, { EndTxn: ['TRANSACTION_ABORTABLE'] })
    const producer = open(cluster)
    const work = cluster.run(
      producer.transaction((transaction) => transaction.send('events', { value: 'a', partition: 0 })),
    )
    await assert.rejects(work, { code: 'TRANSACTION_ABORTABLE', abortable: true })
    assert.deepEqual(apis(cluster), ['InitProducerId 6', 'EndTxn 5', 'EndTxn 5'])
    await producer.close()
  })

  it('is of no use any more once it was fenced', async () => {
    const cluster = given(2, { EndTxn: ['PRODUCER_FENCED'] })
    const producer = open(cluster)
    const work = cluster.run(
      producer.transaction((transaction) => transaction.send('events', { value: 'a', partition: 0 })),
    )
    await assert.rejects(work, { code: 'PRODUCER_FENCED', fatal: true, abortable: false })
    await assert.rejects(cluster.run(producer.beginTransaction()), { code: 'PRODUCER_FENCED', fatal: true })
    await assert.rejects(producer.send('events', { value: 'b' }), { fatal: true })
    await producer.close()
  })

  it('asks again for the same outcome where answers are lost, and waits while others are completed', async () => {
    const cluster = given(2, {
      InitProducerId: ['lost', 'CONCURRENT_TRANSACTIONS', 'NOT_COORDINATOR'],
      EndTxn: ['lost', 'COORDINATOR_NOT_AVAILABLE'],
    })
    const producer = open(cluster)
    await cluster.run(producer.transaction((transaction) => transaction.send('events', { value: 'a', partition: 0 })))
    assert.equal(cluster.requests.filter(({ api }) => api === 'InitProducerId').length, 4)
    const ends = cluster.requests.filter(({ api }) => api === 'EndTxn')
    assert.deepEqual(
      ends.map(({ request }) => (request as { committed: boolean }).committed),
      [true, true, true],
    )
    await producer.close()
  })

  it('can be awaited again where nobody answers within max.block.ms', async () => {
    const cluster = given(2)
    const producer = open(cluster, { maxBlockMs: 500 })
    await cluster.run(producer.beginTransaction())
    await cluster.run(producer.send('events', { value: 'a', partition: 0 }))
    const respond = cluster.respond
    cluster.respond = () => new ConnectionError('nobody there')
    await assert.rejects(cluster.run(producer.commitTransaction()), { name: 'TimeoutError' })
    cluster.respond = respond
    await cluster.run(producer.commitTransaction())
    await cluster.run(producer.beginTransaction())
    await cluster.run(producer.abortTransaction())
    await producer.close()
  })

  it('says what is wrong with the order of calls', async () => {
    const cluster = given(2)
    const producer = open(cluster)
    const code = 'INVALID_TXN_STATE'
    await assert.rejects(producer.send('events', { value: 'a' }), {
      code,
      fatal: false,
      message: /no transaction is open/,
    })
    await cluster.run(producer.beginTransaction())
    await assert.rejects(cluster.run(producer.beginTransaction()), { code, message: /while one is open/ })
    await cluster.run(producer.abortTransaction())
    await assert.rejects(cluster.run(producer.commitTransaction()), { code })
    await producer.close()
    const plain = cluster.open()
    assert.throws(() => void plain.initTransactions(), { code, message: /transactional\.id/ })
    await plain.close()
  })

  it('is aborted by close', async () => {
    const cluster = given(2)
    const producer = open(cluster, { lingerMs: 10_000 })
    await cluster.run(producer.beginTransaction())
    const sent = assert.rejects(producer.send('events', { value: 'a', partition: 0 }), {
      name: 'TransactionAbortedError',
    })
    await cluster.run(producer.close())
    await sent
  })

  it('fails as forbidden as soon as the id is', async () => {
    const cluster = given(2, { InitProducerId: ['TRANSACTIONAL_ID_AUTHORIZATION_FAILED'] })
    const producer = open(cluster)
    const error = await cluster.run(producer.initTransactions()).catch((caught: unknown) => caught)
    assert.ok(error instanceof KafkaError && error.fatal)
    assert.equal(error.code, 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
    await producer.close()
  })

  it('fails what waits as soon as the transaction can only be aborted', async () => {
    const cluster = given(1, { AddPartitionsToTxn: ['TOPIC_AUTHORIZATION_FAILED'] })
    const producer = open(cluster)
    await cluster.run(producer.initTransactions())
    const startMs = cluster.nowMs
    let waiting: Promise<unknown> | undefined
    const work = cluster.run(
      producer.transaction((transaction) => {
        waiting = transaction.send('events', { value: 'a', partition: 0 })
        return Promise.resolve()
      }),
    )
    await assert.rejects(work, { code: 'TOPIC_AUTHORIZATION_FAILED', abortable: true })
    await assert.rejects(waiting ?? Promise.resolve(), { name: 'TransactionAbortedError' })
    assert.ok(cluster.nowMs - startMs < 1000, `${cluster.nowMs - startMs}`)
    await producer.close()
  })

  it('fails batches that were not sent yet once another one was refused', async () => {
    const cluster = given(2)
    cluster.latencyMs = 50
    const producer = open(cluster, { batchSize: 100 })
    cluster.fate = ({ values }) => (values.includes('bad') ? { error: 'INVALID_RECORD' } : undefined)
    const startMs = cluster.nowMs
    const work = cluster.run(
      producer.transaction((transaction) => {
        transaction.offer('events', { value: 'bad', partition: 0 })
        for (let index = 0; index < 20; index++) transaction.offer('events', { value: 'x'.repeat(90), partition: 1 })
        return Promise.resolve()
      }),
    )
    await assert.rejects(work, { code: 'INVALID_RECORD' })
    assert.ok(cluster.nowMs - startMs < 2000, `${cluster.nowMs - startMs}`)
    assert.ok(cluster.values('events', 1).length < 20)
    await producer.close()
  })

  it('sends no offsets of a member that lost its place', async () => {
    const cluster = given(2, { TxnOffsetCommit: ['ILLEGAL_GENERATION'] })
    const producer = open(cluster)
    const work = cluster.run(
      producer.transaction((transaction) =>
        transaction.sendOffsets([{ topic: 'in', partition: 0, offset: 1 }], { groupId: 'g', generationId: 1 }),
      ),
    )
    await assert.rejects(work, { code: 'ILLEGAL_GENERATION', abortable: true })
    await producer.close()
  })
})
