import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { diskContract } from '../disk-contract.ts'
import type { Disk, DiskFile } from '../environment.ts'
import { DiskError } from '../errors.ts'
import { MemoryDisk } from '../memory-disk.ts'
import { NodeDisk } from './disk.ts'

describe('NodeDisk', () => {
  let root = ''
  let directoryCount = 0
  before(() => {
    root = fs.mkdtempSync(path.join(os.tmpdir(), 'gregor-disk-'))
  })
  after(() => fs.rmSync(root, { recursive: true }))

  const newDirectory = (): string => {
    const directory = path.join(root, String(directoryCount++))
    fs.mkdirSync(directory)
    return directory
  }

  for (const [name, test] of Object.entries(diskContract)) {
    it(name, () => test(new NodeDisk(), newDirectory()))
    it(`${name}, with syncs at once`, () => test(new NodeDisk({ syncsAtOnce: () => true }), newDirectory()))
  }

  it('syncs on this thread as long as it is told to', async () => {
    let isStarting = true
    const disk = new NodeDisk({ syncsAtOnce: () => isStarting })
    const directory = newDirectory()
    const file = disk.open(`${directory}/a`, { create: true })
    const isDoneAtOnce = async (syncing: Promise<void>): Promise<boolean> => {
      let isDone = false
      const done = syncing.then(() => (isDone = true))
      // Enough for promises, and not for what another thread does.
      for (let turn = 0; turn < 10; turn++) await Promise.resolve()
      const wasDone = isDone
      await done
      return wasDone
    }
    assert.deepEqual([await isDoneAtOnce(file.sync()), await isDoneAtOnce(disk.syncDirectory(directory))], [true, true])
    isStarting = false
    assert.deepEqual(
      [await isDoneAtOnce(file.sync()), await isDoneAtOnce(disk.syncDirectory(directory))],
      [false, false],
    )
    file.close()
    isStarting = true
    await assert.rejects(file.sync(), { name: 'DiskError', operation: 'sync' })
  })

  it('says that the disk is full', { skip: !fs.existsSync('/dev/full') }, () => {
    const file = new NodeDisk().open('/dev/full')
    assert.throws(() => file.write([Buffer.from('x')], 0), { name: 'DiskError', code: 'ENOSPC', operation: 'write' })
    file.close()
  })

  it('does not try for ever where nothing can be made', { skip: !fs.existsSync('/proc/self') }, () => {
    const disk = new NodeDisk()
    assert.throws(() => disk.makeDirectory('/proc/gregor'), { name: 'DiskError', code: 'ENOENT' })
    assert.throws(() => disk.makeDirectory('/proc/self/status/gregor'), { name: 'DiskError', code: 'ENOTDIR' })
  })

  it('does not give the descriptor of a file that is being read to another one', async () => {
    const disk = new NodeDisk()
    const directory = newDirectory()
    const first = disk.open(`${directory}/a`, { create: true })
    first.write([Buffer.alloc(1_000_000, 'a')], 0)
    const target = Buffer.alloc(1_000_000)
    const reading = first.read(target, 0)
    first.close()
    const second = disk.open(`${directory}/b`, { create: true })
    second.write([Buffer.alloc(1_000_000, 'b')], 0)
    assert.equal(await reading, 1_000_000)
    assert.ok(target.equals(Buffer.alloc(1_000_000, 'a')))
    second.close()
  })

  it('does as a disk in memory does, whatever is asked of both', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const real = new Driver(new NodeDisk(), newDirectory())
        const model = new Driver(new MemoryDisk(), '/model')
        model.disk.makeDirectory('/model')
        for (const each of steps) {
          assert.deepEqual(await real.outcome(each), await model.outcome(each), JSON.stringify(each))
        }
        assert.deepEqual(real.tree(), model.tree())
        real.close()
        model.close()
      }),
      { numRuns: 150 },
    )
  })
})

const name = fc.constantFrom('a', 'b', 'd', 'd/a', 'd/b', 'd/e', 'd/e/a')
const step = fc.oneof(
  fc.record({
    kind: fc.constant('open' as const),
    name,
    create: fc.boolean(),
    exclusive: fc.boolean(),
    readOnly: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('write' as const),
    sizes: fc.array(fc.nat(3000), { maxLength: 3 }),
    position: fc.nat(40_000),
  }),
  fc.record({
    kind: fc.constant('read' as const),
    size: fc.nat(20_000),
    position: fc.nat(50_000),
    isPooled: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('truncate' as const), size: fc.nat(50_000) }),
  fc.record({ kind: fc.constantFrom('close' as const, 'sync' as const, 'size' as const) }),
  fc.record({ kind: fc.constantFrom('list' as const, 'makeDirectory' as const, 'removeDirectory' as const), name }),
  fc.record({ kind: fc.constant('remove' as const), name }),
  fc.record({ kind: fc.constant('rename' as const), name, to: name }),
  fc.record({ kind: fc.constant('replaceFile' as const), name, size: fc.nat(5000) }),
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** Runs steps on a disk and tells what came of each: a value, or the code of the error. */
class Driver {
  readonly disk: Disk
  readonly #directory: string
  #file: DiskFile | undefined
  #byte = 0

  constructor(disk: Disk, directory: string) {
    this.disk = disk
    this.#directory = directory
  }

  async outcome(step: Step): Promise<unknown> {
    try {
      return await this.#run(step)
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      // A path through a file that is no directory, removed: systems differ in what they say.
      return step.kind === 'removeDirectory' || step.kind === 'remove' ? 'failed' : error.code
    }
  }

  tree(directory: string = this.#directory): unknown {
    return this.disk.list(directory).map((each) => {
      const at = `${directory}/${each}`
      return [
        each,
        this.disk.stat(at)?.kind === 'directory' ? this.tree(at) : this.disk.readFile(at).toString('latin1'),
      ]
    })
  }

  close(): void {
    this.#file?.close()
  }

  async #run(step: Step): Promise<unknown> {
    const { disk } = this
    const at = 'name' in step ? `${this.#directory}/${step.name}` : ''
    switch (step.kind) {
      case 'open': {
        const opened = disk.open(at, step)
        this.#file?.close()
        this.#file = opened
        return 'opened'
      }
      case 'list':
        return disk.list(at)
      case 'makeDirectory':
        return disk.makeDirectory(at)
      case 'removeDirectory':
        return disk.removeDirectory(at)
      case 'remove':
        return disk.remove(at)
      case 'rename':
        return disk.rename(at, `${this.#directory}/${step.to}`)
      case 'replaceFile':
        return disk.replaceFile(at, Buffer.alloc(step.size, this.#byte++))
      default:
        return this.#runOnFile(step)
    }
  }

  async #runOnFile(step: Step): Promise<unknown> {
    const file = this.#file
    if (file === undefined) return 'no file'
    switch (step.kind) {
      case 'write':
        return file.write(
          step.sizes.map((size) => Buffer.alloc(size, this.#byte++)),
          step.position,
        )
      case 'read': {
        const target = Buffer.alloc(step.size)
        const count = step.isPooled ? await file.read(target, step.position) : file.readNow(target, step.position)
        return [count, target.toString('latin1')]
      }
      case 'truncate':
        return file.truncate(step.size)
      case 'sync':
        return file.sync()
      case 'size':
        return file.size()
      default:
        return file.close()
    }
  }
}
