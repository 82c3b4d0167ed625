/**
 * UpdateFeatures (key 57): raises or lowers finalized feature levels (KIP-584); any broker forwards it to the
 * controller.
 * v1 safe and unsafe downgrades, validate only (KIP-778) · v2 one error for all: all or nothing (KIP-1022)
 */

import { array, boolean, int16, int32, int8, string } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

export const UpdateFeatures = defineApi({
  key: 57,
  name: 'UpdateFeatures',
  versions: '0-2',
  flexible: '0+',
  listeners: ['broker', 'controller'],
  request: {
    timeoutMs: int32({ default: 60_000 }),
    featureUpdates: array({
      feature: string(),
      /** 0: the feature goes. */
      maxVersionLevel: int16(),
      allowDowngrade: boolean({ versions: '0' }),
      /** 1: up only. 2: down if nothing is lost. 3: down at any price. */
      upgradeType: int8({ versions: '1+', default: 1 }),
    }),
    validateOnly: boolean({ versions: '1+', default: false }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
    results: array(
      {
        feature: string(),
        errorCode: int16(),
        errorMessage: string({ nullable: '0+', default: null }),
      },
      { versions: '0-1', ignorable: true },
    ),
  },
})

export type UpdateFeaturesRequest = RequestOf<typeof UpdateFeatures>
export type UpdateFeaturesResponse = ResponseOf<typeof UpdateFeatures>
