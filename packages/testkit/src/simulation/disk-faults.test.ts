import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DiskFile } from '@gregor/platform'
import { seededRandom } from './seeded-random.ts'
import { SimulatedDisk } from './simulated-disk.ts'
import { VirtualTime } from './virtual-time.ts'

describe('SimulatedDisk that fails', () => {
  it('fails the operation it is told to, on the file it is told, when and as often as it is told', () => {
    const disk = newDisk()
    const file = disk.open('/log', { create: true })
    disk.faults.add({ operation: 'write', path: /log$/, skip: 1, times: 2 })
    const other = disk.open('/other', { create: true })
    const outcomes = [file, other, file, file, file].map((each) => {
      try {
        each.write([Buffer.from('x')], 0)
        return 'written'
      } catch (error) {
        return error instanceof Error && 'code' in error ? error.code : error
      }
    })
    assert.deepEqual(outcomes, ['written', 'written', 'EIO', 'EIO', 'written'])
  })

  it('can fail each kind of operation', async () => {
    const disk = newDisk()
    const file = await putDurably(disk, '/a', 'content')
    const cases: readonly (readonly [Parameters<typeof disk.faults.add>[0]['operation'], () => unknown])[] = [
      ['open', () => disk.open('/a')],
      ['open', () => disk.open('/new', { create: true })],
      ['read', () => file.readNow(Buffer.alloc(1), 0)],
      ['read', () => file.read(Buffer.alloc(1), 0)],
      ['read', () => disk.readFile('/a')],
      ['truncate', () => file.truncate(0)],
      ['rename', () => disk.rename('/a', '/b')],
      ['remove', () => disk.remove('/a')],
      ['makeDirectory', () => disk.makeDirectory('/d')],
      ['syncDirectory', () => disk.syncDirectory('/')],
      ['list', () => disk.list('/')],
      ['lock', () => disk.lock('/.lock')],
    ]
    for (const [operation, use] of cases) {
      disk.faults.add({ operation, code: 'EACCES' })
      await assert.rejects(async () => use(), { name: 'DiskError', code: 'EACCES', operation })
    }
    assert.equal(disk.readFile('/a').toString(), 'content')
  })

  it('can leave a part of a write that fails', () => {
    const disk = newDisk()
    const file = disk.open('/a', { create: true })
    disk.faults.add({ operation: 'write', code: 'ENOSPC', writtenBytes: 3 })
    assert.throws(() => file.write([Buffer.from('ab'), Buffer.from('cd')], 0), { code: 'ENOSPC' })
    assert.equal(disk.readFile('/a').toString(), 'abc')
  })

  it('forgets faults that were not met', () => {
    const disk = newDisk()
    disk.faults.add({ operation: 'list' })
    disk.faults.clear()
    assert.deepEqual(disk.list('/'), [])
  })

  it('drops what a failed sync should have made durable, and says that all is well the next time', async () => {
    const disk = newDisk()
    const file = await putDurably(disk, '/a', 'old')
    file.write([Buffer.from('new')], 0)
    disk.faults.add({ operation: 'sync' })
    await assert.rejects(file.sync(), { code: 'EIO', operation: 'sync' })
    await file.sync()
    assert.equal(disk.readFile('/a').toString(), 'new')
    disk.crash('all')
    assert.equal(disk.readFile('/a').toString(), 'old')
  })

  it('can lie about a sync', async () => {
    const disk = newDisk()
    const file = await putDurably(disk, '/a', 'old')
    file.write([Buffer.from('new')], 0)
    disk.faults.add({ operation: 'sync', isSilent: true })
    await file.sync()
    assert.equal(disk.readFile('/a').toString(), 'new')
    disk.crash('nothing')
    assert.equal(disk.readFile('/a').toString(), 'old')
  })

  it('is full at its capacity, writes what fits, and has room again after a cut or a removal', async () => {
    const disk = newDisk()
    disk.setCapacity(10)
    const file = disk.open('/a', { create: true })
    assert.throws(() => file.write([Buffer.from('0123456789ab')], 0), { code: 'ENOSPC' })
    assert.equal(disk.readFile('/a').toString(), '0123456789')
    assert.deepEqual(disk.space('/'), { totalBytes: 10, usableBytes: 0 })
    file.write(
      [Buffer.from('over what is there')].map((bytes) => bytes.subarray(0, 10)),
      0,
    )
    file.truncate(4)
    assert.equal(disk.space('/').usableBytes, 6)
    await disk.remove('/a')
    assert.equal(disk.space('/').usableBytes, 10)
    disk.open('/b', { create: true }).write([Buffer.alloc(10)], 0)
  })

  it('counts space again after renames over files and crashes', () => {
    const disk = newDisk()
    disk.setCapacity(100)
    for (const name of ['/a', '/b']) disk.open(name, { create: true }).write([Buffer.alloc(30)], 0)
    disk.rename('/a', '/b')
    assert.equal(disk.space('/').usableBytes, 70)
    disk.crash('nothing')
    assert.equal(disk.space('/').usableBytes, 100)
  })

  it('takes its time where it is told to', async () => {
    const time = new VirtualTime(seededRandom(1))
    const disk = new SimulatedDisk({ random: seededRandom(1), time })
    const file = disk.open('/a', { create: true })
    disk.setLatency({ minMs: 10, maxMs: 20 })
    await time.run(file.sync())
    assert.ok(time.nowMs >= 10 && time.nowMs <= 20)
    disk.setLatency(undefined)
    await file.sync()
  })

  it('turns over a bit, of what is durable as well', async () => {
    const disk = newDisk()
    const file = await putDurably(disk, '/a', 'abc')
    file.write([Buffer.from('d')], 3)
    disk.flipBit('/a', 1, 0)
    disk.flipBit('/a', 3, 1)
    assert.equal(disk.readFile('/a').toString(), 'accf')
    disk.crash('all')
    assert.equal(disk.readFile('/a').toString(), 'accf')
    assert.throws(() => disk.flipBit('/a', 9, 0), RangeError)
    assert.throws(() => disk.flipBit('/none', 0, 0), RangeError)
  })

  it('stops before the operation it is told, and does nothing more until the power is back', async () => {
    const disk = newDisk()
    const file = await putDurably(disk, '/a', 'x')
    disk.cutPowerBefore(disk.operationCount + 1)
    file.write([Buffer.from('y')], 0)
    assert.equal(disk.hasPower, false)
    assert.throws(() => file.write([Buffer.from('z')], 0), { code: 'ENODEV' })
    assert.throws(() => disk.readFile('/a'), { code: 'ENODEV' })
    await assert.rejects(disk.remove('/a'), { code: 'ENODEV' })
    disk.crash('all')
    assert.equal(disk.hasPower, true)
    assert.equal(disk.readFile('/a').toString(), 'y')
  })

  it('keeps the page cache when only the process dies', () => {
    const disk = newDisk()
    const file = disk.open('/a', { create: true })
    file.write([Buffer.from('not synced')], 0)
    assert.notEqual(disk.lock('/.lock'), undefined)
    disk.killHolders()
    assert.throws(() => file.size(), { code: 'ENODEV' })
    assert.equal(disk.readFile('/a').toString(), 'not synced')
    assert.notEqual(disk.lock('/.lock'), undefined)
  })
})

function newDisk(): SimulatedDisk {
  return new SimulatedDisk({ random: seededRandom(1) })
}

async function putDurably(disk: SimulatedDisk, path: string, content: string): Promise<DiskFile> {
  const file = disk.open(path, { create: true })
  file.write([Buffer.from(content)], 0)
  await file.sync()
  await disk.syncDirectory('/')
  return file
}
