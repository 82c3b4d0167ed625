/** A member of a classic group, as its coordinator knows it while it is alive. */
import { assert } from '@gregor/base'
import type { JoinGroupRequest } from '@gregor/protocol'
import type { Waiter } from '../group-event.ts'

/** In the member's order of preference. Their metadata is opaque, but for consumers. */
export type Protocols = readonly { readonly name: string; readonly metadata: Buffer }[]

/** A JoinGroup or SyncGroup that waits. */
export interface Waiting {
  readonly waiter: Waiter
  /** Of the request: it decides the form of the answer. */
  readonly apiVersion: number
}

export interface ClassicMember {
  readonly memberId: string
  /** `undefined`: a dynamic member. */
  readonly instanceId: string | undefined
  readonly clientId: string
  readonly clientHost: string
  rebalanceTimeoutMs: number
  sessionTimeoutMs: number
  readonly protocolType: string
  protocols: Protocols
  /** Empty: none. */
  assignment: Buffer
  join: Waiting | undefined
  sync: Waiting | undefined
  /** Waits in its very first JoinGroup: its time runs, although it waits. */
  isNew: boolean
  /** When it joined last, monotonic; for the group’s history. */
  joinedAtMs: number
  /** When it asked for its assignment in this generation, monotonic; for the group’s history. */
  syncedAtMs: number | undefined
}

export const noAssignment = Buffer.alloc(0)

/** Copies what outlives the request. */
export function protocolsOf(request: Pick<JoinGroupRequest, 'protocols'>): Protocols {
  return request.protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) }))
}

export function haveSameProtocols(a: Protocols, b: Protocols): boolean {
  return (
    a.length === b.length &&
    a.every(({ name, metadata }, index) => {
      const other = b[index]
      return other !== undefined && name === other.name && metadata.equals(other.metadata)
    })
  )
}

export function metadataFor({ memberId, protocols }: ClassicMember, protocolName: string): Buffer {
  const protocol = protocols.find(({ name }) => name === protocolName)
  assert(protocol !== undefined, `member ${memberId} supports the protocol of its group, ${protocolName}`)
  return protocol.metadata
}

/** Whoever waits for the others cannot send heartbeats, and need not. */
export function isExcusedFromHeartbeat({ isNew, join, sync }: ClassicMember): boolean {
  return !isNew && (join !== undefined || sync !== undefined)
}
