/**
 * The bytes of OffsetCommit records, of which a node writes more than of all others. Those that follow each other are
 * mostly alike but for the partition, the offset and the time: what was encoded last is written again with these
 * changed, in place. Everything else is the codec’s.
 */
import { setInt64At, uvarintSize } from '@gregor/base'
import { groupRecords } from '@gregor/protocol'
import type { GroupRecordKey, GroupRecordValue } from '../group-log-record.ts'

type Key = GroupRecordKey<'OffsetCommit'>
type Value = GroupRecordValue<'OffsetCommit'>

/** Groups whose keys are kept; then all are forgotten. Long ones are not kept. */
const keptMax = 1_000
const keptBytesMax = 512
/** Behind the version. */
const offsetAt = 2
const int32Bytes = 4
const int64Bytes = 8

/** What it returns is good until the next call. */
export class OffsetCommitBytes {
  /** The last one of each group. */
  readonly #lastKeys = new Map<string, { readonly topic: string; readonly bytes: Buffer }>()
  #lastValue:
    | {
        readonly leaderEpoch: number
        readonly metadata: string
        readonly topicId: string
        readonly bytes: Buffer
        readonly timestampAt: number
      }
    | undefined

  key(key: Key): Buffer {
    const { group, topic, partition } = key
    const last = this.#lastKeys.get(group)
    if (last?.topic === topic) {
      last.bytes.writeInt32BE(partition, last.bytes.length - int32Bytes)
      return last.bytes
    }
    const bytes = groupRecords.encodeKey('OffsetCommit', key)
    if (bytes.length > keptBytesMax) return bytes
    if (this.#lastKeys.size >= keptMax) this.#lastKeys.clear()
    this.#lastKeys.set(group, { topic, bytes })
    return bytes
  }

  value(value: Value): Buffer {
    const { offset, leaderEpoch, metadata, commitTimestamp, expireTimestamp, topicId } = value
    // Only version 1 has room for an expiry of its own.
    if (expireTimestamp !== -1) return groupRecords.encodeValue('OffsetCommit', value, 1)
    if (!Number.isSafeInteger(offset)) return groupRecords.encodeValue('OffsetCommit', value)
    const last = this.#lastValue
    if (
      last !== undefined &&
      last.leaderEpoch === leaderEpoch &&
      last.metadata === metadata &&
      last.topicId === topicId
    ) {
      setInt64At(last.bytes, offsetAt, offset)
      setInt64At(last.bytes, last.timestampAt, commitTimestamp)
      return last.bytes
    }
    const bytes = groupRecords.encodeValue('OffsetCommit', value)
    const metadataBytes = Buffer.byteLength(metadata)
    const timestampAt = offsetAt + int64Bytes + int32Bytes + uvarintSize(metadataBytes + 1) + metadataBytes
    this.#lastValue = { leaderEpoch, metadata, topicId, bytes, timestampAt }
    return bytes
  }
}
