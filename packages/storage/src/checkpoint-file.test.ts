import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MemoryDisk } from '@gregor/platform'
import { OffsetCheckpoint } from './checkpoint-file.ts'

const path = '/data/recovery-point-offset-checkpoint'

function diskWith(content?: string): MemoryDisk {
  const disk = new MemoryDisk()
  disk.makeDirectory('/data')
  if (content !== undefined) disk.open(path, { create: true }).write([Buffer.from(content)], 0)
  return disk
}

describe('an offset checkpoint', () => {
  it('is written as Apache Kafka writes it', async () => {
    const disk = diskWith()
    const checkpoint = OffsetCheckpoint.load(disk, path)
    checkpoint.set({ topic: 'orders', partition: 0 }, 17)
    checkpoint.set({ topic: 'a-b.c_d', partition: 12 }, 0)
    checkpoint.set({ topic: 'gone', partition: 1 }, 5)
    checkpoint.delete({ topic: 'gone', partition: 1 })
    await checkpoint.flush()
    assert.equal(disk.readFile(path).toString(), '0\n2\norders 0 17\na-b.c_d 12 0\n')
  })

  it('is read back', () => {
    const checkpoint = OffsetCheckpoint.load(diskWith('0\n2\norders 0 17\na-b 12 9007199254740991\n'), path)
    assert.equal(checkpoint.get({ topic: 'orders', partition: 0 }), 17)
    assert.equal(checkpoint.get({ topic: 'a-b', partition: 12 }), 9007199254740991)
    assert.equal(checkpoint.get({ topic: 'orders', partition: 1 }), undefined)
    assert.equal(checkpoint.problem, undefined)
    assert.equal([...checkpoint.entries()].length, 2)
  })

  it('may be missing, or empty as Apache Kafka makes it: that is no problem', () => {
    assert.equal(OffsetCheckpoint.load(diskWith(), path).problem, undefined)
    assert.equal(OffsetCheckpoint.load(diskWith(''), path).problem, undefined)
  })

  for (const content of ['garbage', '0\n3\norders 0 17\n', '0\n1\norders 0 -1\n', '0\n1\norders zero 1\n']) {
    it(`says what is wrong with ${JSON.stringify(content)}, and has no offsets`, () => {
      const checkpoint = OffsetCheckpoint.load(diskWith(content), path)
      assert.equal(typeof checkpoint.problem, 'string')
      assert.deepEqual([...checkpoint.entries()], [])
    })
  }

  it('cannot be read: the disk’s error is not taken for a missing file', () => {
    const disk = diskWith()
    disk.makeDirectory(path)
    assert.throws(() => OffsetCheckpoint.load(disk, path), { name: 'DiskError' })
  })

  it('is written once more, not once each, when many ask while it is being written', async () => {
    let writes = 0
    const disk = diskWith()
    const counting = {
      readFile: (file: string) => disk.readFile(file),
      replaceFile: async (file: string, content: Uint8Array) => {
        writes++
        await disk.replaceFile(file, content)
      },
    }
    const checkpoint = OffsetCheckpoint.load(counting, path)
    const flushes = Array.from({ length: 10 }, (_, partition) => {
      checkpoint.set({ topic: 'orders', partition }, partition)
      return checkpoint.flush()
    })
    await Promise.all(flushes)
    assert.equal(writes, 2)
    assert.equal([...OffsetCheckpoint.load(disk, path).entries()].length, 10)
  })
})
