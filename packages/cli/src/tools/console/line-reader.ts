/** Lines to records, as Java’s LineMessageReader does it: `headers TAB key TAB value`, with separators of one’s own. */
import { ToolExit } from '../tool-exit.ts'

export interface LineRecord {
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly (readonly [key: string, value: string | null])[]
}

export interface LineReaderOptions {
  readonly parsesKey: boolean
  readonly keySeparator: string
  readonly parsesHeaders: boolean
  readonly headersDelimiter: string
  readonly headersSeparator: string
  readonly headersKeySeparator: string
  /** Lines that lack a separator are values, headers that lack it have no value. */
  readonly ignoresErrors: boolean
  /** What is the same as this becomes null. */
  readonly nullMarker: string | undefined
}

/** @param properties - `parse.key`, `key.separator`, … @throws ToolExit where separators are not different. */
export function readerOptions(properties: ReadonlyMap<string, string>): LineReaderOptions {
  const isTrue = (name: string): boolean => (properties.get(name) ?? '').trim().toLowerCase() === 'true'
  const options = {
    parsesKey: isTrue('parse.key'),
    keySeparator: properties.get('key.separator') ?? '\t',
    parsesHeaders: isTrue('parse.headers'),
    headersDelimiter: properties.get('headers.delimiter') ?? '\t',
    headersSeparator: properties.get('headers.separator') ?? ',',
    headersKeySeparator: properties.get('headers.key.separator') ?? ':',
    ignoresErrors: isTrue('ignore.error'),
    nullMarker: properties.get('null.marker'),
  }
  const { keySeparator, headersDelimiter, headersSeparator, headersKeySeparator, nullMarker } = options
  const pairs: readonly (readonly [string, string | undefined, string, string])[] = [
    ['headers.delimiter', headersDelimiter, 'headers.separator', headersSeparator],
    ['headers.delimiter', headersDelimiter, 'headers.key.separator', headersKeySeparator],
    ['headers.separator', headersSeparator, 'headers.key.separator', headersKeySeparator],
    ['null.marker', nullMarker, 'key.separator', keySeparator],
    ['null.marker', nullMarker, 'headers.separator', headersSeparator],
    ['null.marker', nullMarker, 'headers.delimiter', headersDelimiter],
    ['null.marker', nullMarker, 'headers.key.separator', headersKeySeparator],
  ]
  for (const [one, oneText, other, otherText] of pairs) {
    if (oneText === otherText) throw kafkaException(`${one} and ${other} may not be equal`)
  }
  return options
}

export class LineReader {
  readonly #options: LineReaderOptions
  readonly #separator: RegExp
  #lineNumber = 0

  constructor(options: LineReaderOptions) {
    this.#options = options
    // A regular expression in Java, too.
    this.#separator = new RegExp(options.headersSeparator, 'u')
  }

  /** @throws ToolExit where a separator is missing. */
  read(line: string): LineRecord {
    const { parsesHeaders, headersDelimiter, parsesKey, keySeparator, nullMarker } = this.#options
    this.#lineNumber++
    const headers = parsesHeaders ? this.#part(line, 0, headersDelimiter, 'headers delimiter') : undefined
    const keyStart = headers === undefined ? 0 : headers.length + headersDelimiter.length
    const key = parsesKey ? this.#part(line, keyStart, keySeparator, 'key separator') : undefined
    const value = line.slice(keyStart + (key === undefined ? 0 : key.length + keySeparator.length))
    return {
      key: key === undefined || key === nullMarker ? null : key,
      value: value === nullMarker ? null : value,
      headers: headers === undefined || headers === nullMarker ? [] : this.#headers(headers),
    }
  }

  #part(line: string, start: number, separator: string, name: string): string | undefined {
    const end = line.indexOf(separator, start)
    if (end !== -1) return line.slice(start, end)
    if (this.#options.ignoresErrors) return undefined
    throw kafkaException(`No ${name} found on line number ${this.#lineNumber}: '${line}'`)
  }

  #headers(text: string): LineRecord['headers'] {
    const { headersKeySeparator, ignoresErrors, nullMarker } = this.#options
    return javaSplit(text, this.#separator).map((pair) => {
      const at = pair.indexOf(headersKeySeparator)
      if (at === -1) {
        if (ignoresErrors) return [pair, null]
        throw kafkaException(`No header key separator found in pair '${pair}' on line number ${this.#lineNumber}`)
      }
      const key = pair.slice(0, at)
      if (key === nullMarker) {
        throw kafkaException(`Header keys should not be equal to the null marker '${nullMarker}' as they can't be null`)
      }
      const value = pair.slice(at + headersKeySeparator.length)
      return [key, value === nullMarker ? null : value]
    })
  }
}

/** Empty parts at the end are left out, unless nothing is there at all. */
function javaSplit(text: string, separator: RegExp): readonly string[] {
  if (text === '') return ['']
  const parts = text.split(separator)
  return parts.slice(0, parts.findLastIndex((part) => part !== '') + 1)
}

function kafkaException(message: string): ToolExit {
  return new ToolExit(`org.apache.kafka.common.KafkaException: ${message}`)
}
