/**
 * Java's `.properties` format, as `java.util.Properties` reads and writes it: comments (`#`, `!`), keys that end at
 * an unescaped `=`, `:` or blank, lines continued by a backslash, `\t \n \r \f \uXXXX` and any other escaped character.
 * Kafka's server.properties, meta.properties and partition.metadata-like files are of this format.
 *
 * Two differences, on purpose: Java reads the bytes as ISO-8859-1 (see `propertiesText`), and makes an empty key of
 * a backslash that is all there is on the last line.
 */
import { ConfigError } from './config-error.ts'

/**
 * The text of a properties file: UTF-8 where the bytes are valid UTF-8, else ISO-8859-1 as Java has it.
 * A path with an umlaut then means what its author sees in the editor.
 */
export function propertiesText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = buffer.toString('utf8')
  return text.includes('\uFFFD') ? buffer.toString('latin1') : text.replace(/^\uFEFF/, '')
}

/**
 * Parses a whole file. The last of several lines with one key wins; the order is that of first appearance.
 *
 * @throws ConfigError for a `\u` that four hexadecimal digits do not follow, the only thing Java refuses.
 */
export function parseProperties(text: string): Map<string, string> {
  const properties = new Map<string, string>()
  for (const line of logicalLines(text)) {
    const keyEnd = endOfKey(line)
    properties.set(unescape(line.slice(0, keyEnd)), unescape(line.slice(startOfValue(line, keyEnd))))
  }
  return properties
}

/**
 * Writes properties as Java's `store` does, in the order given: ASCII only, one line each, `\n` at the end of each.
 *
 * @param comments - lines to put first, without their `#`; the date that Java adds is the caller's to add.
 */
export function writeProperties(
  properties: Iterable<readonly [string, string]>,
  comments: readonly string[] = [],
): string {
  let text = comments.map((comment) => `#${comment.replaceAll(/\r\n|[\r\n]/g, '\n#')}\n`).join('')
  for (const [key, value] of properties) text += `${escape(key, true)}=${escape(value, false)}\n`
  return text
}

/** Lines with their continuations, without comments, blank lines and leading blanks; escapes still in place. */
function* logicalLines(text: string): Generator<string> {
  let joined = ''
  for (const natural of text.split(/\r\n|[\r\n]/)) {
    const line = natural.replace(/^[ \t\f]+/, '')
    // Behind a line that is nothing but a backslash, Java looks for comments again.
    if (joined === '' && (line === '' || line.startsWith('#') || line.startsWith('!'))) continue
    joined += line
    if (isContinued(line)) {
      joined = joined.slice(0, -1)
    } else {
      yield joined
      joined = ''
    }
  }
  if (joined !== '') yield joined
}

/** An odd number of backslashes ends the line. */
function isContinued(line: string): boolean {
  let backslashes = 0
  while (line.at(-1 - backslashes) === '\\') backslashes++
  return backslashes % 2 === 1
}

function endOfKey(line: string): number {
  for (let i = 0; i < line.length; i++) {
    const character = line.charAt(i)
    if (character === '\\') i++
    else if (isSeparator(character) || isBlank(character)) return i
  }
  return line.length
}

/** Behind blanks, at most one separator, and blanks again. */
function startOfValue(line: string, keyEnd: number): number {
  let i = keyEnd
  while (isBlank(line.charAt(i))) i++
  if (isSeparator(line.charAt(i))) i++
  while (isBlank(line.charAt(i))) i++
  return i
}

function isSeparator(character: string): boolean {
  return character === '=' || character === ':'
}

function isBlank(character: string): boolean {
  return character === ' ' || character === '\t' || character === '\f'
}

const escapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' }

function unescape(text: string): string {
  if (!text.includes('\\')) return text
  return text.replaceAll(
    /\\(?:u([0-9a-fA-F]{4})|(u)|([^])|$)/g,
    (_, hex?: string, bad?: string, character?: string) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
      if (bad !== undefined) throw malformedEscape(text)
      return character === undefined ? '' : (escapes[character] ?? character)
    },
  )
}

function malformedEscape(text: string): ConfigError {
  const message = `malformed \\uxxxx in "${text}": four hexadecimal digits must follow \\u; write \\\\u for a backslash and a u`
  return new ConfigError([{ message }])
}

const written: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r', '\f': '\\f' }

function escape(text: string, isKey: boolean): string {
  return text.replaceAll(/[\\=:#!\t\n\r\f ]|[^\x20-\x7e]/g, (character, at: number) => {
    if (character === ' ') return isKey || at === 0 ? '\\ ' : ' '
    if (/[\\=:#!]/.test(character)) return `\\${character}`
    return written[character] ?? `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`
  })
}
