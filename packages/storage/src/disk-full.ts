/**
 * The one disk failure that passes: there is no space, and there may be again. Nothing was lost, what was refused can
 * be tried later. All others take the log directory offline.
 */
import { DiskError } from '@gregor/platform'

const codes = new Set(['ENOSPC', 'EDQUOT'])

export function isDiskFull(error: unknown): error is DiskError {
  return error instanceof DiskError && codes.has(error.code)
}
