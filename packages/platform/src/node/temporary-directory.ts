/** A new, empty directory among the system’s temporary ones. Whoever asked for it removes it. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { diskError } from './disk-error.ts'

/** @throws DiskError */
export function makeTemporaryDirectory(prefix: string): string {
  const start = path.join(os.tmpdir(), prefix)
  try {
    return fs.mkdtempSync(start)
  } catch (cause) {
    throw diskError('makeDirectory', start, cause)
  }
}
