/**
 * ControllerRegistration (key 70): a controller that starts makes itself known to the active one (KIP-919).
 */

import { array, boolean, int16, int32, string, uint16, uuid } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

export const ControllerRegistration = defineApi({
  key: 70,
  name: 'ControllerRegistration',
  versions: '0',
  flexible: '0+',
  listeners: ['controller'],
  request: {
    controllerId: int32(),
    /** New with every start of the process. */
    incarnationId: uuid(),
    /** Of Kafka 3; always false. */
    zkMigrationReady: boolean(),
    listeners: array({
      name: string(),
      host: string(),
      port: uint16(),
      /** As in BrokerRegistration. */
      securityProtocol: int16(),
    }),
    features: array({
      name: string(),
      minSupportedVersion: int16(),
      maxSupportedVersion: int16(),
    }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
  },
})

export type ControllerRegistrationRequest = RequestOf<typeof ControllerRegistration>
export type ControllerRegistrationResponse = ResponseOf<typeof ControllerRegistration>
