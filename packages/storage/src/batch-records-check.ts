/**
 * What the records of a batch are held to: that each is what a consumer can read, that they are as many as the header
 * says and count their offsets up from 0, keys in a compacted topic, timestamps. The fast walk (`record-check`) finds
 * nothing wrong with nearly every batch; only then do we walk slowly, to say what it is.
 */
import { MalformedMessageError } from '@gregor/base'
import type { LogConfig } from '@gregor/config'
import {
  RecordCursor,
  attributesAt,
  baseTimestampAt,
  isControl,
  recordCountAt,
  timestampTypeOf,
} from '@gregor/protocol'
import { type BatchRefusal, type RecordError, refuse } from './batch-refusal.ts'
import { checkRecords } from './record-check.ts'

const recordErrorsMax = 1000

const cursor = new RecordCursor()

interface RecordRules {
  readonly needsKeys: boolean
  readonly earliestMs: number
  readonly latestMs: number
  /** It says that a broker stamped it with the time of its append, and none did. */
  readonly isForeign: boolean
}

/**
 * @param records - of the batch, unpacked.
 * @returns the largest timestamp of the records, -1 where none has one.
 * @throws MalformedMessageError for records that nobody could read.
 */
export function judgeRecords(
  batch: Buffer,
  records: Buffer,
  config: LogConfig,
  given: { readonly isClient: boolean; readonly nowMs: number },
): number | BatchRefusal {
  const attributes = attributesAt(batch, 0)
  const isCreateTime = config.messageTimestampType === 'CreateTime'
  const rules: RecordRules = {
    needsKeys: config.cleanupPolicy.compact && !isControl(attributes),
    earliestMs: isCreateTime ? given.nowMs - config.messageTimestampBeforeMaxMs : -Infinity,
    latestMs: isCreateTime ? given.nowMs + config.messageTimestampAfterMaxMs : Infinity,
    isForeign: given.isClient && timestampTypeOf(attributes) === 'LogAppendTime',
  }
  const found = rules.isForeign ? undefined : checkRecords(records, recordCountAt(batch, 0))
  if (found !== undefined) {
    const baseTimestamp = baseTimestampAt(batch, 0)
    const maxTimestamp = baseTimestamp + found.maxTimestampDelta
    const isInTime = baseTimestamp + found.minTimestampDelta >= rules.earliestMs && maxTimestamp <= rules.latestMs
    if (isInTime && !(rules.needsKeys && found.hasNullKey) && maxTimestamp <= Number.MAX_SAFE_INTEGER) {
      return Math.max(-1, maxTimestamp)
    }
  }
  return judgeEachRecord(batch, records, rules)
}

/** The same, record by record: of a batch that is refused in all likelihood. */
function judgeEachRecord(batch: Buffer, records: Buffer, rules: RecordRules): number | BatchRefusal {
  let maxTimestamp = -1
  let isGood = true
  cursor.reset(records, recordCountAt(batch, 0), 0, baseTimestampAt(batch, 0))
  for (let batchIndex = 0; cursor.next(); batchIndex++) {
    if (cursor.offsetDelta !== batchIndex) {
      throw new MalformedMessageError(`record ${batchIndex} has the offset delta ${cursor.offsetDelta}`)
    }
    if (cursor.timestamp > maxTimestamp) maxTimestamp = cursor.timestamp
    if (problemOf(rules) !== undefined) isGood = false
    if (cursor.headerCount > 0) walkHeaders()
  }
  if (!Number.isSafeInteger(maxTimestamp)) {
    return refuse('INVALID_TIMESTAMP', 'Timestamps beyond 2^53 are not supported.')
  }
  return isGood ? maxTimestamp : blame(batch, records, rules)
}

function walkHeaders(): void {
  let hasNext = cursor.nextHeader()
  while (hasNext) hasNext = cursor.nextHeader()
}

/** Of the record under the cursor: a key comes before a time. */
function problemOf({ needsKeys, isForeign, earliestMs, latestMs }: RecordRules): 'key' | 'type' | 'time' | undefined {
  if (needsKeys && cursor.keyLength < 0) return 'key'
  if (isForeign) return 'type'
  const { timestamp } = cursor
  return (timestamp < earliestMs || timestamp > latestMs) && timestamp !== -1 ? 'time' : undefined
}

/** The same walk again for a batch that is refused, saying which records are to blame. */
function blame(batch: Buffer, records: Buffer, rules: RecordRules): BatchRefusal {
  const recordErrors: RecordError[] = []
  let isTime = false
  cursor.reset(records, recordCountAt(batch, 0), 0, baseTimestampAt(batch, 0))
  for (let batchIndex = 0; cursor.next(); batchIndex++) {
    const problem = problemOf(rules)
    if (problem === undefined) continue
    if (problem !== 'key') isTime = true
    if (recordErrors.length < recordErrorsMax) recordErrors.push({ batchIndex, message: complaint(problem, rules) })
  }
  return isTime
    ? { error: 'INVALID_TIMESTAMP', message: 'Records were refused for their timestamps.', recordErrors }
    : { error: 'INVALID_RECORD', message: 'Records were refused, none of the batch was written.', recordErrors }
}

function complaint(problem: 'key' | 'type' | 'time', { earliestMs, latestMs }: RecordRules): string {
  switch (problem) {
    case 'key':
      return 'A compacted topic takes no record without a key.'
    case 'type':
      return 'A producer does not set the timestamp type LogAppendTime.'
    case 'time':
      return earliestMs === -Infinity
        ? `The timestamp ${cursor.timestamp} is after ${latestMs}.`
        : `The timestamp ${cursor.timestamp} is not within ${earliestMs} and ${latestMs}.`
  }
}
