/**
 * ListTransactions (key 66): the transactional ids this broker coordinates (KIP-664).
 * v1 by duration (KIP-994) · v2 by pattern (KIP-1152)
 */

import { array, int16, int32, int64, string } from '../schema/field.ts'
import { type RequestOf, type ResponseOf, defineApi } from '../schema/schema.ts'

export const ListTransactions = defineApi({
  key: 66,
  name: 'ListTransactions',
  versions: '0-2',
  flexible: '0+',
  listeners: ['broker'],
  request: {
    /** Empty: all. */
    stateFilters: array(string()),
    /** Empty: all. */
    producerIdFilters: array(int64()),
    /** Open for longer than this many milliseconds. Negative: all. */
    durationFilter: int64({ versions: '1+', default: -1 }),
    /** A regular expression. Null or empty: all. */
    transactionalIdPattern: string({ versions: '2+', nullable: '2+', default: null }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    /** Those of the request that are no states. */
    unknownStateFilters: array(string()),
    transactionStates: array({
      transactionalId: string(),
      producerId: int64(),
      transactionState: string(),
    }),
  },
})

export type ListTransactionsRequest = RequestOf<typeof ListTransactions>
export type ListTransactionsResponse = ResponseOf<typeof ListTransactions>
