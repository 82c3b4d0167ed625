/**
 * Control records: what a log says about itself, in batches with the control bit. Transactions end with one (KIP-98);
 * Raft writes leader changes, snapshot headers and footers, its version and its voters (KIP-595, 630, 853). Consumers
 * skip them, so offsets have gaps where they stand.
 *
 * A key is a version and a type, two int16. What the values of Raft's records hold is in `stored/raft-records`.
 */

import { MalformedMessageError } from '@gregor/base'

import { BatchBuilder, type BatchOptions } from './batch-builder.ts'

const controlRecordTypes = [
  'Abort',
  'Commit',
  'LeaderChange',
  'SnapshotHeader',
  'SnapshotFooter',
  'KRaftVersion',
  'KRaftVoters',
] as const

export type ControlRecordType = (typeof controlRecordTypes)[number]

const KEY_VERSION = 0
const MARKER_VERSION = 0
const KEY_BYTES = 4
const MARKER_BYTES = 6

/** `undefined`: a type that later versions added; readers pass over it. */
export function controlRecordTypeOf(key: Buffer | null): ControlRecordType | undefined {
  if (key === null || key.length < KEY_BYTES) throw new MalformedMessageError('the key of a control record')
  if (key.readInt16BE(0) < KEY_VERSION) throw new MalformedMessageError('the version of a control record’s key')
  return controlRecordTypes[key.readInt16BE(2)]
}

export function controlRecordKey(type: ControlRecordType): Buffer {
  const key = Buffer.alloc(KEY_BYTES)
  key.writeInt16BE(KEY_VERSION, 0)
  key.writeInt16BE(controlRecordTypes.indexOf(type), 2)
  return key
}

/** The epoch of the coordinator that ended the transaction, from the value of a marker. */
export function coordinatorEpochOf(value: Buffer | null): number {
  if (value === null || value.length < MARKER_BYTES || value.readInt16BE(0) < MARKER_VERSION) {
    throw new MalformedMessageError('the value of a transaction marker')
  }
  // A later version would add fields behind this one.
  return value.readInt32BE(2)
}

export interface TransactionMarker {
  readonly outcome: 'Commit' | 'Abort'
  readonly producerId: number
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  readonly timestamp: number
  readonly baseOffset?: number
  readonly partitionLeaderEpoch?: number
}

/** A batch of one record that ends a producer's transaction in a partition. */
export function transactionMarkerBatch(marker: TransactionMarker): Buffer {
  const value = Buffer.alloc(MARKER_BYTES)
  value.writeInt16BE(MARKER_VERSION, 0)
  value.writeInt32BE(marker.coordinatorEpoch, 2)
  return controlBatch([{ type: marker.outcome, value }], marker.timestamp, {
    producerId: marker.producerId,
    producerEpoch: marker.producerEpoch,
    isTransactional: true,
    baseOffset: marker.baseOffset ?? 0,
    partitionLeaderEpoch: marker.partitionLeaderEpoch ?? -1,
  })
}

/** A batch of control records, never compressed. */
export function controlBatch(
  records: readonly { readonly type: ControlRecordType; readonly value: Buffer }[],
  timestamp: number,
  options: Omit<BatchOptions, 'isControl' | 'compression' | 'compressionLevel'> = {},
): Buffer {
  const builder = new BatchBuilder({ ...options, isControl: true })
  for (const { type, value } of records) builder.append(controlRecordKey(type), value, [], timestamp)
  return builder.build()
}
