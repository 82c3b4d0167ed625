/** Why a batch is not appended, in the words of a Produce response. */
import { MalformedMessageError } from '@gregor/base'
import { CompressionError, type ProtocolError } from '@gregor/protocol'

export interface RecordError {
  /** Of the record in its batch. */
  readonly batchIndex: number
  readonly message: string
}

export interface BatchRefusal {
  readonly error: Exclude<ProtocolError, 'NONE'>
  readonly message: string
  /** Which records are to blame (KIP-467); empty where it is the batch. */
  readonly recordErrors: readonly RecordError[]
}

export function refuse(error: BatchRefusal['error'], message: string): BatchRefusal {
  return { error, message, recordErrors: [] }
}

/** Of records that no consumer could read. A producer does not try again: the same bytes would be no better. */
export function refusalFrom(error: unknown): BatchRefusal {
  if (error instanceof MalformedMessageError) return refuse('INVALID_RECORD', `Malformed records: ${error.message}.`)
  if (!(error instanceof CompressionError)) throw error
  if (error.problem === 'tooLarge')
    return refuse('MESSAGE_TOO_LARGE', `The batch unpacks to more than is allowed: ${error.message}.`)
  return refuse('INVALID_RECORD', `The batch does not unpack: ${error.message}.`)
}
