/** For tests: the producers of a partition on a disk in memory, and what they write. */
import { LineLogger, MemoryDisk } from '@gregor/platform'
import { BatchBuilder, transactionMarkerBatch } from '@gregor/protocol'
import type { AppendOrigin, ProducerCheck } from './producer-check.ts'
import { ProducerState } from './producer-state.ts'

export const DAY_MS = 86_400_000

interface BatchGiven {
  readonly producerId?: number
  readonly epoch?: number
  readonly sequence?: number
  readonly count?: number
  readonly offset?: number
  readonly isTransactional?: boolean
  readonly timestamp?: number
}

export function data(given: BatchGiven = {}): Buffer {
  const { producerId = 7, epoch = 0, sequence = 0, count = 1, offset = 0, isTransactional = false } = given
  const builder = new BatchBuilder({
    baseOffset: offset,
    producerId,
    producerEpoch: epoch,
    baseSequence: sequence,
    isTransactional,
  })
  for (let number = 0; number < count; number++) builder.append(null, Buffer.from('v'), [], given.timestamp ?? 1000)
  return builder.build()
}

export function marker(given: {
  outcome: 'Commit' | 'Abort'
  producerId?: number
  epoch?: number
  coordinatorEpoch?: number
  offset?: number
}): Buffer {
  return transactionMarkerBatch({
    outcome: given.outcome,
    producerId: given.producerId ?? 7,
    producerEpoch: given.epoch ?? 0,
    coordinatorEpoch: given.coordinatorEpoch ?? 0,
    timestamp: 1000,
    baseOffset: given.offset ?? 0,
  })
}

export class ProducerFixture {
  readonly disk = new MemoryDisk()
  readonly lines: string[] = []
  readonly discarded: string[] = []
  state: ProducerState

  constructor({ isVerifying = false } = {}) {
    this.disk.makeDirectory('/log')
    this.state = this.open(isVerifying)
  }

  open(isVerifying = false): ProducerState {
    this.state = new ProducerState({
      disk: this.disk,
      logger: new LineLogger({
        level: 'info',
        format: 'text',
        wallMs: () => 0,
        write: (line) => this.lines.push(line),
      }),
      directory: '/log',
      discard: (paths) => this.discarded.push(...paths),
      producerIdExpirationMs: DAY_MS,
      isVerifying,
    })
    return this.state
  }

  /** As a restart does it: newest snapshot, then the batches behind it. */
  reopen(batches: readonly Buffer[], logEndOffset: number, logStartOffset = 0): ProducerState {
    const state = this.open()
    state.truncateAndReload({ logStartOffset, logEndOffset, nowMs: 2000 })
    const from = state.endOffset
    for (const batch of batches) if (batch.readInt32BE(4) >= from) state.apply(batch)
    return state
  }
}

export function check(state: ProducerState, batch: Buffer, origin: AppendOrigin = 'client', more = {}): string {
  const result: ProducerCheck = state.check(batch, 0, { origin, ...more })
  if (result.outcome === 'refused') return result.error
  return result.outcome === 'duplicate' ? `duplicate of ${result.firstOffset}-${result.lastOffset}` : 'accepted'
}
