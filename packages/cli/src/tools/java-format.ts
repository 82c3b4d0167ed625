/** Numbers and dates as Java’s `printf` and `SimpleDateFormat` write them. */

/** `%.2f`: rounded half up on the decimal digits that the number is usually written with. */
export function fixed(value: number, digits: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity'
  const [mantissa = '0', exponent = '0'] = Math.abs(value).toExponential().split('e')
  const significant = mantissa.replace('.', '')
  // The number is 0.significant times ten to the power of this.
  const point = Number(exponent) + 1
  const kept = point + digits
  const all = kept >= significant.length ? significant.padEnd(kept, '0') : rounded(significant, kept)
  const whole = all.padStart(digits + 1, '0')
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  return digits === 0 ? `${sign}${whole}` : `${sign}${whole.slice(0, -digits)}.${whole.slice(-digits)}`
}

/** The first `count` digits, as a number, one more where the next digit is 5 or above. */
function rounded(digits: string, count: number): string {
  if (count < 0) return '0'
  const up = (digits[count] ?? '0') >= '5' ? 1n : 0n
  return String(BigInt(digits.slice(0, count) || '0') + up)
}

/** The message names the letter that means nothing. */
export class DateFormatError extends Error {
  override readonly name = 'DateFormatError'
}

/**
 * The letters `y M d H k h K m s S a E D` and text in quotes, in local time: what formats of times are made of.
 * @throws DateFormatError
 */
export function dateText(format: string, wallMs: number): string {
  const at = new Date(wallMs)
  return format.replace(
    /'((?:[^']|'')*)'|([A-Za-z])\2*/g,
    (run: string, quoted: string | undefined, letter: string) => {
      if (quoted !== undefined) return quoted === '' ? "'" : quoted.replaceAll("''", "'")
      return field(letter, run.length, at)
    },
  )
}

function field(letter: string, length: number, at: Date): string {
  const padded = (number: number): string => String(number).padStart(length, '0')
  switch (letter) {
    case 'y':
      return length === 2 ? String(at.getFullYear()).slice(-2) : padded(at.getFullYear())
    case 'M':
      if (length < 3) return padded(at.getMonth() + 1)
      return at.toLocaleString('en', { month: length === 3 ? 'short' : 'long' })
    case 'd':
      return padded(at.getDate())
    case 'H':
      return padded(at.getHours())
    case 'k':
      return padded(at.getHours() === 0 ? 24 : at.getHours())
    case 'K':
      return padded(at.getHours() % 12)
    case 'h':
      return padded(at.getHours() % 12 === 0 ? 12 : at.getHours() % 12)
    case 'm':
      return padded(at.getMinutes())
    case 's':
      return padded(at.getSeconds())
    case 'S':
      return padded(at.getMilliseconds())
    case 'a':
      return at.getHours() < 12 ? 'AM' : 'PM'
    case 'E':
      return at.toLocaleString('en', { weekday: length < 4 ? 'short' : 'long' })
    default:
      throw new DateFormatError(`Illegal pattern character '${letter}'`)
  }
}
