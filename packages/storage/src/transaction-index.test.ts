import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MemoryDisk } from '@gregor/platform'
import { type AbortedTransaction, TransactionIndex } from './transaction-index.ts'

const path = '/log/00000000000000000100.txnindex'

function newDisk(): MemoryDisk {
  const disk = new MemoryDisk()
  disk.makeDirectory('/log')
  return disk
}

function open(disk: MemoryDisk): TransactionIndex {
  return TransactionIndex.open({ disk, path, baseOffset: 100 })
}

function abort(firstOffset: number, lastOffset: number, lastStableOffset: number): AbortedTransaction {
  return { producerId: 7, firstOffset, lastOffset, lastStableOffset }
}

/** Markers at 110, 120, … with transactions that began 15 offsets before, none left open in between. */
function filled(disk: MemoryDisk, count: number): TransactionIndex {
  const index = open(disk)
  for (let number = 1; number <= count; number++) {
    const lastOffset = 100 + number * 10
    index.append(abort(lastOffset - 15, lastOffset, lastOffset + 1))
  }
  return index
}

describe('a transaction index', () => {
  it('has no file until the first abort', () => {
    const disk = newDisk()
    const index = open(disk)
    assert.deepEqual(index.collect(0, 1000), { transactions: [], isComplete: false })
    assert.deepEqual(index.entries(), [])
    assert.equal(index.check(), undefined)
    assert.equal(disk.stat(path), undefined)
  })

  it('writes Apache Kafka’s 34 bytes', () => {
    const disk = newDisk()
    open(disk).append({ producerId: 4294967298, firstOffset: 101, lastOffset: 105, lastStableOffset: 103 })
    assert.equal(
      disk.readFile(path).toString('hex'),
      '0000' + '0000000100000002' + '0000000000000065' + '0000000000000069' + '0000000000000067',
    )
  })

  it('is read back', () => {
    const disk = newDisk()
    filled(disk, 600)
    const index = open(disk)
    assert.equal(index.entryCount, 600)
    assert.equal(index.check(), undefined)
    assert.deepEqual(index.entries()[599], abort(6085, 6100, 6101))
  })

  it('finds the aborts that overlap a range, and stops where nothing later can', () => {
    const index = filled(newDisk(), 600)
    assert.deepEqual(index.collect(1003, 1012), {
      transactions: [abort(995, 1010, 1011), abort(1005, 1020, 1021)],
      isComplete: true,
    })
  })

  it('is not complete when the range reaches behind its last stable offset', () => {
    const index = filled(newDisk(), 2)
    assert.deepEqual(index.collect(115, 122), { transactions: [abort(105, 120, 121)], isComplete: false })
    assert.deepEqual(index.collect(121, 122), { transactions: [], isComplete: false })
    assert.deepEqual(index.collect(121, 121), { transactions: [], isComplete: true })
  })

  it('leaves out a transaction that begins behind the range', () => {
    const index = open(newDisk())
    index.append(abort(150, 160, 120))
    assert.deepEqual(index.collect(100, 130), { transactions: [], isComplete: false })
  })

  it('refuses a marker before the last one', () => {
    const index = filled(newDisk(), 1)
    assert.throws(() => index.append(abort(100, 110, 111)), { name: 'InvariantViolation' })
  })

  it('loses the markers at an offset and behind it when truncated', () => {
    const disk = newDisk()
    const index = filled(disk, 5)
    index.truncateTo(130)
    assert.equal(disk.stat(path)?.size, 2 * 34)
    index.append(abort(100, 125, 126))
    assert.deepEqual(
      open(disk)
        .entries()
        .map(({ lastOffset }) => lastOffset),
      [110, 120, 125],
    )
    index.truncateTo(0)
    assert.equal(index.entryCount, 0)
    index.truncateTo(0)
  })

  it('is emptied before it is rebuilt', () => {
    const disk = newDisk()
    const index = filled(disk, 5)
    index.reset()
    assert.equal(disk.stat(path)?.size, 0)
    open(newDisk()).reset()
  })

  it('follows its segment when that is renamed, moved and removed', async () => {
    const disk = newDisk()
    const index = filled(disk, 1)
    index.renameTo(`${path}.deleted`)
    assert.equal(disk.stat(path), undefined)
    assert.equal(index.entries().length, 1)
    disk.makeDirectory('/moved')
    disk.rename(`${path}.deleted`, '/moved/x.txnindex')
    index.moveTo('/moved/x.txnindex')
    assert.equal(index.path, '/moved/x.txnindex')
    assert.equal(index.entries().length, 1)
    await index.sync()
    await index.remove()
    assert.equal(disk.stat('/moved/x.txnindex'), undefined)
    assert.deepEqual(index.entries(), [])
  })

  it('renames and syncs nothing where there is no file', async () => {
    const index = open(newDisk())
    index.renameTo(`${path}.deleted`)
    await index.sync()
    assert.equal(index.entryCount, 0)
  })

  it('does not take a file that became shorter for one without aborts', () => {
    const disk = newDisk()
    const index = filled(disk, 3)
    disk.open(path).truncate(40)
    assert.throws(() => index.collect(0, 1000), { name: 'DiskError', code: 'EIO' })
  })
})

describe('the check of a transaction index', () => {
  for (const [what, damage] of [
    ['entries that are not whole', (disk: MemoryDisk) => disk.open(path).truncate(33)],
    ['another version', (disk: MemoryDisk) => disk.open(path).write([Buffer.from([0, 1])], 34)],
    ['a marker before the segment', (disk: MemoryDisk) => disk.open(path).write([Buffer.alloc(8)], 18)],
    ['markers out of order', (disk: MemoryDisk) => disk.open(path).write([Buffer.alloc(7), Buffer.from([105])], 52)],
    ['an end before the beginning', (disk: MemoryDisk) => disk.open(path).write([Buffer.from([0, 1])], 12)],
  ] as const) {
    it(`finds ${what}`, () => {
      const disk = newDisk()
      filled(disk, 3)
      damage(disk)
      assert.equal(typeof open(disk).check(), 'string')
    })
  }
})
