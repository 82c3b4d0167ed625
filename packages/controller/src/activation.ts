/**
 * What a controller does first when it becomes the active one: gives an empty log what a cluster begins with, or ends
 * what an earlier controller left open. The first records stand in a metadata transaction (KIP-868), so that a crash
 * amid them leaves nothing half-made.
 */
import { elrFeature, metadataVersionFeature, metadataVersionMax, since } from '@gregor/metadata'
import type { MetadataRecordInput } from '@gregor/protocol'
import { brokerResourceType } from './node-config.ts'

export interface ActivationGiven {
  /** Of the cluster; `undefined`: the log is empty. */
  readonly metadataVersion: number | undefined
  readonly isTransactionOpen: boolean
  readonly bootstrapRecords: readonly MetadataRecordInput[]
  /** The static min.insync.replicas of this node. */
  readonly minIsr: number
}

export function activationRecords(given: ActivationGiven): readonly MetadataRecordInput[] {
  const abort: readonly MetadataRecordInput[] = given.isTransactionOpen
    ? [{ type: 'AbortTransactionRecord', reason: 'Controller failover' }]
    : []
  if (given.metadataVersion !== undefined) return abort
  const { bootstrapRecords } = given
  const level = levelIn(bootstrapRecords, metadataVersionFeature) ?? metadataVersionMax
  const first = [...bootstrapRecords, ...minIsrRecords(given)]
  if (level < since.metadataTransactions) return first
  return [
    ...abort,
    { type: 'BeginTransactionRecord', name: 'Bootstrap records' },
    ...first,
    { type: 'EndTransactionRecord' },
  ]
}

/** With ELR min.insync.replicas is the cluster’s, not that of each broker (KIP-966). */
function minIsrRecords({ bootstrapRecords, minIsr }: ActivationGiven): readonly MetadataRecordInput[] {
  if ((levelIn(bootstrapRecords, elrFeature) ?? 0) === 0) return []
  return [
    {
      type: 'ConfigRecord',
      resourceType: brokerResourceType,
      resourceName: '',
      name: 'min.insync.replicas',
      value: String(minIsr),
    },
  ]
}

function levelIn(records: readonly MetadataRecordInput[], name: string): number | undefined {
  const record = records.findLast((one) => one.type === 'FeatureLevelRecord' && one.name === name)
  return record?.type === 'FeatureLevelRecord' ? record.featureLevel : undefined
}
