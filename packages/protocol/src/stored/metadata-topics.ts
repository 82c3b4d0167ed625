/**
 * Records of `__cluster_metadata` about topics, partitions and configs (KIP-631, 858, 966).
 * The frame around them is in `metadata-records`.
 */

import { array, int32, int8, string, uuid } from '../schema/field.ts'
import { defineMessage } from '../schema/schema.ts'

export const TopicRecord = defineMessage({
  name: 'TopicRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    name: string(),
    topicId: uuid(),
  },
})

export const PartitionRecord = defineMessage({
  name: 'PartitionRecord',
  versions: '0-2',
  flexible: '0+',
  fields: {
    partitionId: int32({ default: -1 }),
    topicId: uuid(),
    /** The preferred leader first. */
    replicas: array(int32()),
    isr: array(int32()),
    removingReplicas: array(int32()),
    addingReplicas: array(int32()),
    /** -1: none. */
    leader: int32({ default: -1 }),
    /** 1: the leader was elected uncleanly and has not caught up with that yet. */
    leaderRecoveryState: int8({ default: 0, tag: 0 }),
    leaderEpoch: int32({ default: -1 }),
    /** Goes up with every change of the partition. */
    partitionEpoch: int32({ default: -1 }),
    /** Where each replica lies, in the order of `replicas`. */
    directories: array(uuid(), { versions: '1+' }),
    /** Out of sync, but they hold all that is committed (KIP-966). */
    eligibleLeaderReplicas: array(int32(), { versions: '2+', nullable: '2+', default: null, tag: 1 }),
    lastKnownElr: array(int32(), { versions: '2+', nullable: '2+', default: null, tag: 2 }),
  },
})

/** What is left out stays as it was. */
export const PartitionChangeRecord = defineMessage({
  name: 'PartitionChangeRecord',
  versions: '0-2',
  flexible: '0+',
  fields: {
    partitionId: int32({ default: -1 }),
    topicId: uuid(),
    isr: array(int32(), { nullable: '0+', default: null, tag: 0 }),
    /** -1: none. -2: as before. */
    leader: int32({ default: -2, tag: 1 }),
    replicas: array(int32(), { nullable: '0+', default: null, tag: 2 }),
    removingReplicas: array(int32(), { nullable: '0+', default: null, tag: 3 }),
    addingReplicas: array(int32(), { nullable: '0+', default: null, tag: 4 }),
    /** -1: as before. */
    leaderRecoveryState: int8({ default: -1, tag: 5 }),
    directories: array(uuid(), { versions: '1+', nullable: '1+', default: null, tag: 8 }),
    eligibleLeaderReplicas: array(int32(), { versions: '2+', nullable: '2+', default: null, tag: 6 }),
    lastKnownElr: array(int32(), { versions: '2+', nullable: '2+', default: null, tag: 7 }),
  },
})

/** Its partitions go with it. */
export const RemoveTopicRecord = defineMessage({
  name: 'RemoveTopicRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    topicId: uuid(),
  },
})

export const ClearElrRecord = defineMessage({
  name: 'ClearElrRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    /** Empty: of all topics. */
    topicName: string(),
  },
})

export const ConfigRecord = defineMessage({
  name: 'ConfigRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    resourceType: int8(),
    resourceName: string(),
    name: string(),
    /** Null: the key goes back to its default. */
    value: string({ nullable: '0+' }),
  },
})
