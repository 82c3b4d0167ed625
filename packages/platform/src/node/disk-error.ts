/** Turns what Node.js throws into a `DiskError` that names the operation and the file. */
import { DiskError } from '../errors.ts'

export function diskError(operation: string, path: string, cause: unknown): DiskError {
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : 'EIO'
  return new DiskError({ code, path, operation, cause })
}
