/** DescribeTransactions and ListTransactions. */
import { errorCode } from '@gregor/protocol'
import type { ProtocolError } from '@gregor/protocol'
import { RE2JS, RE2JSException } from 're2js'
import type { Transaction } from './transaction.ts'
import { transactionStates } from './transaction-log-record.ts'
import type { TransactionEventOf, TransactionReplies } from './transaction-event.ts'
import type { CoordinatorState } from './transaction-state.ts'

type Description = TransactionReplies['DescribeTransactions'][number]
type ListRequest = TransactionEventOf<'ListTransactions'>['request']

export function describeTransactions(
  state: CoordinatorState,
  { transactionalIds }: TransactionEventOf<'DescribeTransactions'>,
): TransactionReplies['DescribeTransactions'] {
  return transactionalIds.map((transactionalId) => {
    if (transactionalId === '') return undescribed(transactionalId, 'INVALID_REQUEST')
    const transaction = state.transactions.get(transactionalId)
    if (transaction === undefined) return undescribed(transactionalId, 'TRANSACTIONAL_ID_NOT_FOUND')
    return describe(state, transactionalId, transaction)
  })
}

/** What is said of a transactional id where nothing can be said of it. */
export function undescribed(transactionalId: string, error: ProtocolError): Description {
  return {
    errorCode: errorCode(error),
    transactionalId,
    transactionState: '',
    transactionTimeoutMs: 0,
    transactionStartTimeMs: 0,
    producerId: 0,
    producerEpoch: 0,
    topics: [],
  }
}

function describe({ endings }: CoordinatorState, transactionalId: string, transaction: Transaction): Description {
  const topics = endings.get(transactionalId)?.topics ?? transaction.topics
  return {
    errorCode: 0,
    transactionalId,
    transactionState: transaction.state,
    transactionTimeoutMs: transaction.timeoutMs,
    transactionStartTimeMs: transaction.startedAtMs,
    producerId: transaction.producerId,
    producerEpoch: transaction.producerEpoch,
    topics: topics.map(({ name, partitions }) => ({ topic: name, partitions: [...partitions] })),
  }
}

/** Names of states as Apache Kafka knows them; in the last two no transaction is ever seen. */
const stateNames: ReadonlySet<string> = new Set([...transactionStates, 'Dead', 'PrepareEpochFence'])

/** A name that is no state matches nothing, and is reported. */
export function listTransactions(
  { transactions }: CoordinatorState,
  { request }: TransactionEventOf<'ListTransactions'>,
  nowMs: number,
): TransactionReplies['ListTransactions'] {
  const matches = patternOf(request.transactionalIdPattern)
  if (matches === undefined) return refuseList('INVALID_REGULAR_EXPRESSION')
  const isWanted = filterOf(request, nowMs)
  const states = new Set(request.stateFilters)
  return {
    errorCode: 0,
    unknownStateFilters: [...states].filter((name) => !stateNames.has(name)),
    transactionStates: [...transactions]
      .filter(([transactionalId, transaction]) => isWanted(transaction) && matches(transactionalId))
      .map(([transactionalId, { producerId, state }]) => ({ transactionalId, producerId, transactionState: state })),
  }
}

export function refuseList(error: ProtocolError): TransactionReplies['ListTransactions'] {
  return { errorCode: errorCode(error), unknownStateFilters: [], transactionStates: [] }
}

function filterOf(
  { stateFilters, producerIdFilters, durationFilter }: ListRequest,
  nowMs: number,
): (transaction: Transaction) => boolean {
  const [states, producerIds] = [new Set(stateFilters), new Set(producerIdFilters)]
  return ({ state, producerId, startedAtMs }) =>
    (states.size === 0 || states.has(state)) &&
    (producerIds.size === 0 || producerIds.has(producerId)) &&
    (durationFilter < 0 || nowMs - startedAtMs > durationFilter)
}

/** The whole id must match, by an engine that takes linear time. `undefined`: it is no regular expression. */
function patternOf(pattern: string | null): ((transactionalId: string) => boolean) | undefined {
  if (pattern === null || pattern === '') return () => true
  try {
    const compiled = RE2JS.compile(pattern)
    return (transactionalId) => compiled.matches(transactionalId)
  } catch (error) {
    if (error instanceof RE2JSException) return undefined
    throw error
  }
}
