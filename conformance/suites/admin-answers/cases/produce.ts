/** What a Produce request is answered in each version: good batches, bad ones, and partitions that are not there. */

import { BatchBuilder, CreateTopics, Produce, refreshCrc, type RequestInput } from '@gregor/protocol'

import { exchange, type Exchange } from '../exchange.ts'

const unknownId = 'BBBBBBBBBBBBBBBBBBBBBQ'
/**
 * Each server has words of its own for what is wrong, and Apache tells the start of the log of some refusals only.
 * (Where the records are null it never answers.)
 */
const ignoring = ['errorMessage', 'batchIndexErrorMessage', 'logStartOffset']
const versions = [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]
const plain = { numPartitions: 1, replicationFactor: 1, assignments: [] }

function batch(options: ConstructorParameters<typeof BatchBuilder>[0] = {}, key: string | null = 'k'): Buffer {
  const builder = new BatchBuilder(options)
  const timestamp = Date.now()
  builder.append(key === null ? null : Buffer.from(key), Buffer.from('value'), [], timestamp)
  builder.append(Buffer.from('k'), null, [{ key: 'h', value: null }], timestamp)
  return builder.build()
}

function changed(change: (bytes: Buffer) => void): Buffer {
  const bytes = batch()
  change(bytes)
  refreshCrc(bytes, 0)
  return bytes
}

interface Asked {
  readonly topic?: string
  readonly partition?: number
  readonly acks?: number
  readonly transactionalId?: string
  readonly versions?: readonly number[]
}

function produced(title: string, records: Buffer, asked: Asked = {}): readonly Exchange[] {
  const { topic = 'produced', partition = 0, acks = -1, transactionalId = null } = asked
  return (asked.versions ?? [5, 8, 13]).map((version) => {
    const name = version >= 13 ? { topicId: topic === 'missing' ? unknownId : `id:${topic}` } : { name: topic }
    const request = {
      transactionalId,
      acks,
      timeoutMs: 5_000,
      topicData: [{ ...name, partitionData: [{ index: partition, records }] }],
    }
    return exchange(`Produce: ${title}`, Produce, request as RequestInput<typeof Produce>, {
      versions: [version],
      ignoring,
    })
  })
}

const transactional = { producerId: 4711, producerEpoch: 0, baseSequence: 0, isTransactional: true }

export const produceCases: readonly Exchange[] = [
  exchange('CreateTopics for Produce', CreateTopics, {
    topics: [
      { ...plain, name: 'produced', configs: [] },
      { ...plain, name: 'keyed', configs: [{ name: 'cleanup.policy', value: 'compact' }] },
      { ...plain, name: 'small', configs: [{ name: 'max.message.bytes', value: '80' }] },
      { ...plain, name: 'insync', configs: [{ name: 'min.insync.replicas', value: '2' }] },
      { ...plain, name: 'zipped', configs: [{ name: 'compression.type', value: 'zstd' }] },
    ],
    timeoutMs: 5_000,
  }),
  ...produced('a batch', batch(), { versions }),
  ...produced('a batch, acknowledged by the leader', batch(), { acks: 1 }),
  ...produced('a number of acks that is none', batch(), { acks: 2, versions }),
  ...produced('no such partition', batch(), { partition: 9, versions }),
  ...produced('a partition below all', batch(), { partition: -1 }),
  ...produced('no such topic', batch(), { topic: 'missing', versions }),
  ...produced('records of no bytes', Buffer.alloc(0), { versions: [8, 12] }),
  ...produced('a few bytes', Buffer.from('abc')),
  ...produced('two batches', Buffer.concat([batch(), batch()])),
  ...produced('half a batch', batch().subarray(0, 70)),
  ...produced(
    'magic 1',
    changed((bytes) => bytes.writeInt8(1, 16)),
  ),
  ...produced(
    'magic 7',
    changed((bytes) => bytes.writeInt8(7, 16)),
  ),
  ...produced(
    'a base offset',
    changed((bytes) => bytes.writeInt32BE(3, 4)),
  ),
  ...produced('a wrong checksum', changed(() => {}).fill(0, 17, 21)),
  ...produced('a control batch', batch({ isControl: true })),
  ...produced(
    'no records declared',
    changed((bytes) => bytes.writeInt32BE(0, 57)),
  ),
  ...produced(
    'more records declared',
    changed((bytes) => bytes.writeInt32BE(7, 57)),
  ),
  ...produced('a producer id without a sequence', batch({ producerId: 4712, producerEpoch: 0 })),
  ...produced('zstd', batch({ compression: 'zstd' }), { versions: [3, 6] }),
  ...produced('zstd', batch({ compression: 'zstd' }), { versions: [7, 13] }),
  ...produced('zstd for the topic’s sake', batch({ compression: 'gzip' }), { topic: 'zipped' }),
  ...produced('no key where one is wanted', batch({}, null), { topic: 'keyed' }),
  ...produced('no key where one is wanted, packed', batch({ compression: 'lz4' }, null), { topic: 'keyed' }),
  ...produced('more than max.message.bytes', batch(), { topic: 'small' }),
  ...produced('too few replicas in sync', batch(), { topic: 'insync', versions: [3, 8, 13] }),
  ...produced('too few replicas in sync, which the leader does not mind', batch(), { topic: 'insync', acks: 1 }),
  ...produced('a transaction without an id', batch(transactional)),
  ...produced('a transaction that nobody began', batch(transactional), { transactionalId: 't' }),
  ...produced('idempotent', batch({ producerId: 4713, producerEpoch: 3, baseSequence: 0 }), { versions: [8] }),
  ...produced('idempotent, again', batch({ producerId: 4713, producerEpoch: 3, baseSequence: 0 }), { versions: [8] }),
  ...produced('idempotent, a gap', batch({ producerId: 4713, producerEpoch: 3, baseSequence: 9 })),
  ...produced('idempotent, of an epoch that is over', batch({ producerId: 4713, producerEpoch: 2, baseSequence: 2 })),
  ...produced('idempotent, of a new epoch', batch({ producerId: 4713, producerEpoch: 4, baseSequence: 5 })),
  ...produced(
    'records of the future',
    changed((bytes) => bytes.writeInt32BE(0x200, 27)),
  ),
]
