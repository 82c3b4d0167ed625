/**
 * What the world answers when it fails. Operational errors: typed, with `cause`, never swallowed.
 */

/** A disk operation failed. `code` is the system's (`ENOSPC`, `EIO`, `ENOENT`, `EFBIG` …). */
export class DiskError extends Error {
  override readonly name = 'DiskError'
  readonly code: string
  readonly path: string
  readonly operation: string

  constructor(details: { code: string; path: string; operation: string; cause?: unknown }) {
    super(`${details.operation} ${details.path}: ${details.code}`, { cause: details.cause })
    this.code = details.code
    this.path = details.path
    this.operation = details.operation
  }
}

/** An address could not be bound or reached. `code` is the system's (`EADDRINUSE`, `ECONNREFUSED`, `ETIMEDOUT` …). */
export class NetworkError extends Error {
  override readonly name = 'NetworkError'
  readonly code: string
  readonly host: string
  readonly port: number

  constructor(details: { code: string; host: string; port: number; operation: 'listen' | 'connect'; cause?: unknown }) {
    super(`${details.operation} ${details.host}:${details.port}: ${details.code}`, { cause: details.cause })
    this.code = details.code
    this.host = details.host
    this.port = details.port
  }
}
