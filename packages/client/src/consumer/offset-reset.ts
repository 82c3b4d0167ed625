/**
 * Where to begin without an offset, or with one that is no more: `auto.offset.reset`, and what ListOffsets is asked for it.
 * `by_duration:PT1H` begins at the first record of the last hour (KIP-1106).
 */
export type OffsetReset = 'earliest' | 'latest' | 'none' | { readonly durationMs: number }

export const LATEST_TIMESTAMP = -1
export const EARLIEST_TIMESTAMP = -2

/** `undefined` for what is no policy. */
export function parseOffsetReset(text: string): OffsetReset | undefined {
  const word = text.toLowerCase()
  if (word === 'earliest' || word === 'latest' || word === 'none') return word
  const [kind, duration] = [word.slice(0, word.indexOf(':')), text.slice(text.indexOf(':') + 1)]
  if (kind !== 'by_duration') return undefined
  const durationMs = parseDuration(duration)
  return durationMs === undefined ? undefined : { durationMs }
}

/** What ListOffsets is asked for. */
export function resetTimestamp(policy: Exclude<OffsetReset, 'none'>, wallMs: number): number {
  if (policy === 'earliest') return EARLIEST_TIMESTAMP
  if (policy === 'latest') return LATEST_TIMESTAMP
  return Math.max(0, Math.floor(wallMs - policy.durationMs))
}

/** ISO 8601 as Java reads it: PnDTnHnMn.nS, not negative. Milliseconds. */
function parseDuration(text: string): number | undefined {
  const match = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d{1,9})?)S)?)?$/i.exec(text)
  if (match === null || text.length < 3 || /T$/i.test(text)) return undefined
  const [days = '0', hours = '0', minutes = '0', seconds = '0'] = match.slice(1).map((part) => part ?? '0')
  const secondsInAll = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60
  return Math.floor(secondsInAll * 1000 + Number(seconds.replace(',', '.')) * 1000)
}
