/** From where and until where `gregor consume` reads: an end of the topic, an offset, the last few, a time, or so long ago. */
import type { Consumer, TopicPartition } from '@gregor/client'
import { UsageError } from '../usage-error.ts'

export type RangeEnd =
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }
  | { readonly kind: 'offset'; readonly offset: number }
  /** So many before the end, in each partition. */
  | { readonly kind: 'last'; readonly count: number }
  /** Milliseconds since the epoch. */
  | { readonly kind: 'time'; readonly timestamp: number }

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/** @param name - of the option, for what is said of a text that means nothing. @throws UsageError */
export function parseRangeEnd(
  text: string,
  { name, nowMs }: { readonly name: string; readonly nowMs: number },
): RangeEnd {
  if (text === 'start' || text === 'earliest' || text === 'beginning') return { kind: 'start' }
  if (text === 'end' || text === 'latest') return { kind: 'end' }
  if (/^\d+$/.test(text)) return { kind: 'offset', offset: Number(text) }
  if (/^-\d+$/.test(text)) return { kind: 'last', count: -Number(text) }
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/.exec(text) ?? []
  if (amount !== undefined) return { kind: 'time', timestamp: Math.trunc(nowMs - Number(amount) * (unitMs[unit] ?? 0)) }
  const timestamp = /^\d{4}-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(timestamp)) return { kind: 'time', timestamp }
  const allowed =
    'start, end, an offset, -5 for the last five, 10m for ten minutes ago (ms s m h d w), or 2026-01-31T12:00'
  throw new UsageError(`${name} ${text}: give ${allowed}`)
}

/** The offset of each partition that `end` means, in the order of the partitions. */
export async function offsetsOf(
  consumer: Consumer,
  partitions: readonly TopicPartition[],
  end: RangeEnd,
): Promise<readonly number[]> {
  const plain = (found: readonly { readonly offset: number }[]): readonly number[] => found.map(({ offset }) => offset)
  const starts = async (): Promise<readonly number[]> => plain(await consumer.beginningOffsets(partitions))
  const ends = async (): Promise<readonly number[]> => plain(await consumer.endOffsets(partitions))
  switch (end.kind) {
    case 'start':
      return starts()
    case 'end':
      return ends()
    case 'offset': {
      const [firsts, lasts] = await Promise.all([starts(), ends()])
      return partitions.map((_, index) => Math.min(Math.max(end.offset, firsts[index] ?? 0), lasts[index] ?? 0))
    }
    case 'last': {
      const [firsts, lasts] = await Promise.all([starts(), ends()])
      return lasts.map((last, index) => Math.max(last - end.count, firsts[index] ?? 0))
    }
    default: {
      const queries = partitions.map((partition) => ({ ...partition, timestamp: end.timestamp }))
      const [found, lasts] = await Promise.all([consumer.offsetsForTimes(queries), ends()])
      return found.map((one, index) => one?.offset ?? lasts[index] ?? 0)
    }
  }
}
