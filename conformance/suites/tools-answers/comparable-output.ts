/**
 * What a tool said, without what has to differ: times, ids, sizes, the letter of the side; and without stacks, of which
 * Java prints many: `Exception in thread "main" a.b.C: text` and a logged stack are their text. The standard sentence
 * of an error code is the code's name for both, as the words are everybody's own.
 */

import { errorAdvice, errorMessage, errorName, protocolErrors, type ProtocolError } from '@gregor/protocol'

export interface Said {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

export interface Comparable {
  readonly status: number
  readonly stdout: readonly string[]
  /** The first line. */
  readonly stderr: string
}

export interface ComparedBy {
  /** The letter of the side. */
  readonly side: string
  readonly folder: string
  readonly isUnordered?: boolean | undefined
  readonly without?: RegExp | undefined
  /** The standard sentences of Apache Kafka, by code. */
  readonly sentences: ReadonlyMap<number, string>
}

export function comparable({ status, stdout, stderr }: Said, by: ComparedBy): Comparable {
  const lines = withoutStacks(plain(stdout, by).split('\n')).map((line) => line.trimEnd())
  while (lines.at(-1) === '') lines.pop()
  const kept = lines.filter((line) => by.without?.test(line) !== true)
  return {
    status,
    // Where a set is joined by its separator, the first of its lines lacks it, whichever comes first.
    stdout: by.isUnordered === true ? kept.map((line) => line.trimStart()).toSorted() : kept,
    stderr: firstLine(plain(stderr, by)),
  }
}

function plain(text: string, { side, folder, sentences }: ComparedBy): string {
  const withoutTimes = text
    .replaceAll('\r\n', '\n')
    .replaceAll(`${folder}/`, 'FOLDER/')
    .replaceAll(folder, 'FOLDER')
    .replaceAll(new RegExp(`(?<=[-_.])${side}(?![a-zA-Z0-9])`, 'g'), 'SIDE')
    // Sets of Java's that come in another order each time.
    .replaceAll(/(?<=combination ")\[(.*?)\](?=")/g, (_, names: string) => names.split(', ').toSorted().join(', '))
    .replaceAll(/\b\d{13}\b/g, 'MS')
    .replaceAll(/"size":\d+/g, '"size":N')
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID')
  return withCodes(withoutTimes, sentences)
}

/** The longest first, as one may be part of another. */
function withCodes(text: string, sentences: ReadonlyMap<number, string>): string {
  const known = Object.values(protocolErrors).flatMap(({ code }) => {
    const name = errorName(code)
    return [sentences.get(code) ?? '', ...ownSentences(name)].map((sentence) => [sentence, name] as const)
  })
  const ordered = known.filter(([sentence]) => sentence.length > 10).toSorted(([a], [b]) => b.length - a.length)
  let changed = text
  for (const [sentence, name] of ordered) changed = changed.replaceAll(sentence, name)
  // Our client says what an error is about before it says the sentence.
  return changed.replaceAll(/\b(?:(?:group|topic|partition|broker) [\w.-]+|[\w.-]+-\d+): (?=[A-Z_]{6,})/g, '')
}

function ownSentences(name: ProtocolError): readonly string[] {
  return [`${errorMessage(name)} ${errorAdvice(name)}`, errorMessage(name)]
}

/** A stack begins with its error, whose text was said before. */
function withoutStacks(lines: readonly string[]): readonly string[] {
  const isOfStack = (line: string | undefined): boolean => /^(\tat |Caused by: |\t\.\.\. \d+ more)/.test(line ?? '')
  return lines.filter((line, index) => !isOfStack(line) && !isOfStack(lines[index + 1]))
}

function firstLine(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter(
      (line) => line !== '' && !/^(at |Caused by: |\.\.\. \d+ more)|^\[[\d :,-]+\] \w+ \[\w+ clientId=/.test(line),
    )
  const [first = ''] = lines
  return first
    .replace(/^Exception in thread "main" [\w.$]+(: |$)/, '')
    .replace(/^\[\d{4}-\d\d-\d\d [\d:,]+\] ERROR (?:[\w.$]+(?:Exception|Error): )?/, '')
    .replace(/^(?:[a-z][\w.$]*\.[A-Z]\w*(?:Exception|Error): )+/, '')
    .replace(/^\[\d{4}-\d\d-\d\d [\d:,]+\] WARN /, 'WARN ')
    .replace(/ \([\w.$]+\)$/, '')
    .trim()
}
