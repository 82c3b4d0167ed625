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
  /** The body as it came: what is forwarded to the controller goes as it is. Valid until the answer is given. */
  readonly body: Buffer
}
