/**
 * DescribeConfigs (key 32): the configs of topics, brokers and other resources, and where each value comes from.
 * v1 sources and synonyms (KIP-226) · v2 answers before it throttles (KIP-219) · v3 types and documentation (KIP-569) ·
 * v4 flexible (KIP-482)
 */

import { array, boolean, int16, int32, int8, string } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

export const DescribeConfigs = defineApi({
  key: 32,
  name: 'DescribeConfigs',
  versions: '0-4',
  flexible: '4+',
  listeners: ['broker', 'controller'],
  request: {
    resources: array({
      /** 2: topic. 4: broker. 8: broker logger. 16: client metrics. 32: group. */
      resourceType: int8(),
      /** Of a broker: its id, or empty for the cluster-wide default. */
      resourceName: string(),
      /** Null: all. */
      configurationKeys: array(string(), { nullable: '0+' }),
    }),
    includeSynonyms: boolean({ versions: '1+', default: false }),
    includeDocumentation: boolean({ versions: '3+', default: false }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    results: array({
      errorCode: int16(),
      errorMessage: string({ nullable: '0+', default: null }),
      resourceType: int8(),
      resourceName: string(),
      configs: array({
        name: string(),
        /** Null where sensitive, or unset. */
        value: string({ nullable: '0+', sensitive: true }),
        readOnly: boolean(),
        /** Before there were sources. */
        isDefault: boolean({ versions: '0' }),
        /**
         * 1: topic. 2: this broker. 3: all brokers. 4: file. 5: default. 6: logger. 7: client metrics. 8: group. -1:
         * unknown.
         */
        configSource: int8({ versions: '1+', default: -1, ignorable: true }),
        isSensitive: boolean(),
        /** All places that have a value for it, the one that counts first. */
        synonyms: array(
          {
            name: string(),
            value: string({ nullable: '0+', sensitive: true }),
            source: int8(),
          },
          { versions: '1+', ignorable: true },
        ),
        /** 1: boolean. 2: string. 3: int. 4: short. 5: long. 6: double. 7: list. 8: class. 9: password. */
        configType: int8({ versions: '3+', default: 0, ignorable: true }),
        documentation: string({ versions: '3+', nullable: '0+', ignorable: true }),
      }),
    }),
  },
})

export type DescribeConfigsRequest = RequestOf<typeof DescribeConfigs>
export type DescribeConfigsResponse = ResponseOf<typeof DescribeConfigs>
