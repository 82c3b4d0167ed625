/**
 * BrokerRegistration (key 62): a broker that starts makes itself known to the controller (KIP-631).
 * v1 ZooKeeper migration (KIP-866) · v2 directory ids (KIP-858) · v3 epoch before a clean stop (KIP-966) · v4 features
 * whose range begins at 0 (KAFKA-17011)
 */

import { array, boolean, int16, int32, int64, string, uint16, uuid } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

export const BrokerRegistration = defineApi({
  key: 62,
  name: 'BrokerRegistration',
  versions: '0-4',
  flexible: '0+',
  listeners: ['controller'],
  request: {
    brokerId: int32(),
    clusterId: string(),
    /** New with every start of the process. */
    incarnationId: uuid(),
    listeners: array({
      name: string(),
      host: string(),
      port: uint16(),
      /** 0: PLAINTEXT. 1: SSL. 2: SASL_PLAINTEXT. 3: SASL_SSL. */
      securityProtocol: int16(),
    }),
    features: array({
      name: string(),
      minSupportedVersion: int16(),
      maxSupportedVersion: int16(),
    }),
    rack: string({ nullable: '0+' }),
    /** Of Kafka 3; always false. */
    isMigratingZkBroker: boolean({ versions: '1+', default: false }),
    logDirs: array(uuid(), { versions: '2+', ignorable: true }),
    /** Of the last run, if it stopped cleanly; else -1. */
    previousBrokerEpoch: int64({ versions: '3+', default: -1, ignorable: true }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    /** -1: none, see the error. */
    brokerEpoch: int64({ default: -1 }),
  },
})

export type BrokerRegistrationRequest = RequestOf<typeof BrokerRegistration>
export type BrokerRegistrationResponse = ResponseOf<typeof BrokerRegistration>
