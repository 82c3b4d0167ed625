/**
 * What happened in each group lately, for whoever asks why it rebalances (`explain`). In memory only, of the time since
 * this coordinator was loaded, and bounded: so many events of a group, so many characters of an event, so many events
 * of a coordinator.
 */

export type GroupEventKind =
  | 'Loaded'
  | 'Joined'
  | 'Left'
  | 'TimedOut'
  | 'Fenced'
  | 'Refused'
  | 'Replaced'
  | 'RebalanceStarted'
  | 'RebalanceCompleted'
  | 'Assigned'
  | 'Emptied'
  | 'Converted'
  | 'OffsetsExpired'
  | 'Deleted'

export interface GroupHistoryEvent {
  /** Wall clock. */
  readonly atMs: number
  readonly kind: GroupEventKind
  readonly memberId?: string
  /** A sentence. */
  readonly text: string
  /** Of RebalanceCompleted and Assigned: how long after the rebalance began, in ms. */
  readonly tookMs?: number
}

interface GroupHistory {
  readonly events: GroupHistoryEvent[]
  /** Monotonic. */
  rebalanceBeganAtMs: number | undefined
}

const eventsPerGroupMax = 100
const eventsMax = 20_000
const textLengthMax = 500

export class GroupHistories {
  /** The group that something happened to last is the last one. */
  readonly #byGroup = new Map<string, GroupHistory>()
  #size = 0

  /** Oldest first; empty for a group that nothing is known of. */
  explain(groupId: string): readonly GroupHistoryEvent[] {
    return [...(this.#byGroup.get(groupId)?.events ?? [])]
  }

  add(groupId: string, event: GroupHistoryEvent): void {
    const history = this.#byGroup.get(groupId) ?? { events: [], rebalanceBeganAtMs: undefined }
    this.#byGroup.delete(groupId)
    this.#byGroup.set(groupId, history)
    const { events } = history
    const { memberId, text } = event
    events.push({ ...event, text: cut(text), ...(memberId === undefined ? {} : { memberId: cut(memberId) }) })
    this.#size++
    if (events.length > eventsPerGroupMax) {
      events.shift()
      this.#size--
    }
    if (this.#size > eventsMax) this.#forgetQuietest()
  }

  /** @param monotonicMs - now. */
  rebalanceBegins(groupId: string, monotonicMs: number): void {
    const history = this.#byGroup.get(groupId)
    if (history !== undefined) history.rebalanceBeganAtMs = monotonicMs
  }

  /** `undefined` where none is remembered. */
  rebalanceBeganAtMs(groupId: string): number | undefined {
    return this.#byGroup.get(groupId)?.rebalanceBeganAtMs
  }

  /** The group that nothing happened to for the longest time. */
  #forgetQuietest(): void {
    for (const [groupId, { events }] of this.#byGroup) {
      this.#byGroup.delete(groupId)
      this.#size -= events.length
      return
    }
  }
}

/** Most of what is said comes from clients. */
function cut(text: string): string {
  return text.length > textLengthMax ? `${text.slice(0, textLengthMax)}…` : text
}
