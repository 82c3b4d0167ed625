/** Timers that a transaction coordinator waits for. One that was set again is told from its former self by its generation. */
import type { SetTimer, TimerFired } from '@gregor/machine'

/** With a transactional id: to send its markers again. */
export type TimerPurpose = 'AbortTimedOut' | 'RemoveExpired' | { readonly transactionalId: string }

export class TransactionTimers {
  readonly #set = new Map<string, { readonly generation: number; readonly purpose: TimerPurpose }>()
  #generation = 0

  set(purpose: TimerPurpose, delayMs: number): SetTimer {
    const key = typeof purpose === 'string' ? purpose : `markers:${purpose.transactionalId}`
    const generation = ++this.#generation
    this.#set.set(key, { generation, purpose })
    return { type: 'SetTimer', key, delayMs, generation }
  }

  /** What that timer was set for; `undefined` when it was set again meanwhile. */
  expire({ key, generation }: Pick<TimerFired, 'key' | 'generation'>): TimerPurpose | undefined {
    const timer = this.#set.get(key)
    if (timer?.generation !== generation) return undefined
    this.#set.delete(key)
    return timer.purpose
  }
}
