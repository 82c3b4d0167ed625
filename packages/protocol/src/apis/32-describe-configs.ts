/**
 * DescribeConfigs (key 32).
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
      resourceType: int8(),
      resourceName: string(),
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
        value: string({ nullable: '0+', sensitive: true }),
        readOnly: boolean(),
        isDefault: boolean({ versions: '0' }),
        configSource: int8({ versions: '1+', default: -1, ignorable: true }),
        isSensitive: boolean(),
        synonyms: array(
          {
            name: string(),
            value: string({ nullable: '0+', sensitive: true }),
            source: int8(),
          },
          { versions: '1+', ignorable: true },
        ),
        configType: int8({ versions: '3+', default: 0, ignorable: true }),
        documentation: string({ versions: '3+', nullable: '0+', ignorable: true }),
      }),
    }),
  },
})

export type DescribeConfigsRequest = RequestOf<typeof DescribeConfigs>
export type DescribeConfigsResponse = ResponseOf<typeof DescribeConfigs>
