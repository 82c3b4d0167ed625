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
}

const eventsPerGroupMax = 100
const eventsMax = 20_000
const textLengthMax = 500

export class GroupHistories {
  /** The group that something happened to last is the last one. */
  readonly #byGroup = new Map<string, GroupHistoryEvent[]>()
  #size = 0

  /** Oldest first; empty for a group that nothing is known of. */
  explain(groupId: string): readonly GroupHistoryEvent[] {
    return [...(this.#byGroup.get(groupId) ?? [])]
  }

  add(groupId: string, event: GroupHistoryEvent): void {
    const events = this.#byGroup.get(groupId) ?? []
    this.#byGroup.delete(groupId)
    this.#byGroup.set(groupId, events)
    const { memberId, text } = event
    events.push({ ...event, text: cut(text), ...(memberId === undefined ? {} : { memberId: cut(memberId) }) })
    this.#size++
    if (events.length > eventsPerGroupMax) {
      events.shift()
      this.#size--
    }
    if (this.#size > eventsMax) this.#forgetQuietest()
  }

  /** The group that nothing happened to for the longest time. */
  #forgetQuietest(): void {
    for (const [groupId, events] of this.#byGroup) {
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
