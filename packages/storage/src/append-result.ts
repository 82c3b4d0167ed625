/** What `PartitionLog.append` is given and answers. */
import type { ProtocolError } from '@gregor/protocol'
import type { RecordError } from './batch-refusal.ts'

export interface AppendGiven {
  readonly leaderEpoch: number
  /** `raft`: offsets and epochs are in the batch already. */
  readonly origin: 'client' | 'coordinator' | 'raft'
  readonly nowMs: number
  /** Of the Produce request. */
  readonly produceVersion?: number | undefined
  /** Of the request that brought a transaction marker. */
  readonly transactionVersion?: number | undefined
  /** From `producers.beginVerification`. */
  readonly guard?: number | undefined
}

export interface Appended {
  readonly error: 'NONE'
  readonly baseOffset: number
  readonly lastOffset: number
  /** -1 unless the topic stamps records with the time of the append. */
  readonly logAppendTimeMs: number
  readonly logStartOffset: number
  /** It was there already, at these offsets: the answer to an earlier attempt was lost. */
  readonly isDuplicate: boolean
}

export interface AppendRefused {
  readonly error: Exclude<ProtocolError, 'NONE'>
  readonly message?: string
  readonly recordErrors?: readonly RecordError[]
  readonly logStartOffset: number
}

export type AppendResult = Appended | AppendRefused
