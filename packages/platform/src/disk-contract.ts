/**
 * What every `Disk` does, as tests by name: run for the memory disk, the simulated one and that of Node.js. Where they
 * differ, programs that were tested on one would fail on the other.
 */
import assert from 'node:assert/strict'
import type { Disk } from './environment.ts'
import { DiskError } from './errors.ts'

/** Each takes a disk and an empty directory on it. */
export const diskContract: Readonly<Record<string, (disk: Disk, directory: string) => void | Promise<void>>> = {
  'reads what was written, wherever it was written': async (disk, directory) => {
    const file = disk.open(`${directory}/a`, { create: true })
    file.write([Buffer.from('hello '), Buffer.alloc(0), Buffer.from('world')], 0)
    file.write([Buffer.from('W')], 6)
    file.write([Buffer.from('!')], 13)
    const target = Buffer.alloc(20)
    assert.equal(file.size(), 14)
    assert.equal(file.readNow(target, 0), 14)
    assert.equal(target.toString('latin1', 0, 14), 'hello World\0\0!')
    assert.equal(await file.read(target, 6), 8)
    assert.equal(file.readNow(target, 14), 0)
    await file.sync()
    file.close()
  },

  'writes nothing for no bytes': (disk, directory) => {
    const file = disk.open(`${directory}/a`, { create: true })
    file.write([], 10)
    file.write([Buffer.alloc(0)], 10)
    assert.equal(file.size(), 0)
    file.close()
  },

  'writes more buffers than the system takes in one call': (disk, directory) => {
    const file = disk.open(`${directory}/a`, { create: true })
    file.write(
      Array.from({ length: 3000 }, (_, index) => Buffer.of(index % 251)),
      0,
    )
    assert.equal(file.size(), 3000)
    const target = Buffer.alloc(3000)
    file.readNow(target, 0)
    assert.equal(target[2999], 2999 % 251)
    file.close()
  },

  'cuts and extends with zeros': (disk, directory) => {
    const file = disk.open(`${directory}/a`, { create: true })
    file.write([Buffer.from('abcdef')], 0)
    file.truncate(3)
    file.truncate(5)
    const target = Buffer.alloc(5)
    assert.equal(file.readNow(target, 0), 5)
    assert.equal(target.toString('latin1'), 'abc\0\0')
    file.close()
  },

  'refuses to use a file that is closed, and lets it be closed twice': async (disk, directory) => {
    const file = disk.open(`${directory}/a`, { create: true })
    file.close()
    file.close()
    for (const use of [
      () => file.size(),
      () => file.write([Buffer.from('x')], 0),
      () => file.readNow(Buffer.alloc(1), 0),
      () => file.truncate(0),
    ]) {
      assert.throws(use, { name: 'DiskError', code: 'EBADF' })
    }
    await assert.rejects(file.sync(), { code: 'EBADF' })
    await assert.rejects(file.read(Buffer.alloc(1), 0), { code: 'EBADF' })
  },

  'ends reads and syncs that were under way when the file was closed': async (disk, directory) => {
    const file = disk.open(`${directory}/a`, { create: true })
    file.write([Buffer.from('abc')], 0)
    const both = Promise.all([file.read(Buffer.alloc(10), 0), file.sync()])
    file.close()
    assert.deepEqual(await both, [3, undefined])
  },

  'does not write to a file opened for reading': (disk, directory) => {
    disk.open(`${directory}/a`, { create: true }).close()
    const file = disk.open(`${directory}/a`, { readOnly: true })
    assert.throws(() => file.write([Buffer.from('x')], 0), { code: 'EBADF' })
    assert.throws(() => file.truncate(0), { code: 'EINVAL' })
    file.close()
  },

  'keeps a file alive for those who have it open, though its name is gone': async (disk, directory) => {
    const file = disk.open(`${directory}/a`, { create: true })
    file.write([Buffer.from('abc')], 0)
    await disk.remove(`${directory}/a`)
    assert.equal(disk.stat(`${directory}/a`), undefined)
    assert.equal(file.readNow(Buffer.alloc(3), 0), 3)
    file.close()
  },

  'lists names sorted': (disk, directory) => {
    for (const name of ['b', 'a', 'C']) disk.open(`${directory}/${name}`, { create: true }).close()
    disk.makeDirectory(`${directory}/d`)
    assert.deepEqual(disk.list(directory), ['C', 'a', 'b', 'd'])
  },

  'tells files from directories, and nothing from both': (disk, directory) => {
    const file = disk.open(`${directory}/a`, { create: true })
    file.write([Buffer.from('abc')], 0)
    file.close()
    const { kind, size } = disk.stat(`${directory}/a`) ?? assert.fail()
    assert.deepEqual([kind, size], ['file', 3])
    assert.equal(disk.stat(directory)?.kind, 'directory')
    assert.equal(disk.stat(`${directory}/b`), undefined)
    assert.equal(disk.stat(`${directory}/b/c`), undefined)
    assert.equal(disk.stat(`${directory}/a/c`), undefined)
  },

  'makes a directory with its parents, and not twice': (disk, directory) => {
    disk.makeDirectory(`${directory}/a/b/c`)
    disk.makeDirectory(`${directory}/a/b/c`)
    assert.equal(disk.stat(`${directory}/a/b/c`)?.kind, 'directory')
  },

  'renames over a file, and moves directories whole': (disk, directory) => {
    put(disk, `${directory}/a`, 'new')
    put(disk, `${directory}/b`, 'old')
    disk.rename(`${directory}/a`, `${directory}/b`)
    assert.equal(disk.readFile(`${directory}/b`).toString(), 'new')
    assert.equal(disk.stat(`${directory}/a`), undefined)
    disk.makeDirectory(`${directory}/d`)
    put(disk, `${directory}/d/x`, 'inside')
    disk.rename(`${directory}/d`, `${directory}/e`)
    assert.equal(disk.readFile(`${directory}/e/x`).toString(), 'inside')
  },

  'removes files and whole directories, and does not mind what is not there': async (disk, directory) => {
    disk.makeDirectory(`${directory}/d/e`)
    put(disk, `${directory}/d/e/x`, 'x')
    await disk.removeDirectory(`${directory}/d`)
    await disk.removeDirectory(`${directory}/d`)
    await disk.remove(`${directory}/nothing`)
    assert.deepEqual(disk.list(directory), [])
  },

  'names what failed, where, and why': (disk, directory) => {
    put(disk, `${directory}/file`, '')
    disk.makeDirectory(`${directory}/full/x`)
    disk.makeDirectory(`${directory}/other`)
    const cases: readonly (readonly [() => void, string, string])[] = [
      [() => disk.open(`${directory}/none`), 'open', 'ENOENT'],
      [() => disk.open(`${directory}/none/x`, { create: true }), 'open', 'ENOENT'],
      [() => disk.open(`${directory}/file`, { create: true, exclusive: true }), 'open', 'EEXIST'],
      [() => disk.open(`${directory}/full`), 'open', 'EISDIR'],
      [() => disk.open(`${directory}/file/x`), 'open', 'ENOTDIR'],
      [() => disk.list(`${directory}/none`), 'list', 'ENOENT'],
      [() => disk.list(`${directory}/file`), 'list', 'ENOTDIR'],
      [() => disk.makeDirectory(`${directory}/file`), 'makeDirectory', 'EEXIST'],
      [() => disk.rename(`${directory}/none`, `${directory}/x`), 'rename', 'ENOENT'],
      [() => disk.rename(`${directory}/other`, `${directory}/full`), 'rename', 'ENOTEMPTY'],
      [() => disk.rename(`${directory}/other`, `${directory}/file`), 'rename', 'ENOTDIR'],
      [() => disk.rename(`${directory}/file`, `${directory}/other`), 'rename', 'EISDIR'],
      [() => disk.rename(`${directory}/full`, `${directory}/full/x/y`), 'rename', 'EINVAL'],
      [() => disk.readFile(`${directory}/none`), 'open', 'ENOENT'],
      [() => disk.space(`${directory}/none`), 'space', 'ENOENT'],
    ]
    for (const [use, operation, code] of cases) {
      assert.throws(use, (error) => {
        assert.ok(error instanceof DiskError)
        assert.deepEqual([error.operation, error.code], [operation, code])
        assert.ok(error.path.startsWith(directory))
        return true
      })
    }
  },

  'fails to remove a directory as a file, and to sync one that is not there': async (disk, directory) => {
    disk.makeDirectory(`${directory}/d`)
    await assert.rejects(disk.remove(`${directory}/d`), { name: 'DiskError', operation: 'remove' })
    await assert.rejects(disk.syncDirectory(`${directory}/none`), { code: 'ENOENT', operation: 'syncDirectory' })
    await disk.syncDirectory(`${directory}/d`)
  },

  'knows how much space there is': (disk, directory) => {
    const { totalBytes, usableBytes } = disk.space(directory)
    assert.ok(totalBytes > 0 && usableBytes <= totalBytes)
  },

  'reads a whole file, up to a bound': (disk, directory) => {
    put(disk, `${directory}/a`, 'content')
    assert.equal(disk.readFile(`${directory}/a`, 7).toString(), 'content')
    assert.throws(() => disk.readFile(`${directory}/a`, 6), { code: 'EFBIG' })
  },

  'replaces a file, shorter or longer, and leaves nothing beside it': async (disk, directory) => {
    for (const content of ['first content', 'second', 'the third content']) {
      await disk.replaceFile(`${directory}/a`, Buffer.from(content))
      assert.equal(disk.readFile(`${directory}/a`).toString(), content)
    }
    await disk.replaceFile(`${directory}/a`, Buffer.from('last'), { syncDirectory: false })
    assert.deepEqual(disk.list(directory), ['a'])
  },

  'replaces a file by the last of several contents at a time': async (disk, directory) => {
    const contents = ['one', 'two', 'three'].map((text) => Buffer.from(text))
    await Promise.all(contents.map((content) => disk.replaceFile(`${directory}/a`, content)))
    assert.equal(disk.readFile(`${directory}/a`).toString(), 'three')
  },

  'fails to replace a file where its directory is not there, and does it once it is': async (disk, directory) => {
    const failing = disk.replaceFile(`${directory}/d/a`, Buffer.from('x'))
    await assert.rejects(failing, { code: 'ENOENT' })
    disk.makeDirectory(`${directory}/d`)
    await disk.replaceFile(`${directory}/d/a`, Buffer.from('y'))
    assert.equal(disk.readFile(`${directory}/d/a`).toString(), 'y')
  },

  'locks a file once, until it is released, and leaves it empty': (disk, directory) => {
    const path = `${directory}/.lock`
    const lock = disk.lock(path)
    assert.notEqual(lock, undefined)
    assert.equal(disk.lock(path), undefined)
    lock?.release()
    lock?.release()
    const again = disk.lock(path)
    assert.notEqual(again, undefined)
    assert.deepEqual(disk.list(directory), ['.lock'])
    assert.equal(disk.stat(path)?.size, 0)
    again?.release()
  },

  'does not take a file with content for a lock': (disk, directory) => {
    put(disk, `${directory}/.lock`, 'something')
    assert.throws(() => disk.lock(`${directory}/.lock`), { name: 'DiskError', code: 'EINVAL', operation: 'lock' })
  },
}

function put(disk: Disk, path: string, content: string): void {
  const file = disk.open(path, { create: true })
  file.write([Buffer.from(content)], 0)
  file.close()
}
