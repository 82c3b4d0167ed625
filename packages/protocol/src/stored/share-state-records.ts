/**
 * The records of `__share_group_state`: what of a partition a share group has delivered and what became of it
 * (KIP-932). A snapshot says everything; updates with its epoch follow and say what changed.
 */

import { array, int16, int32, int64, int8, string, uuid } from '../schema/field.ts'
import { defineMessage } from '../schema/schema.ts'
import { type CoordinatorRecord, coordinatorRecordCodec } from './coordinator-records.ts'

/** The keys of snapshots and updates are alike, so each replaces its own kind only. */
const sharePartition = { groupId: string(), topicId: uuid(), partition: int32() } as const

const stateBatch = {
  firstOffset: int64(),
  lastOffset: int64(),
  /** 0 available, 2 acknowledged, 4 archived. */
  deliveryState: int8(),
  deliveryCount: int16(),
} as const

export const ShareSnapshotKey = defineMessage({
  name: 'ShareSnapshotKey',
  versions: '0',
  flexible: 'none',
  fields: sharePartition,
})

export const ShareSnapshotValue = defineMessage({
  name: 'ShareSnapshotValue',
  versions: '0',
  flexible: '0+',
  fields: {
    snapshotEpoch: int32(),
    stateEpoch: int32(),
    leaderEpoch: int32(),
    startOffset: int64(),
    /** Offsets from the start on that are done with; -1: not known (KIP-1226). */
    deliveryCompleteCount: int32({ default: -1, tag: 0 }),
    createTimestamp: int64(),
    writeTimestamp: int64(),
    stateBatches: array(stateBatch),
  },
})

export const ShareUpdateKey = defineMessage({
  name: 'ShareUpdateKey',
  versions: '0',
  flexible: 'none',
  fields: sharePartition,
})

export const ShareUpdateValue = defineMessage({
  name: 'ShareUpdateValue',
  versions: '0',
  flexible: '0+',
  fields: {
    snapshotEpoch: int32(),
    leaderEpoch: int32(),
    /** -1: as before. */
    startOffset: int64(),
    deliveryCompleteCount: int32({ default: -1, tag: 0 }),
    stateBatches: array(stateBatch),
  },
})

export const shareStateRecords = coordinatorRecordCodec('__share_group_state', {
  ShareSnapshot: { id: 0, key: ShareSnapshotKey, value: ShareSnapshotValue, valueVersion: 0 },
  ShareUpdate: { id: 1, key: ShareUpdateKey, value: ShareUpdateValue, valueVersion: 0 },
})

export type ShareStateRecord = CoordinatorRecord<typeof shareStateRecords.types>
