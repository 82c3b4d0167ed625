import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { diskContract } from './disk-contract.ts'
import { MemoryDisk } from './memory-disk.ts'

describe('MemoryDisk', () => {
  for (const [name, test] of Object.entries(diskContract)) {
    it(name, () => {
      const disk = new MemoryDisk()
      disk.makeDirectory('/work')
      return test(disk, '/work')
    })
  }

  it('counts the space its files take', () => {
    const disk = new MemoryDisk({ totalBytes: 1000 })
    disk.makeDirectory('/a')
    disk.open('/a/x', { create: true }).write([Buffer.alloc(300)], 0)
    assert.deepEqual(disk.space('/'), { totalBytes: 1000, usableBytes: 700 })
  })

  it('notes when a file was last written', () => {
    let nowMs = 5
    const disk = new MemoryDisk({ wallMs: () => nowMs })
    const file = disk.open('/x', { create: true })
    assert.equal(disk.stat('/x')?.modifiedAtMs, 5)
    nowMs = 7
    file.write([Buffer.from('x')], 0)
    assert.equal(disk.stat('/x')?.modifiedAtMs, 7)
  })

  it('takes absolute paths only, in either style, and knows dots', () => {
    const disk = new MemoryDisk()
    disk.makeDirectory('C:\\data\\log')
    assert.equal(disk.stat('C:/data/./x/../log')?.kind, 'directory')
    assert.throws(() => disk.stat('data'), { code: 'EINVAL' })
    assert.throws(() => disk.rename('/', '/x'), { code: 'EBUSY' })
  })
})
