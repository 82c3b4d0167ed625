/**
 * What the file `quorum-state` of a Raft log holds, there as JSON: whom this node voted for, and in which epoch
 * (KIP-595; version 1: KIP-853).
 */

import { array, int32, int64, string, uuid } from '../schema/field.ts'
import { defineMessage } from '../schema/schema.ts'

export const QuorumStateData = defineMessage({
  name: 'QuorumStateData',
  versions: '0-1',
  flexible: '0+',
  fields: {
    clusterId: string({ versions: '0' }),
    leaderId: int32({ default: -1 }),
    leaderEpoch: int32({ default: -1 }),
    /** -1: nobody. */
    votedId: int32({ default: -1 }),
    votedDirectoryId: uuid({ versions: '1+' }),
    appliedOffset: int64({ versions: '0' }),
    currentVoters: array(
      {
        voterId: int32({ versions: '0' }),
      },
      { versions: '0', nullable: '0' },
    ),
  },
})
