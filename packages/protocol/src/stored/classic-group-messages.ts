/**
 * Messages of `__consumer_offsets` that existed before KIP-848: committed offsets and classic groups.
 * How they become keys and values: `group-records`.
 */

import { array, bytes, int32, int64, string, uuid } from '../schema/field.ts'
import { defineMessage } from '../schema/schema.ts'

/** Of Kafka 0.8, before OffsetCommit; read only. */
export const LegacyOffsetCommitKey = defineMessage({
  name: 'LegacyOffsetCommitKey',
  versions: '0',
  flexible: 'none',
  fields: {
    group: string(),
    topic: string(),
    partition: int32(),
  },
})

export const LegacyOffsetCommitValue = defineMessage({
  name: 'LegacyOffsetCommitValue',
  versions: '0',
  flexible: 'none',
  fields: {
    offset: int64(),
    metadata: string(),
    commitTimestamp: int64(),
  },
})

export const OffsetCommitKey = defineMessage({
  name: 'OffsetCommitKey',
  versions: '0',
  flexible: 'none',
  fields: {
    group: string(),
    topic: string(),
    partition: int32(),
  },
})

export const OffsetCommitValue = defineMessage({
  name: 'OffsetCommitValue',
  versions: '0-4',
  flexible: '4+',
  fields: {
    offset: int64(),
    leaderEpoch: int32({ versions: '3+', default: -1, ignorable: true }),
    /** What the client wants to remember with it. */
    metadata: string(),
    commitTimestamp: int64(),
    /** Set only where a client asked for an expiry of its own, in a way it no longer can. */
    expireTimestamp: int64({ versions: '1', default: -1, ignorable: true }),
    topicId: uuid({ versions: '4+', tag: 0, ignorable: true }),
  },
})

export const GroupMetadataKey = defineMessage({
  name: 'GroupMetadataKey',
  versions: '0',
  flexible: 'none',
  fields: {
    group: string(),
  },
})

const MemberMetadata = {
  memberId: string(),
  groupInstanceId: string({ versions: '3+', nullable: '3+', default: null, ignorable: true }),
  clientId: string(),
  clientHost: string(),
  rebalanceTimeout: int32({ versions: '1+', default: -1, ignorable: true }),
  sessionTimeout: int32(),
  /** A ConsumerProtocolSubscription if the protocol type is "consumer". */
  subscription: bytes(),
  assignment: bytes(),
} as const

export const GroupMetadataValue = defineMessage({
  name: 'GroupMetadataValue',
  versions: '0-4',
  flexible: '4+',
  fields: {
    protocolType: string(),
    generation: int32(),
    /** Null, as the leader, where nobody is in the group. */
    protocol: string({ nullable: '0+' }),
    leader: string({ nullable: '0+' }),
    currentStateTimestamp: int64({ versions: '2+', default: -1, ignorable: true }),
    members: array(MemberMetadata),
  },
})
