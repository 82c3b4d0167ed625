import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DiskFile } from '@gregor/platform'
import { diskContract } from '@gregor/platform/disk-contract'
import fc from 'fast-check'
import { seededRandom } from './seeded-random.ts'
import { SimulatedDisk } from './simulated-disk.ts'
import { VirtualTime } from './virtual-time.ts'

describe('SimulatedDisk without faults', () => {
  for (const [name, test] of Object.entries(diskContract)) {
    it(name, () => {
      const disk = newDisk()
      disk.makeDirectory('/work')
      return test(disk, '/work')
    })
  }
})

describe('SimulatedDisk that loses power', () => {
  it('keeps what was synced, in a directory that was synced', async () => {
    for (let seed = 0; seed < 50; seed++) {
      const disk = newDisk(seed)
      await putDurably(disk, '/a', 'durable')
      disk.crash()
      assert.equal(disk.readFile('/a').toString(), 'durable')
    }
  })

  it('may lose what was not synced, all of it or a part, or keep it', async () => {
    const left = new Set<string>()
    for (let seed = 0; seed < 200; seed++) {
      const disk = newDisk(seed)
      const file = await putDurably(disk, '/a', 'o'.repeat(2048))
      file.write([Buffer.from('n'.repeat(1024))], 1024)
      disk.crash()
      left.add(disk.readFile('/a').toString().slice(1024))
    }
    const sector = 512
    assert.deepEqual([...left].toSorted(), [
      'n'.repeat(2 * sector),
      'n'.repeat(sector) + 'o'.repeat(sector),
      'o'.repeat(sector) + 'n'.repeat(sector),
      'o'.repeat(2 * sector),
    ])
  })

  it('tears a write at sector boundaries only', async () => {
    for (let seed = 0; seed < 200; seed++) {
      const disk = newDisk(seed)
      const file = await putDurably(disk, '/a', 'o'.repeat(5000))
      file.write([Buffer.from('n'.repeat(3000))], 700)
      disk.crash()
      const content = disk.readFile('/a').toString()
      for (let at = 1; at < content.length; at++) {
        if (content[at] !== content[at - 1]) assert.ok(at % 512 === 0 || at === 700 || at === 3700, `${seed}: ${at}`)
      }
    }
  })

  it('leaves a file that grew anywhere between its old and its new size, with zeros for what was lost', async () => {
    const sizes = new Set<number>()
    let hasHole = false
    for (let seed = 0; seed < 300; seed++) {
      const disk = newDisk(seed)
      const file = await putDurably(disk, '/a', 'o'.repeat(100))
      file.write([Buffer.from('n'.repeat(2000))], 100)
      disk.crash()
      const content = disk.readFile('/a').toString('latin1')
      sizes.add(content.length)
      assert.match(content, /^o{100}[n\0]*$/)
      hasHole ||= /\0n/.test(content)
    }
    assert.ok(Math.min(...sizes) === 100 && Math.max(...sizes) === 2100 && sizes.size > 10)
    assert.ok(hasHole)
  })

  it('may lose the cut of a file', async () => {
    const sizes = new Set<number>()
    for (let seed = 0; seed < 50; seed++) {
      const disk = newDisk(seed)
      const file = await putDurably(disk, '/a', 'x'.repeat(100))
      file.truncate(10)
      disk.crash()
      sizes.add(disk.readFile('/a').length)
    }
    assert.deepEqual(
      [...sizes].toSorted((a, b) => a - b),
      [10, 100],
    )
  })

  it('may lose a new file whose directory was not synced, though its content was', async () => {
    const isThere = new Set<boolean>()
    for (let seed = 0; seed < 50; seed++) {
      const disk = newDisk(seed)
      const file = disk.open('/a', { create: true })
      file.write([Buffer.from('synced')], 0)
      await file.sync()
      disk.crash()
      isThere.add(disk.stat('/a') !== undefined)
      if (disk.stat('/a') !== undefined) assert.equal(disk.readFile('/a').toString(), 'synced')
    }
    assert.equal(isThere.size, 2)
  })

  it('may undo a rename whose directory was not synced, and never shows half of it', async () => {
    const outcomes = new Set<string>()
    for (let seed = 0; seed < 50; seed++) {
      const disk = newDisk(seed)
      await putDurably(disk, '/old', 'content')
      disk.rename('/old', '/new')
      disk.crash()
      outcomes.add(disk.list('/').join())
      assert.equal(disk.readFile(disk.list('/').includes('old') ? '/old' : '/new').toString(), 'content')
    }
    assert.deepEqual([...outcomes].toSorted(), ['new', 'old'])
  })

  it('may bring back a file that was removed', async () => {
    const isThere = new Set<boolean>()
    for (let seed = 0; seed < 50; seed++) {
      const disk = newDisk(seed)
      await putDurably(disk, '/a', 'content')
      await disk.remove('/a')
      disk.crash()
      isThere.add(disk.stat('/a') !== undefined)
    }
    assert.equal(isThere.size, 2)
  })

  it('keeps the old or the new content of a file that is being replaced, at whatever operation it stops', async () => {
    for (let seed = 0; seed < 100; seed++) {
      const disk = newDisk(seed)
      await putDurably(disk, '/a', 'old')
      disk.cutPowerBefore(disk.operationCount + (seed % 8))
      const isReplaced = await disk.replaceFile('/a', Buffer.from('new')).then(
        () => true,
        () => false,
      )
      disk.crash()
      const content = disk.readFile('/a').toString()
      assert.ok(content === 'new' || (content === 'old' && !isReplaced), `${seed}: ${content}`)
    }
  })

  it('loses exactly what was not synced, or nothing, where it is told to', async () => {
    for (const [kept, expected] of [
      ['nothing', 'old'],
      ['all', 'new'],
    ] as const) {
      const disk = newDisk()
      const file = await putDurably(disk, '/a', 'old')
      file.write([Buffer.from('new')], 0)
      disk.open('/b', { create: true })
      assert.equal(disk.unsyncedOperationCount, 2)
      disk.crash(kept)
      assert.equal(disk.readFile('/a').toString(), expected)
      assert.equal(disk.stat('/b') !== undefined, kept === 'all')
      assert.equal(disk.unsyncedOperationCount, 0)
    }
  })

  it('keeps trees of directories that were synced from the top', async () => {
    const disk = newDisk()
    disk.makeDirectory('/a/b')
    await disk.syncDirectory('/')
    await disk.syncDirectory('/a')
    const file = disk.open('/a/b/c', { create: true })
    await file.sync()
    disk.crash('nothing')
    assert.equal(disk.stat('/a/b')?.kind, 'directory')
    assert.deepEqual(disk.list('/a/b'), [])
  })

  it('makes handles and locks of before useless', async () => {
    const disk = newDisk()
    const file = await putDurably(disk, '/a', 'x')
    assert.notEqual(disk.lock('/.lock'), undefined)
    disk.crash('all')
    assert.throws(() => file.write([Buffer.from('y')], 0), { code: 'ENODEV' })
    await assert.rejects(file.sync(), { code: 'ENODEV' })
    assert.notEqual(disk.lock('/.lock'), undefined)
  })

  it('loses a sync that was under way when the power went', async () => {
    const time = new VirtualTime(seededRandom(1))
    const disk = new SimulatedDisk({ random: seededRandom(1), time })
    const file = await putDurably(disk, '/a', 'old')
    disk.setLatency({ minMs: 5, maxMs: 5 })
    file.write([Buffer.from('new')], 0)
    const syncing = file.sync()
    await time.advance(3)
    disk.crash('nothing')
    await assert.rejects(time.run(syncing), { code: 'ENODEV' })
    assert.equal(disk.readFile('/a').toString(), 'old')
  })

  it('syncs what was written before the call, not what came during it', async () => {
    const time = new VirtualTime(seededRandom(1))
    const disk = new SimulatedDisk({ random: seededRandom(1), time })
    const file = await putDurably(disk, '/a', '....')
    disk.setLatency({ minMs: 5, maxMs: 5 })
    file.write([Buffer.from('ab')], 0)
    const syncing = file.sync()
    file.write([Buffer.from('cd')], 2)
    await time.run(syncing)
    disk.crash('nothing')
    assert.equal(disk.readFile('/a').toString(), 'ab..')
  })

  it('does the same for the same seed', async () => {
    const step = fc.record({ position: fc.nat(5000), size: fc.nat(3000), isSynced: fc.boolean(), isCut: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.array(step, { maxLength: 10 }), async (seed, steps) => {
        const run = async (): Promise<Buffer> => {
          const disk = newDisk(seed)
          const file = await putDurably(disk, '/a', '')
          for (const [index, { position, size, isSynced, isCut }] of steps.entries()) {
            if (isCut) file.truncate(position)
            else file.write([Buffer.alloc(size, index + 1)], position)
            if (isSynced) await file.sync()
          }
          disk.crash()
          return disk.readFile('/a')
        }
        assert.ok((await run()).equals(await run()))
      }),
      { numRuns: 50 },
    )
  })

  it('never loses a byte that was synced and not written since', async () => {
    const write = fc.record({ position: fc.nat(5000), size: fc.integer({ min: 1, max: 2000 }) })
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.array(write, { maxLength: 8 }),
        fc.array(write, { maxLength: 8 }),
        async (seed, synced, unsynced) => {
          const disk = newDisk(seed)
          const file = await putDurably(disk, '/a', '')
          const model = Buffer.alloc(8000)
          for (const { position, size } of synced) {
            file.write([Buffer.alloc(size, 's')], position)
            model.fill('s', position, position + size)
          }
          await file.sync()
          for (const { position, size } of unsynced) {
            file.write([Buffer.alloc(size, 'u')], position)
            model.fill('u', position, position + size)
          }
          disk.crash()
          const content = disk.readFile('/a')
          for (const [at, byte] of model.entries()) if (byte === 115) assert.equal(content[at], 115)
        },
      ),
      { numRuns: 200 },
    )
  })
})

function newDisk(seed = 1): SimulatedDisk {
  return new SimulatedDisk({ random: seededRandom(seed) })
}

async function putDurably(disk: SimulatedDisk, path: string, content: string): Promise<DiskFile> {
  const file = disk.open(path, { create: true })
  file.write([Buffer.from(content)], 0)
  await file.sync()
  await disk.syncDirectory('/')
  return file
}
