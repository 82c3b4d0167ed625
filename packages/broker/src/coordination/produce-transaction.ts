/** What a Produce request says of its transaction, and what a producer is told where the transaction is in the way. */
import { attributesAt, baseSequenceAt, isTransactional, producerEpochAt, producerIdAt } from '@gregor/protocol'
import type { ProduceRequest, ProtocolError } from '@gregor/protocol'
import { adderOfProduce, type GuardedProducer } from './transaction-guard.ts'

const batchOverheadBytes = 61

/** Whether some batch belongs to a transaction: mostly none does. */
export function isInTransaction({ topicData }: ProduceRequest): boolean {
  for (const { partitionData } of topicData) {
    for (const { records } of partitionData) {
      if (records !== null && transactionalSequence(records) !== undefined) return true
    }
  }
  return false
}

/** Whose transaction the batches belong to, some of which do. A request has one producer, and names its transactional id. */
export function transactionOf(
  { transactionalId, topicData }: ProduceRequest,
  { apiVersion, mayWrite }: { readonly apiVersion: number; readonly mayWrite: (transactionalId: string) => boolean },
): GuardedProducer | ProtocolError {
  if (transactionalId === null || !mayWrite(transactionalId)) return 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED'
  let found: GuardedProducer | undefined
  for (const { partitionData } of topicData) {
    for (const { records } of partitionData) {
      if (records === null || transactionalSequence(records) === undefined) continue
      const [producerId, producerEpoch] = [producerIdAt(records, 0), producerEpochAt(records, 0)]
      found ??= { transactionalId, producerId, producerEpoch, addedBy: adderOfProduce(apiVersion) }
      if (producerId !== found.producerId || producerEpoch !== found.producerEpoch) return 'INVALID_PRODUCER_ID_MAPPING'
    }
  }
  return found ?? 'INVALID_RECORD'
}

/** Of the first record of a batch in a transaction; `undefined`: it is in none. */
export function transactionalSequence(records: Buffer): number | undefined {
  const isInTransaction = records.length >= batchOverheadBytes && isTransactional(attributesAt(records, 0))
  return isInTransaction ? baseSequenceAt(records, 0) : undefined
}

/** In words that a producer acts upon: what passes makes it try again, also where it is too old to know the error. */
export function producerRefusal(
  error: ProtocolError,
  { addedBy }: Pick<GuardedProducer, 'addedBy'>,
): { readonly error: ProtocolError; readonly message: string | null } {
  switch (error) {
    case 'INVALID_TXN_STATE':
      return { error, message: 'The transaction does not include this partition.' }
    case 'CONCURRENT_TRANSACTIONS':
      return addedBy === 'broker' ? { error, message: null } : tryAgain(error)
    case 'NETWORK_EXCEPTION':
    case 'COORDINATOR_LOAD_IN_PROGRESS':
    case 'COORDINATOR_NOT_AVAILABLE':
    case 'NOT_COORDINATOR':
      return tryAgain(error)
    default:
      return { error, message: null }
  }
}

/** It does not make clients look for another leader. */
function tryAgain(cause: ProtocolError): { readonly error: ProtocolError; readonly message: string } {
  return { error: 'NOT_ENOUGH_REPLICAS', message: `The transaction’s coordinator could not be asked: ${cause}.` }
}
