/**
 * Whether both logs made the same of a batch. Where they did not, it must be for one of the reasons of
 * docs/decisions/0008: then we refuse, and what Java says of the batch bears it out.
 */

import assert from 'node:assert/strict'

import {
  RecordCursor,
  attributesAt,
  batchSizeAt,
  checkBatch,
  compressionOf,
  lastOffsetDeltaAt,
  maxTimestampAt,
  partitionLeaderEpochAt,
  producerEpochAt,
  producerIdAt,
  baseSequenceAt,
  recordCountAt,
  setBaseOffset,
  timestampTypeOf,
} from '@gregor/protocol'
import type { AppendRefused } from '@gregor/storage'

import type { ApacheVerdict } from './apache-log.ts'
import type { BatchCase } from './batch-cases.ts'
import type { OurVerdict } from './our-log.ts'

export const outcomes = [
  'taken, the same bytes',
  'taken, the same records in another codec',
  'refused with the same code',
  'refused with the same record errors',
  'refused with a code that says why, for UNKNOWN_SERVER_ERROR',
  'refused here only: no consumer reads it',
  'refused here only: its offsets are not 0, 1, 2',
  'refused here only: a length below -1',
  'refused here only: the end of the compressed stream',
  'refused here only: LogAppendTime in a CreateTime topic',
  'refused here only: beyond 2^53',
  'taken here only: Apache fails as it writes it in another codec',
] as const
export type Outcome = (typeof outcomes)[number]

/** Throws where they differ for no good reason. */
export function compare(batch: BatchCase, ours: OurVerdict, theirs: ApacheVerdict): Outcome {
  const { result } = ours
  if (result.error === 'NONE') {
    // A time before 1970; the mark of a transaction, and no producer or epoch. In place, both take it.
    if (
      /(Invalid negative timestamp -|Cannot write transactional|Invalid negative producer epoch)/.test(theirs.problem)
    ) {
      return 'taken here only: Apache fails as it writes it in another codec'
    }
    assert.equal(theirs.error, 'NONE', 'Apache refuses it')
    assert.ok(theirs.isReadable && theirs.isConsecutive, 'no consumer can read it')
    return compareStored(batch, ours.stored, theirs.stored)
  }
  if (theirs.error === 'NONE') return whyOnlyHere(batch, result, theirs)
  if (theirs.error === 'UNKNOWN_SERVER_ERROR') {
    if (isBeyondUs(result)) return 'refused here only: beyond 2^53'
    assert.match(result.error, /^(INVALID_RECORD|CORRUPT_MESSAGE|MESSAGE_TOO_LARGE|INVALID_TIMESTAMP)$/)
    return 'refused with a code that says why, for UNKNOWN_SERVER_ERROR'
  }
  const [ourErrors, theirErrors] = [recordErrorsOf(result), theirs.recordErrors.map(described)]
  if (result.error === theirs.error && JSON.stringify(ourErrors) === JSON.stringify(theirErrors)) {
    return ourErrors.length > 0 ? 'refused with the same record errors' : 'refused with the same code'
  }
  // Both refuse; ours was found earlier, and must be one that Apache does not know.
  return whyOnlyHere(batch, result, theirs)
}

function recordErrorsOf({ recordErrors = [] }: AppendRefused): readonly string[] {
  return recordErrors.map(described)
}

/** The words are our own; what they blame is not. */
function described({ batchIndex, message }: { readonly batchIndex: number; readonly message: string }): string {
  if (/without (a )?key/.test(message)) return `${batchIndex} key`
  if (/LogAppendTime/.test(message)) return `${batchIndex} type`
  const timestamp = /[Tt]imestamp (-?\d+)/.exec(message)?.[1]
  return `${batchIndex} time ${timestamp}`
}

function whyOnlyHere(batch: BatchCase, { error, message = '' }: AppendRefused, theirs: ApacheVerdict): Outcome {
  const difference = `${error} (${message}) here, ${theirs.error} there, readable ${theirs.isReadable}`
  if (isBeyondUs({ message })) return 'refused here only: beyond 2^53'
  if (error === 'INVALID_TIMESTAMP') {
    const isForeign = timestampTypeOf(attributesAt(batch.bytes, 0)) === 'LogAppendTime'
    assert.ok(isForeign && batch.configs.get('message.timestamp.type') === 'CreateTime', difference)
    return 'refused here only: LogAppendTime in a CreateTime topic'
  }
  assert.equal(error, 'INVALID_RECORD', difference)
  assert.match(message, /^(Malformed records|The batch does not unpack): /, difference)
  if (!theirs.isReadable) return 'refused here only: no consumer reads it'
  if (message.startsWith('The batch does not unpack')) return 'refused here only: the end of the compressed stream'
  if (/a (key|value|header value) of -\d+ bytes/.test(message)) return 'refused here only: a length below -1'
  assert.match(message, /has the offset delta/, difference)
  assert.ok(!theirs.isConsecutive, difference)
  return 'refused here only: its offsets are not 0, 1, 2'
}

function isBeyondUs({ message = '' }: { readonly message?: string }): boolean {
  return message.includes('2^53')
}

function compareStored(batch: BatchCase, ours: Buffer | undefined, theirs: Buffer | undefined): Outcome {
  assert.ok(ours !== undefined && theirs !== undefined)
  assert.equal(checkBatch(ours, 0, ours.length), undefined)
  assert.equal(batchSizeAt(ours, 0), ours.length)
  // The logs are not of one length: one of them may have refused a batch before.
  for (const stored of [ours, theirs]) setBaseOffset(stored, 0, 0)
  const target = compressionOf(attributesAt(ours, 0))
  if (target === compressionOf(attributesAt(batch.bytes, 0))) {
    assert.equal(ours.toString('hex'), theirs.toString('hex'))
    return 'taken, the same bytes'
  }
  assert.equal(meaning(ours), meaning(theirs))
  return 'taken, the same records in another codec'
}

/** All but what depends on the library that packed it, and the base timestamp, which may be that of any record. */
function meaning(batch: Buffer): string {
  const header = [attributesAt, lastOffsetDeltaAt, maxTimestampAt, producerIdAt, producerEpochAt, baseSequenceAt]
  const facts = [...header, recordCountAt, partitionLeaderEpochAt].map((read) => read(batch, 0))
  const cursor = new RecordCursor()
  cursor.resetToBatch(batch, 0, 1 << 24)
  const isStamped = timestampTypeOf(attributesAt(batch, 0)) === 'LogAppendTime'
  const records: string[] = []
  while (cursor.next()) {
    const fields = [cursor.key(), cursor.value()]
    const parts = fields.map((field) => field?.toString('hex') ?? 'null')
    // As text: where it is none, Apache writes other bytes than it read.
    while (cursor.nextHeader()) parts.push(cursor.headerKey(), cursor.headerValue()?.toString('hex') ?? 'null')
    records.push([cursor.offset, isStamped ? '' : cursor.timestamp, ...parts].join(' '))
  }
  return [facts.join(), ...records].join('\n')
}
