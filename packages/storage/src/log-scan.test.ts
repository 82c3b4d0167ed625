import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DiskFile } from '@gregor/platform'
import { simulatedEnvironment, type SimulatedEnvironment } from '@gregor/testkit/simulation'
import fc from 'fast-check'
import { batchOf } from './log-fixture.ts'
import { scanLog } from './log-scan.ts'

/** A file of batches, one record each, whose values have these sizes. */
function fileOf({ disk }: SimulatedEnvironment, sizes: readonly number[]): DiskFile {
  disk.makeDirectory('/logs')
  const file = disk.open('/logs/0.log', { create: true })
  let position = 0
  for (const [offset, size] of sizes.entries()) {
    const batch = batchOf(['x'.repeat(size)], { baseOffset: offset })
    file.write([batch], position)
    position += batch.length
  }
  return file
}

/** What is visited: offset and place of each batch, checked against the file. */
async function visited(
  { time }: SimulatedEnvironment,
  file: DiskFile,
  damage?: (from: number, to: number) => boolean,
): Promise<{ readonly offsets: readonly number[]; readonly end: number }> {
  const offsets: number[] = []
  const end = await time.run(
    scanLog(
      file,
      { from: 0, end: file.size(), baseOffset: 0, checksums: true },
      {
        batch: (header, { buffer, at, position }) => {
          const stored = Buffer.alloc(header.size)
          file.readNow(stored, position)
          assert.ok(stored.equals(buffer.subarray(at, at + header.size)), `the batch at ${position} is another one`)
          offsets.push(header.firstOffset)
        },
        ...(damage !== undefined && { damage }),
      },
    ),
  )
  return { offsets, end: end.position }
}

const size = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 2_000 }) },
  { weight: 3, arbitrary: fc.integer({ min: 100_000, max: 700_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1_000_000, max: 2_500_000 }) },
)

describe('scanLog', () => {
  it('visits every batch once, whole and in order, however large they are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(size, { maxLength: 40 }), async (sizes) => {
        const world = simulatedEnvironment(1)
        const file = fileOf(world, sizes)
        const { offsets, end } = await visited(world, file)
        assert.deepEqual(offsets, [...sizes.keys()])
        assert.equal(end, file.size())
      }),
      { numRuns: 30 },
    )
  })

  it('passes one damaged batch by, and stops there if told to', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(size, { minLength: 1, maxLength: 25 }), fc.nat(), async (sizes, seed) => {
        const world = simulatedEnvironment(1)
        const file = fileOf(world, sizes)
        const bad = seed % sizes.length
        const places: number[] = []
        for (let position = 0; position < file.size();) {
          const header = Buffer.alloc(12)
          file.readNow(header, position)
          places.push(position)
          position += 12 + header.readInt32BE(8)
        }
        const from = places[bad] ?? 0
        file.write([Buffer.from('rot')], from + 50)
        const stopped = await visited(world, file)
        assert.deepEqual([stopped.offsets, stopped.end], [[...sizes.keys()].slice(0, bad), from])
        const found: number[][] = []
        const passed = await visited(world, file, (...range) => found.push(range.slice(0, 2)) > 0)
        assert.deepEqual(
          passed.offsets,
          [...sizes.keys()].filter((offset) => offset !== bad),
        )
        assert.deepEqual(found, [[from, places[bad + 1] ?? file.size()]])
      }),
      { numRuns: 30 },
    )
  })

  it('reads no more when it has ended, and fails with the disk', async () => {
    const world = simulatedEnvironment(1)
    const file = fileOf(
      world,
      Array.from({ length: 10 }, () => 500_000),
    )
    world.disk.faults.add({ operation: 'read', path: /0\.log/, skip: 2 })
    await assert.rejects(visited(world, file), { name: 'DiskError', code: 'EIO' })
    world.disk.faults.add({ operation: 'read', path: /0\.log/, skip: 1 })
    file.write([Buffer.from('rot')], 50)
    // What was being read ahead when the scan ended failed unheard.
    assert.equal((await visited(world, file)).end, 0)
    file.close()
  })
})
