/** What leaders say to the markers of an ending transaction. Once all of its partitions have one it is complete. */
import type { ProtocolError } from '@gregor/protocol'
import { writeMarkers } from './end.ts'
import type { OutstandingMarkers } from './outstanding-markers.ts'
import { completed } from './transaction.ts'
import type { MarkerResult, TransactionEventOf } from './transaction-event.ts'
import { write } from './turn.ts'
import type { Turn } from './turn.ts'

export function markersWritten(
  turn: Turn,
  { transactionalId, decisionOffset, results }: TransactionEventOf<'MarkersWritten'>,
): void {
  const ending = turn.state.endings.get(transactionalId)
  // Of a transaction that is long complete.
  if (ending?.decisionOffset !== decisionOffset) return
  for (const result of results) takeResult(turn, transactionalId, ending, result)
  if (ending.isDone) complete(turn, transactionalId)
}

/** The log is applied: what may be missing of the markers of those who led it before is written now. */
export function resumeEndings(turn: Turn): void {
  for (const [transactionalId, ending] of turn.state.endings) {
    if (ending.isDone) complete(turn, transactionalId)
    else send(turn, transactionalId, { decisionOffset: ending.decisionOffset, topics: ending.topics })
  }
}

/** Time has come to try those again that failed. */
export function retryMarkers(turn: Turn, transactionalId: string): void {
  const ending = turn.state.endings.get(transactionalId)
  if (ending === undefined || ending.isRefused) return
  const topics = ending.takeFailed()
  if (topics.length > 0) send(turn, transactionalId, { decisionOffset: ending.decisionOffset, topics })
}

function takeResult(
  turn: Turn,
  transactionalId: string,
  ending: OutstandingMarkers,
  { topic, partition, result }: MarkerResult,
): void {
  if (!ending.has(topic, partition)) return
  switch (result) {
    case 'NONE':
    case 'PARTITION_DELETED':
    case 'UNSUPPORTED_FOR_MESSAGE_FORMAT':
    case 'UNSUPPORTED_VERSION':
      // Where such a marker is not understood, no record of a transaction can be either.
      return ending.remove(topic, partition)
    case 'INVALID_PRODUCER_EPOCH':
      // It knows a newer producer, whose epoch this log has lost: it will take no marker of this one, ever.
      turn.effects.push({ type: 'MarkersRefused', transactionalId, topic, partition, error: result })
      return ending.remove(topic, partition)
    case 'TRANSACTION_COORDINATOR_FENCED':
      return refuse(turn, ending, { transactionalId, topic, partition, error: result })
    default:
      // Leaders move, brokers come back; without its marker the partition stays closed to those who read what is committed.
      if (ending.fail(topic, partition)) {
        turn.effects.push(turn.state.timers.set({ transactionalId }, ending.retryDelayMs))
      }
  }
}

function refuse(
  { effects }: Turn,
  ending: OutstandingMarkers,
  what: {
    readonly transactionalId: string
    readonly topic: string
    readonly partition: number
    readonly error: ProtocolError
  },
): void {
  if (ending.isRefused) return
  ending.refuse()
  effects.push({ type: 'MarkersRefused', ...what })
}

function complete(turn: Turn, transactionalId: string): void {
  const before = turn.state.transactions.get(transactionalId)
  if (before !== undefined) write(turn, transactionalId, completed(before, turn.given.nowMs))
}

function send(turn: Turn, transactionalId: string, what: Parameters<typeof writeMarkers>[3]): void {
  const transaction = turn.state.transactions.get(transactionalId)
  if (transaction !== undefined) writeMarkers(turn, transactionalId, transaction, what)
}
