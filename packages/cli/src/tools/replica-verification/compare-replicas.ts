/**
 * Whether replicas of a partition hold the same batches up to their high watermarks: what each of them answered is walked
 * batch by batch, side by side. Pure.
 */
import { batchSizeAt, crcAt, lastOffsetAt } from '@gregor/protocol'

export interface FetchedReplica {
  readonly replicaId: number
  readonly highWatermark: number
  /** May end in the middle of a batch. */
  readonly records: Buffer
}

export interface Comparison {
  /** Behind the last batch that all have. */
  readonly nextOffset: number
  readonly problems: readonly string[]
  /** The batches of two of them lie otherwise: no further comparing makes sense. */
  readonly isHopeless: boolean
}

/** @param name - of the partition, for what is said. */
export function compareReplicas(name: string, replicas: readonly FetchedReplica[], fetchOffset: number): Comparison {
  const problems: string[] = []
  const positions = new Map(replicas.map(({ replicaId }) => [replicaId, 0]))
  let nextOffset = fetchOffset
  for (;;) {
    let first: { readonly replicaId: number; readonly lastOffset: number; readonly checksum: number } | undefined
    for (const { replicaId, highWatermark, records } of replicas) {
      const at = positions.get(replicaId) ?? 0
      const isWhole = records.length - at >= headerBytes && records.length - at >= batchSizeAt(records, at)
      if (!isWhole || lastOffsetAt(records, at) >= highWatermark) return { nextOffset, problems, isHopeless: false }
      const lastOffset = lastOffsetAt(records, at)
      const checksum = crcAt(records, at)
      positions.set(replicaId, at + batchSizeAt(records, at))
      if (first === undefined) first = { replicaId, lastOffset, checksum }
      else if (first.lastOffset !== lastOffset) {
        problems.push(
          `partition ${name}: replica ${first.replicaId}'s offset ${first.lastOffset} doesn't match replica ${replicaId}'s offset ${lastOffset}`,
        )
        return { nextOffset, problems, isHopeless: true }
      } else if (first.checksum !== checksum) {
        problems.push(
          `partition ${name} has unmatched checksum at offset ${lastOffset}; replica ${first.replicaId}'s checksum ${first.checksum}; replica ${replicaId}'s checksum ${checksum}`,
        )
      }
    }
    if (first === undefined) return { nextOffset, problems, isHopeless: false }
    nextOffset = first.lastOffset + 1
  }
}

/** Enough to know a batch's size, last offset and checksum. */
const headerBytes = 61
