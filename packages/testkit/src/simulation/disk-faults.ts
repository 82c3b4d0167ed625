/** Faults to come on a simulated disk: which operation on which file fails, when, and how. */
import { DiskError } from '@gregor/platform'

export type DiskOperation =
  | 'open'
  | 'write'
  | 'read'
  | 'sync'
  | 'truncate'
  | 'rename'
  | 'remove'
  | 'makeDirectory'
  | 'syncDirectory'
  | 'list'
  | 'lock'

export interface DiskFault {
  readonly operation: DiskOperation
  /** Only files whose path matches. Default: all. */
  readonly path?: RegExp
  /** The system's error. Default: `EIO`. */
  readonly code?: string
  /** How many matching operations pass first. Default: 0. */
  readonly skip?: number
  /** How often it strikes. Default: once. */
  readonly times?: number
  /** For `write`: how many bytes are written all the same. Default: 0. */
  readonly writtenBytes?: number
  /** For `sync`: says that all is well, as disks do that lie. What it should have synced stays where it was. */
  readonly isSilent?: boolean
}

interface WaitingFault {
  readonly fault: DiskFault
  skip: number
  times: number
}

export class DiskFaults {
  readonly #waiting: WaitingFault[] = []

  add(fault: DiskFault): void {
    this.#waiting.push({ fault, skip: fault.skip ?? 0, times: fault.times ?? 1 })
  }

  clear(): void {
    this.#waiting.length = 0
  }

  /** The fault that strikes this operation, and counts it. */
  take(operation: DiskOperation, path: string): DiskFault | undefined {
    for (const waiting of this.#waiting) {
      const { fault } = waiting
      if (fault.operation !== operation || fault.path?.test(path) === false || waiting.times === 0) continue
      if (waiting.skip > 0) {
        waiting.skip--
        continue
      }
      waiting.times--
      return fault
    }
    return undefined
  }

  /** Throws where a fault strikes. */
  strike(operation: DiskOperation, path: string): void {
    const fault = this.take(operation, path)
    if (fault !== undefined) throw errorOf(fault, path)
  }
}

export function errorOf(fault: DiskFault, path: string): DiskError {
  return new DiskError({ code: fault.code ?? 'EIO', path, operation: fault.operation })
}
