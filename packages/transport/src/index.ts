/** Frames and connections: bytes in, bytes out, and a bound on everything. This file is the public interface. */
export { type Answer, PendingAnswer, type ReleasedAnswer, type SettledAnswer } from './answer.ts'
export { ByteBudget } from './byte-budget.ts'
export { ConnectionResources, type ConnectionResourcesOptions } from './connection-resources.ts'
export { ClosedError, ConnectionError, FrameError, TimeoutError } from './errors.ts'
export {
  type FrameHandler,
  ServerConnection,
  type ServerConnectionLimits,
  type ServerConnectionOptions,
} from './server-connection.ts'
export type { Sign } from './signs-of-life.ts'
export { SlabPool } from './slab-pool.ts'
export {
  type Admission,
  ConnectionLimits,
  type ConnectionLimitsOptions,
  type ListenerLimits,
} from './connection-limits.ts'
export { type ConnectionIdentity, FrameServer, type FrameServerOptions } from './frame-server.ts'
export { ClientConnection, type ClientConnectionOptions, type RequestOptions } from './client-connection.ts'
