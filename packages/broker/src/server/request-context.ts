/**
 * Who asks, and from where: what every handler is told beside the request itself.
 */
import type { Principal } from '@gregor/security'

/** One of the node’s listeners, as clients that arrived through it are told about the node. */
export interface ListenerIdentity {
  readonly name: string
  readonly securityProtocol: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'
}

/** What outlives a request: one per connection. */
export interface ConnectionContext {
  readonly id: string
  readonly listener: ListenerIdentity
  readonly clientAddress: string
  readonly principal: Principal
  /** From ApiVersions 3+ (KIP-511); empty until the client said. */
  clientSoftwareName: string
  clientSoftwareVersion: string
  /** Runs `cancel` when the connection closes. The returned function takes it back. */
  onClose(cancel: () => void): () => void
  /** Reads no further requests for a time; answers still leave (KIP-219). */
  throttle(durationMs: number): void
}

export interface RequestContext {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  /** Null is taken as empty, as in Kafka. */
  readonly clientId: string
  readonly connection: ConnectionContext
  readonly principal: Principal
  readonly clientAddress: string
  /** Of the wall clock, read once per request. */
  readonly nowMs: number
  /** Of the whole frame. */
  readonly requestBytes: number
  /** The body as it came: what is forwarded to the controller goes as it is. Valid until the answer is given. */
  readonly body: Buffer
  /**
   * How far the client is over a quota: set by the handler that finds it so. Dispatch puts it into the answer and leaves
   * the connection unread for so long.
   */
  throttleMs: number
  /** Called once, when the answer was sent or will never be: set by a handler whose answer lies in memory of a pool. */
  whenSent: (() => void) | undefined
}
