/**
 * BrokerHeartbeat (key 63): a broker tells the controller that it lives, and asks to be fenced, unfenced or let go
 * (KIP-631).
 * v1 offline directories (KIP-858) · v2 cordoned directories (KIP-1066)
 */

import { array, boolean, int16, int32, int64, uuid } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

export const BrokerHeartbeat = defineApi({
  key: 63,
  name: 'BrokerHeartbeat',
  versions: '0-2',
  flexible: '0+',
  listeners: ['controller'],
  request: {
    brokerId: int32(),
    brokerEpoch: int64({ default: -1 }),
    /** How far the broker has applied the metadata log. */
    currentMetadataOffset: int64(),
    wantFence: boolean(),
    wantShutDown: boolean(),
    offlineLogDirs: array(uuid(), { versions: '1+', tag: 0 }),
    /** Null: not known yet. */
    cordonedLogDirs: array(uuid(), { versions: '2+', nullable: '2+', default: null, tag: 1 }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    /** It has applied the record of its own registration. */
    isCaughtUp: boolean({ default: false }),
    isFenced: boolean({ default: true }),
    /** It leads nothing any more. */
    shouldShutDown: boolean(),
  },
})

export type BrokerHeartbeatRequest = RequestOf<typeof BrokerHeartbeat>
export type BrokerHeartbeatResponse = ResponseOf<typeof BrokerHeartbeat>
