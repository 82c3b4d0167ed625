/**
 * Structs that several responses share to send a client straight to the right node (KIP-951): who leads a partition,
 * and how the nodes named are reached. Not an API.
 */

import { int32, string } from '../schema/field.ts'

/** -1 twice: not known. */
export const LeaderIdAndEpoch = {
  leaderId: int32({ default: -1 }),
  leaderEpoch: int32({ default: -1 }),
} as const

export const NodeEndpoint = {
  nodeId: int32(),
  host: string(),
  port: int32(),
  rack: string({ nullable: '0+', default: null }),
} as const
