import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MemoryDisk } from '@gregor/platform'
import { type FileSlot, OpenFiles } from './open-files.ts'

function slots(
  count: number,
  openFilesMax: number,
): { readonly files: OpenFiles; readonly slots: readonly FileSlot[] } {
  const disk = new MemoryDisk()
  const files = new OpenFiles({ disk, openFilesMax })
  const made = Array.from({ length: count }, (_, index) => {
    disk.open(`/${index}`, { create: true }).write([Buffer.from(`${index}`)], 0)
    return files.slot(`/${index}`)
  })
  return { files, slots: made }
}

function textOf(slot: FileSlot): string {
  const bytes = Buffer.alloc(4)
  return bytes.subarray(0, slot.file().readNow(bytes, 0)).toString()
}

describe('open files', () => {
  it('are no more than allowed, and open again when used', () => {
    const { files, slots: all } = slots(100, 8)
    for (let round = 0; round < 3; round++) {
      for (const [index, slot] of all.entries()) {
        assert.equal(textOf(slot), `${index}`)
        assert.ok(files.openCount <= 8)
      }
    }
  })

  it('are closed in order of their last use', () => {
    const { files, slots: all } = slots(4, 3)
    const [a, b, c, d] = all
    assert.ok(a !== undefined && b !== undefined && c !== undefined && d !== undefined)
    for (const slot of [a, b, c]) slot.file()
    const kept = a.file()
    d.file()
    assert.equal(files.openCount, 3)
    assert.equal(a.file(), kept)
  })

  it('stay open while they are pinned', async () => {
    const { files, slots: all } = slots(10, 2)
    const [first] = all
    assert.ok(first !== undefined)
    await first.pinned(async (file) => {
      for (const slot of all) slot.file()
      assert.equal(await file.read(Buffer.alloc(1), 0), 1)
    })
    assert.ok(files.openCount <= 3)
  })

  it('follow a rename, and are closed once', () => {
    const disk = new MemoryDisk()
    disk.open('/a', { create: true }).write([Buffer.from('text')], 0)
    const slot = new OpenFiles({ disk }).slot('/a')
    assert.equal(textOf(slot), 'text')
    slot.close()
    slot.close()
    disk.rename('/a', '/b')
    slot.moveTo('/b')
    assert.equal(slot.path, '/b')
    assert.equal(textOf(slot), 'text')
  })

  it('that are not there do not count as open', () => {
    const files = new OpenFiles({ disk: new MemoryDisk() })
    assert.throws(() => files.slot('/nowhere').file(), { code: 'ENOENT' })
    assert.equal(files.openCount, 0)
  })
})
