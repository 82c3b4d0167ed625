/**
 * Records of `__cluster_metadata` about the cluster and the log: features (KIP-584), producer ids (KIP-730),
 * transactions of the metadata itself (KIP-868). The frame around them is in `metadata-records`.
 */

import { int16, int32, int64, int8, string } from '../schema/field.ts'
import { defineMessage } from '../schema/schema.ts'

/** The first record of a log or snapshot says the metadata.version that reads it: this must never have a version 1. */
export const FeatureLevelRecord = defineMessage({
  name: 'FeatureLevelRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    name: string(),
    /** 0: not finalized. */
    featureLevel: int16(),
  },
})

export const ProducerIdsRecord = defineMessage({
  name: 'ProducerIdsRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    brokerId: int32(),
    brokerEpoch: int64({ default: -1 }),
    /** The first of the next block; ids below are taken. */
    nextProducerId: int64(),
  },
})

/** Written now and then so that the committed offset and its time go on. */
export const NoOpRecord = defineMessage({
  name: 'NoOpRecord',
  versions: '0',
  flexible: '0+',
  fields: {},
})

/** From here to the end record nothing takes effect alone. */
export const BeginTransactionRecord = defineMessage({
  name: 'BeginTransactionRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    name: string({ nullable: '0+', default: null, tag: 0 }),
  },
})

export const EndTransactionRecord = defineMessage({
  name: 'EndTransactionRecord',
  versions: '0',
  flexible: '0+',
  fields: {},
})

/** What came since the begin record never was. */
export const AbortTransactionRecord = defineMessage({
  name: 'AbortTransactionRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    reason: string({ nullable: '0+', default: null, tag: 0 }),
  },
})

/** Left behind by clusters that came from ZooKeeper. */
export const ZkMigrationStateRecord = defineMessage({
  name: 'ZkMigrationStateRecord',
  versions: '0',
  flexible: '0+',
  fields: {
    /** 0 none, 1 migration, 2 pre-migration, 3 post-migration. */
    zkMigrationState: int8(),
  },
})
