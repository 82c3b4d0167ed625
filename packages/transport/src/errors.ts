/** What can go wrong on a connection. Operational errors: typed, never swallowed. */

/** The peer sent what is no frame: a negative length, or one over the limit. The connection is closed. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
}

/** The connection broke, or the peer closed it, before the answer came. What was asked may have been done. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
}

/** No answer within the time given. The connection is closed; what was asked may have been done. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError'
}

/** Used after `close`, or closed while it waited. */
export class ClosedError extends Error {
  override readonly name = 'ClosedError'
}
