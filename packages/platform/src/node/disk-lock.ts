/**
 * The lock on `.lock`. Apache Kafka takes a POSIX record lock over the whole file (`FileChannel.tryLock`), and Node.js
 * has no call for such a lock; SQLite does: an exclusive transaction locks some bytes from 2^30 on. Each refuses the
 * other, on every system, as both end in the same system call. Nothing is ever written: the file stays empty.
 *
 * SQLite also keeps the book within a process (POSIX does not: a second lock of one process succeeds, and closing any
 * descriptor of the file drops all). So a second holder here, in another thread too, is refused.
 */
import fs from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import type { DiskLock } from '../environment.ts'
import { DiskError } from '../errors.ts'
import { diskError } from './disk-error.ts'

/** Whoever forgets a lock keeps it: else the collector would close the database, and release it in silence. */
const held = new Set<DatabaseSync>()

/** SQLite's result code where somebody else has the lock. */
const sqliteBusy = 5

export function lockFile(path: string): DiskLock | undefined {
  assertEmptyFile(path)
  // Loaded here: a broker in memory and most commands never need it.
  const sqlite = process.getBuiltinModule('node:sqlite')
  let database: DatabaseSync | undefined
  try {
    database = new sqlite.DatabaseSync(path, { timeout: 0 })
    // With the default journal a second file would appear beside it.
    database.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch (cause) {
    if (database?.isOpen === true) database.close()
    if (cause instanceof Error && 'errcode' in cause && cause.errcode === sqliteBusy) return undefined
    throw diskError('lock', path, cause)
  }
  const locked = database
  held.add(locked)
  return {
    release() {
      if (held.delete(locked)) locked.close()
    },
  }
}

/** SQLite would take a file with content for a broken database. By `stat`: opening it here could drop a lock. */
function assertEmptyFile(path: string): void {
  const stat = fs.statSync(path, { throwIfNoEntry: false })
  if (stat !== undefined && (!stat.isFile() || stat.size > 0)) {
    throw new DiskError({ code: 'EINVAL', path, operation: 'lock', cause: new Error('a lock file is empty') })
  }
}
