/**
 * Records of `__cluster_metadata` about the nodes: brokers (KIP-631, 841, 858, 1066) and controllers (KIP-919).
 * The frame around them is in `metadata-records`.
 */

import { array, boolean, int16, int32, int64, int8, string, uint16, uuid } from '../schema/field.ts'
import { defineMessage } from '../schema/schema.ts'

export const RegisterBrokerRecord = defineMessage({
  name: 'RegisterBrokerRecord',
  versions: '0-4',
  flexible: '0+',
  fields: {
    brokerId: int32(),
    /** Of the way from ZooKeeper to KRaft; false ever since. */
    isMigratingZkBroker: boolean({ versions: '2+', default: false }),
    /** Chosen anew by every start of the broker’s process. */
    incarnationId: uuid(),
    brokerEpoch: int64(),
    endPoints: array({
      name: string(),
      host: string(),
      port: uint16(),
      /** 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL. */
      securityProtocol: int16(),
    }),
    features: array({
      name: string(),
      minSupportedVersion: int16(),
      maxSupportedVersion: int16(),
    }),
    rack: string({ nullable: '0+' }),
    fenced: boolean({ default: true }),
    inControlledShutdown: boolean({ versions: '1+', default: false }),
    /** The directories that are online, by id. */
    logDirs: array(uuid(), { versions: '3+', tag: 0 }),
    /** Those that take no new partitions. Null until the broker’s heartbeats say so. */
    cordonedLogDirs: array(uuid(), { versions: '4+', nullable: '4+', default: null, tag: 1 }),
  },
})

export const UnregisterBrokerRecord = defineMessage({
  name: 'UnregisterBrokerRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    brokerId: int32(),
    brokerEpoch: int64(),
  },
})

export const BrokerRegistrationChangeRecord = defineMessage({
  name: 'BrokerRegistrationChangeRecord',
  versions: '0-3',
  flexible: '0+',
  fields: {
    brokerId: int32(),
    brokerEpoch: int64(),
    /** -1: fenced no more. 0: as before. 1: fenced. */
    fenced: int8({ tag: 0 }),
    /** 0: as before. 1: it is shutting down. */
    inControlledShutdown: int8({ versions: '1+', tag: 1 }),
    /** Empty: as before. */
    logDirs: array(uuid(), { versions: '2+', tag: 2 }),
    /** Null: as before. */
    cordonedLogDirs: array(uuid(), { versions: '3+', nullable: '3+', default: null, tag: 3 }),
  },
})

/** Written by early versions; BrokerRegistrationChangeRecord took its place. */
export const FenceBrokerRecord = defineMessage({
  name: 'FenceBrokerRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    id: int32(),
    epoch: int64(),
  },
})

/** Written by early versions; BrokerRegistrationChangeRecord took its place. */
export const UnfenceBrokerRecord = defineMessage({
  name: 'UnfenceBrokerRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    id: int32(),
    epoch: int64(),
  },
})

export const RegisterControllerRecord = defineMessage({
  name: 'RegisterControllerRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    controllerId: int32(),
    incarnationId: uuid(),
    zkMigrationReady: boolean(),
    endPoints: array({
      name: string(),
      host: string(),
      port: uint16(),
      securityProtocol: int16(),
    }),
    features: array({
      name: string(),
      minSupportedVersion: int16(),
      maxSupportedVersion: int16(),
    }),
  },
})
