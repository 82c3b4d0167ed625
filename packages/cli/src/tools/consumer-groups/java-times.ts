/** Times as `--to-datetime` and `--by-duration` take them: as Java’s classes for them read them. */

const dayMs = 86_400_000
const hourMs = 3_600_000
const minuteMs = 60_000
const secondMs = 1_000

/**
 * `2026-11-21T21:15:00.000`, UTC unless a zone follows: in ms since the epoch.
 * @throws Error with the words of Java
 */
export function wallTimeMs(text: string): number {
  const [, time] = text.split('T')
  if (time === undefined) {
    throw new Error(
      "java.text.ParseException: Error parsing timestamp. It does not contain a 'T' according to ISO8601 format",
    )
  }
  const zoned = /[+\-Z]/.test(time) ? text : `${text}Z`
  const found = /^(\d+)-(\d{1,2})-(\d{1,2})T(\d{1,2}):(\d{1,2}):(\d{1,2})\.(\d+)(Z|([+-])(\d{1,2}):?(\d{2})?)/.exec(
    zoned,
  )
  if (found === null) throw unparsable(zoned)
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, milli = 0] = found.slice(1, 8).map(Number)
  const ms = Date.UTC(year, month - 1, day, hour, minute, second, milli)
  const isReal =
    month >= 1 && month <= 12 && new Date(ms).getUTCDate() === day && hour < 24 && minute < 60 && second < 60
  if (!isReal || milli >= secondMs) throw unparsable(zoned)
  const [, , , , , , , , , sign, zoneHours = '0', zoneMinutes = '0'] = found
  const zoneMs = (Number(zoneHours) * hourMs + Number(zoneMinutes) * minuteMs) * (sign === '-' ? -1 : 1)
  return ms - zoneMs
}

function unparsable(text: string): Error {
  return new Error(`java.text.ParseException: Unparseable date: "${text}"`)
}

/** `P1DT2H3M4.5S` @throws Error with the words of Java */
export function durationMs(text: string): number {
  const found = /^([+-]?)P(?:([+-]?\d+)D)?(T(?:([+-]?\d+)H)?(?:([+-]?\d+)M)?(?:([+-]?\d+(?:[.,]\d{0,9})?)S)?)?$/i.exec(
    text,
  )
  const [, sign = '', days, timePart, hours, minutes, seconds] = found ?? []
  const isEmpty = days === undefined && hours === undefined && minutes === undefined && seconds === undefined
  if (found === null || isEmpty || timePart?.toUpperCase() === 'T')
    throw new Error('Text cannot be parsed to a Duration')
  const ms =
    Number(days ?? 0) * dayMs +
    Number(hours ?? 0) * hourMs +
    Number(minutes ?? 0) * minuteMs +
    Number((seconds ?? '0').replace(',', '.')) * secondMs
  return Math.round(sign === '-' ? -ms : ms)
}
