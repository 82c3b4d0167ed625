/**
 * Who numbers batches and says what their answers mean: `Sequences` for idempotent producers, and `Unnumbered`, here, for
 * those that are not: nothing protects them from writing twice, and batches under way together may change places when
 * one of them is sent again.
 */
import { isRetriable } from '@gregor/protocol'
import type { NumberedBatch, ProduceAnswer, Sequences, Verdict } from './sequences.ts'

export type Numbering = Pick<Sequences, 'send' | 'resend' | 'answered' | 'lost' | 'expire' | 'split'>

interface Unacknowledged {
  readonly batch: NumberedBatch
  isInFlight: boolean
}

export class Unnumbered implements Numbering {
  readonly #inFlightMax: number
  readonly #windows = new Map<string, Unacknowledged[]>()

  constructor({ inFlightMax }: { readonly inFlightMax: number }) {
    this.#inFlightMax = inFlightMax
  }

  send(partition: string, recordCount: number): NumberedBatch | undefined {
    const window = this.#windows.get(partition) ?? []
    if (window.length >= this.#inFlightMax || window.some(({ isInFlight }) => !isInFlight)) return undefined
    const batch = unnumbered(partition, recordCount)
    this.#windows.set(partition, [...window, { batch, isInFlight: true }])
    return batch
  }

  resend(partition: string): NumberedBatch | undefined {
    const oldest = this.#windows.get(partition)?.find(({ isInFlight }) => !isInFlight)
    if (oldest === undefined) return undefined
    oldest.isInFlight = true
    return oldest.batch
  }

  answered(sent: NumberedBatch, { error, baseOffset }: ProduceAnswer): Verdict {
    if (error !== 'NONE' && isRetriable(error)) return this.lost(sent)
    if (!this.#remove(sent)) return { kind: 'forgotten' }
    return error === 'NONE' ? { kind: 'acknowledged', baseOffset } : { kind: 'failed', error }
  }

  lost(sent: NumberedBatch): Verdict {
    const found = this.#windows.get(sent.partition)?.find(({ batch }) => batch === sent)
    if (found === undefined) return { kind: 'forgotten' }
    found.isInFlight = false
    return { kind: 'retry' }
  }

  expire(sent: NumberedBatch): void {
    this.#remove(sent)
  }

  split(sent: NumberedBatch, recordCounts: readonly number[]): readonly NumberedBatch[] {
    const window = this.#windows.get(sent.partition) ?? []
    const parts = recordCounts.map((recordCount) => unnumbered(sent.partition, recordCount))
    const inWindow = parts.map((batch) => ({ batch, isInFlight: false }))
    if (!window.some(({ batch }) => batch === sent)) return []
    this.#windows.set(
      sent.partition,
      window.flatMap((one) => (one.batch === sent ? inWindow : [one])),
    )
    return parts
  }

  #remove(sent: NumberedBatch): boolean {
    const window = this.#windows.get(sent.partition) ?? []
    const rest = window.filter(({ batch }) => batch !== sent)
    if (rest.length > 0) this.#windows.set(sent.partition, rest)
    else this.#windows.delete(sent.partition)
    return rest.length < window.length
  }
}

function unnumbered(partition: string, recordCount: number): NumberedBatch {
  return { partition, recordCount, producerId: -1, producerEpoch: -1, baseSequence: -1 }
}
