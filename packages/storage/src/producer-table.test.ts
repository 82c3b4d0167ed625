import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { decodeSnapshot, encodeSnapshot, snapshotProblem } from './producer-snapshot.ts'
import { type ProducerBatch, ProducerTable } from './producer-table.ts'

interface Row {
  epoch: number
  coordinatorEpoch: number
  lastTimestampMs: number
  transactionStartOffset: number
  batches: ProducerBatch[]
}

const int64 = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
const id = fc.oneof(fc.integer({ min: 0, max: 12 }), int64)
const step = fc.oneof(
  fc.record({ kind: fc.constant('epoch' as const), id, epoch: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ kind: fc.constant('remove' as const), id }),
  fc.record({ kind: fc.constant('transaction' as const), id, offset: fc.oneof(fc.constant(-1), int64) }),
  fc.record({ kind: fc.constant('marker' as const), id, coordinatorEpoch: fc.nat(), timestampMs: int64 }),
  fc.record({
    kind: fc.constant('batch' as const),
    id,
    batch: fc.record({ lastSequence: fc.nat(), lastOffset: int64, offsetDelta: fc.nat(), timestampMs: int64 }),
  }),
)

function rowOf(table: ProducerTable, producerId: number): number {
  const row = table.find(producerId)
  return row < 0 ? table.add(producerId) : row
}

function take(
  table: ProducerTable,
  model: Map<number, Row>,
  taken: typeof step extends fc.Arbitrary<infer S> ? S : never,
): void {
  if (taken.kind === 'remove') {
    if (table.find(taken.id) >= 0) table.remove(table.find(taken.id))
    model.delete(taken.id)
    return
  }
  const row = rowOf(table, taken.id)
  const expected = model.get(taken.id) ?? {
    epoch: -1,
    coordinatorEpoch: -1,
    lastTimestampMs: -1,
    transactionStartOffset: -1,
    batches: [],
  }
  model.set(taken.id, expected)
  if (taken.kind === 'epoch') {
    table.setEpoch(row, taken.epoch)
    if (expected.epoch !== taken.epoch) expected.batches = []
    expected.epoch = taken.epoch
  }
  if (taken.kind === 'transaction') {
    table.setTransactionStartOffset(row, taken.offset)
    expected.transactionStartOffset = taken.offset
  }
  if (taken.kind === 'marker') {
    table.setCoordinatorEpoch(row, taken.coordinatorEpoch)
    table.setLastTimestampMs(row, taken.timestampMs)
    expected.coordinatorEpoch = taken.coordinatorEpoch
    expected.lastTimestampMs = taken.timestampMs
  }
  if (taken.kind === 'batch') {
    table.addBatch(row, taken.batch)
    table.setLastTimestampMs(row, taken.batch.timestampMs)
    expected.lastTimestampMs = taken.batch.timestampMs
    expected.batches = [...expected.batches, { ...taken.batch }].slice(-5)
  }
}

function contentOf(table: ProducerTable): Map<number, Row> {
  const content = new Map<number, Row>()
  for (let row = 0; row < table.size; row++) {
    content.set(table.producerId(row), {
      epoch: table.epoch(row),
      coordinatorEpoch: table.coordinatorEpoch(row),
      lastTimestampMs: table.lastTimestampMs(row),
      transactionStartOffset: table.transactionStartOffset(row),
      batches: Array.from({ length: table.batchCount(row) }, (_, index) => table.batch(row, index)),
    })
  }
  return content
}

describe('the table of producers', () => {
  it('holds what a map of objects holds, whatever is added and removed', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const table = new ProducerTable()
        const model = new Map<number, Row>()
        for (const taken of steps) take(table, model, taken)
        assert.deepEqual(contentOf(table), model)
        for (const [producerId, { batches }] of model) {
          const row = table.find(producerId)
          assert.equal(table.lastSequence(row), batches.at(-1)?.lastSequence ?? -1)
          assert.equal(table.lastOffset(row), batches.at(-1)?.lastOffset ?? -1)
        }
      }),
    )
  })

  it('finds a batch by its first and last sequence, across the end of the sequences', () => {
    const table = new ProducerTable()
    const row = table.add(1)
    table.addBatch(row, { lastSequence: 9, lastOffset: 109, offsetDelta: 4, timestampMs: 0 })
    table.addBatch(row, { lastSequence: 1, lastOffset: 113, offsetDelta: 3, timestampMs: 0 })
    assert.equal(table.findBatch(row, 5, 9), 0)
    assert.equal(table.findBatch(row, 6, 9), -1)
    assert.equal(table.findBatch(row, 2147483646, 1), 1)
  })
})

describe('a producer snapshot with the file beside it', () => {
  it('brings the table back', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const table = new ProducerTable()
        for (const taken of steps) take(table, new Map(), taken)
        // As the rules keep it: the newest batch has the newest timestamp.
        for (let row = 0; row < table.size; row++) {
          const count = table.batchCount(row)
          if (count > 0) table.setLastTimestampMs(row, table.batch(row, count - 1).timestampMs)
        }
        const { snapshot, batches } = encodeSnapshot(table)
        assert.equal(snapshotProblem(snapshot), undefined)
        assert.deepEqual(contentOf(decodeSnapshot(snapshot, batches, () => true)), contentOf(table))
      }),
    )
  })

  it('says what is wrong with any other bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        assert.equal(typeof snapshotProblem(Buffer.from(bytes)), 'string')
      }),
    )
  })
})
