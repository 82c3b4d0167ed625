/**
 * Which timers are set, and what to do when they expire. Not logged: a machine that was rebuilt sets its own.
 * A generation is never used twice, so an expiry that was overtaken by a new setting finds nothing here.
 */
import type { TimerEffect, TimerFired } from '@gregor/machine'

export type Expiry =
  | { readonly type: 'ClassicSession'; readonly groupId: string; readonly memberId: string }
  /** Whoever has not joined by now is left behind. */
  | { readonly type: 'ClassicJoin'; readonly groupId: string }
  /** The first rebalance of a group goes on in steps, for as long as members come. */
  | {
      readonly type: 'ClassicInitialJoin'
      readonly groupId: string
      readonly delayMs: number
      readonly remainingMs: number
    }
  | { readonly type: 'ClassicSync'; readonly groupId: string; readonly generationId: number }
  | {
      readonly type: 'ConsumerSession'
      readonly groupId: string
      readonly memberId: string
      readonly timeoutMs: number
    }
  /** Whoever is still in that epoch has not given up its partitions in time. */
  | {
      readonly type: 'ConsumerRebalance'
      readonly groupId: string
      readonly memberId: string
      readonly memberEpoch: number
    }
  | { readonly type: 'ConsumerJoin' | 'ConsumerSync'; readonly groupId: string; readonly memberId: string }
  | { readonly type: 'OffsetExpiry' }

export class GroupTimers {
  readonly #set = new Map<string, { readonly generation: number; readonly expiry: Expiry }>()
  #generation = 0

  has(key: string): boolean {
    return this.#set.has(key)
  }

  set(key: string, delayMs: number, expiry: Expiry): TimerEffect {
    const generation = ++this.#generation
    this.#set.set(key, { generation, expiry })
    return { type: 'SetTimer', key, delayMs, generation }
  }

  /** `undefined` where there is nothing to cancel. */
  cancel(key: string): TimerEffect | undefined {
    return this.#set.delete(key) ? { type: 'CancelTimer', key } : undefined
  }

  /** What that timer was set for; `undefined` when it was set again or cancelled meanwhile. */
  expire({ key, generation }: Pick<TimerFired, 'key' | 'generation'>): Expiry | undefined {
    const timer = this.#set.get(key)
    if (timer?.generation !== generation) return undefined
    this.#set.delete(key)
    return timer.expiry
  }
}

/** Unique for its parts, whatever characters they are made of. */
export function timerKey(kind: string, groupId: string, memberId?: string): string {
  return memberId === undefined ? `${kind}:${groupId}` : `${kind}:${groupId.length}:${groupId}:${memberId}`
}
