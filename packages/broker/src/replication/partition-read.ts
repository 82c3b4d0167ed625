/**
 * What a reader may see of a partition that this node leads: whole batches below the high watermark, or below the last
 * stable offset; or that its own log parted from this one (KIP-320).
 */
import type { ProtocolError } from '@gregor/protocol'
import type { PartitionLog, ReadResult } from '@gregor/storage'

export type Isolation = 'read_uncommitted' | 'read_committed'

export interface PartitionRead {
  readonly fetchOffset: number
  readonly maxBytes: number
  /** Give one batch even where it is larger than `maxBytes` (KIP-74). */
  readonly minOneBatch: boolean
  /** How many the reader waits for, see ReadRequest. */
  readonly minBytes?: number | undefined
  readonly isolation: Isolation
  /** -1: not checked. */
  readonly currentLeaderEpoch: number
  /** The epoch of the last record the client has, -1: none (KIP-595 style divergence, Fetch 12+). */
  readonly lastFetchedEpoch: number
  /** Makes the memory that records are read into. */
  readonly allocate: (byteCount: number) => Buffer
}

export interface PartitionReadResult {
  readonly error: ProtocolError
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly logStartOffset: number
  readonly records: readonly Buffer[]
  readonly byteCount: number
  /** Behind what was read there is more that could be read now. */
  readonly hasMore: boolean
  readonly abortedTransactions: readonly { readonly producerId: number; readonly firstOffset: number }[] | undefined
  readonly divergingEpoch: { readonly epoch: number; readonly endOffset: number } | undefined
}

/** A promise where the bytes must come from the disk. */
export function readLog(log: PartitionLog, given: PartitionRead): PartitionReadResult | Promise<PartitionReadResult> {
  const { highWatermark, lastStableOffset, logEndOffset, logStartOffset } = log
  if (given.lastFetchedEpoch >= 0) {
    const divergingEpoch = divergence(log, given)
    if (divergingEpoch === 'unknown') return nothingRead('OFFSET_OUT_OF_RANGE')
    if (divergingEpoch !== undefined) return { ...nothingIn(log), divergingEpoch }
  }
  if (given.fetchOffset < logStartOffset || given.fetchOffset > logEndOffset) return nothingRead('OFFSET_OUT_OF_RANGE')
  const isCommittedOnly = given.isolation === 'read_committed'
  const upTo = isCommittedOnly ? lastStableOffset : highWatermark
  if (given.fetchOffset >= upTo || (given.maxBytes <= 0 && !given.minOneBatch)) {
    return isCommittedOnly ? { ...nothingIn(log), abortedTransactions: [] } : nothingIn(log)
  }
  const finish = (result: ReadResult): PartitionReadResult => {
    if (result.error !== 'NONE') return nothingRead(result.error)
    const { records, byteCount, nextOffset } = result
    const abortedTransactions = isCommittedOnly ? log.abortedTransactions(given.fetchOffset, nextOffset) : undefined
    const offsets = { highWatermark, lastStableOffset, logStartOffset }
    const hasMore = nextOffset < upTo
    return { error: 'NONE', ...offsets, records, byteCount, hasMore, abortedTransactions, divergingEpoch: undefined }
  }
  const { fetchOffset, maxBytes, minOneBatch, minBytes, allocate } = given
  const read = log.read({ fetchOffset, maxBytes, upTo, minOneBatch, minBytes, allocate })
  return read instanceof Promise ? read.then(finish) : finish(read)
}

/** Whether the log behind `lastFetchedEpoch` parted from this one before `fetchOffset`. */
function divergence(
  log: PartitionLog,
  { fetchOffset, lastFetchedEpoch }: PartitionRead,
): { epoch: number; endOffset: number } | 'unknown' | undefined {
  const { leaderEpoch, endOffset } = log.endOffsetForEpoch(lastFetchedEpoch)
  // Newer than any epoch here: the client has to find its place anew, as with Apache Kafka.
  if (leaderEpoch === -1 || endOffset === -1) return 'unknown'
  if (leaderEpoch >= lastFetchedEpoch && endOffset >= fetchOffset) return undefined
  return { epoch: leaderEpoch, endOffset }
}

const nothing: Omit<PartitionReadResult, 'error'> = {
  highWatermark: -1,
  lastStableOffset: -1,
  logStartOffset: -1,
  records: [],
  byteCount: 0,
  hasMore: false,
  abortedTransactions: undefined,
  divergingEpoch: undefined,
}

function nothingIn({ highWatermark, lastStableOffset, logStartOffset }: PartitionLog): PartitionReadResult {
  return { ...nothing, error: 'NONE', highWatermark, lastStableOffset, logStartOffset }
}

export function nothingRead(error: Exclude<ProtocolError, 'NONE'>): PartitionReadResult {
  return { ...nothing, error }
}
