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

/** Which step failed. */
export type NetworkOperation = 'listen' | 'connect' | 'secure'

/**
 * An address could not be bound or reached, or the TLS handshake failed (`secure`). `code` is the system's (`EADDRINUSE`,
 * `ECONNREFUSED`, `ETIMEDOUT` …) or OpenSSL's (`CERT_HAS_EXPIRED`, `ERR_SSL_WRONG_VERSION_NUMBER` …).
 */
export class NetworkError extends Error {
  override readonly name = 'NetworkError'
  readonly code: string
  readonly host: string
  readonly port: number
  readonly operation: NetworkOperation

  constructor(details: { code: string; host: string; port: number; operation: NetworkOperation; cause?: unknown }) {
    super(`${details.operation} ${details.host}:${details.port}: ${details.code}`, { cause: details.cause })
    this.operation = details.operation
    this.code = details.code
    this.host = details.host
    this.port = details.port
  }
}
