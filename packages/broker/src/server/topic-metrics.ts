/**
 * Bytes, requests and failures per topic, as plain fields that a scrape reads (kafka.server:type=BrokerTopicMetrics).
 * Bound: topics that were deleted are forgotten with their counts; the totals stay.
 */
import type { AppendResult } from '@gregor/storage'

export interface TopicCounts {
  messagesIn: number
  bytesIn: number
  bytesOut: number
  bytesRejected: number
  produceRequests: number
  fetchRequests: number
  failedProduceRequests: number
  failedFetchRequests: number
}

function zeroCounts(): TopicCounts {
  return {
    messagesIn: 0,
    bytesIn: 0,
    bytesOut: 0,
    bytesRejected: 0,
    produceRequests: 0,
    fetchRequests: 0,
    failedProduceRequests: 0,
    failedFetchRequests: 0,
  }
}

export class TopicMetrics {
  readonly all: TopicCounts = zeroCounts()
  readonly byTopic = new Map<string, TopicCounts>()

  /** Counts the append of one batch of `byteCount` bytes. */
  produced(topic: string, byteCount: number, result: AppendResult): void {
    const counts = this.#of(topic)
    counts.produceRequests++
    this.all.produceRequests++
    if (result.error !== 'NONE') {
      counts.failedProduceRequests++
      this.all.failedProduceRequests++
      if (result.error === 'MESSAGE_TOO_LARGE') {
        counts.bytesRejected += byteCount
        this.all.bytesRejected += byteCount
      }
      return
    }
    counts.bytesIn += byteCount
    this.all.bytesIn += byteCount
    const messageCount = result.lastOffset - result.baseOffset + 1
    counts.messagesIn += messageCount
    this.all.messagesIn += messageCount
  }

  fetched(topic: string, byteCount: number): void {
    const counts = this.#of(topic)
    counts.bytesOut += byteCount
    this.all.bytesOut += byteCount
  }

  /** A read that failed may be of a topic that does not exist: only what is known gets counts of its own. */
  fetchAsked(topic: string, isFailed: boolean): void {
    this.all.fetchRequests++
    if (isFailed) this.all.failedFetchRequests++
    const counts = isFailed ? this.byTopic.get(topic) : this.#of(topic)
    if (counts === undefined) return
    counts.fetchRequests++
    if (isFailed) counts.failedFetchRequests++
  }

  forget(topic: string): void {
    this.byTopic.delete(topic)
  }

  #of(topic: string): TopicCounts {
    const known = this.byTopic.get(topic)
    if (known !== undefined) return known
    const counts = zeroCounts()
    this.byTopic.set(topic, counts)
    return counts
  }
}
