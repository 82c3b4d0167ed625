/**
 * The names of a partition’s files: twenty digits of a base offset and a suffix, as Apache Kafka has them.
 *
 * `.deleted` waits to be unlinked, `.cleaned` is being written by compaction, `.swap` is complete and about to take
 * its sources’ place. `.cut` is ours: bytes that recovery took off a log; Apache Kafka passes it by.
 */

export const logSuffix = '.log'
export const offsetIndexSuffix = '.index'
export const timeIndexSuffix = '.timeindex'
export const transactionIndexSuffix = '.txnindex'
export const deletedSuffix = '.deleted'
export const cleanedSuffix = '.cleaned'
export const swapSuffix = '.swap'
export const cutSuffix = '.cut'

export const leaderEpochsFileName = 'leader-epoch-checkpoint'

/** The files of one segment, the log first: where it is gone, the others are orphans. */
export const segmentSuffixes = [logSuffix, offsetIndexSuffix, timeIndexSuffix, transactionIndexSuffix] as const

const offsetDigits = 20

/** `00000000000000000042.log` for 42 and `.log`. */
export function segmentFileName(baseOffset: number, suffix: string): string {
  return String(baseOffset).padStart(offsetDigits, '0') + suffix
}

/** The offset a file name opens with; `undefined` where it does not, or where it is followed by another suffix. */
export function offsetOfFileName(name: string, suffix: string): number | undefined {
  if (name.length !== offsetDigits + suffix.length || !name.endsWith(suffix)) return undefined
  const digits = name.slice(0, offsetDigits)
  if (!/^\d{20}$/.test(digits)) return undefined
  const offset = Number(digits)
  return Number.isSafeInteger(offset) ? offset : undefined
}
