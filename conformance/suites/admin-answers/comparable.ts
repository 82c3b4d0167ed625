/**
 * An answer without what must differ between two servers: ids, addresses, the order of what has none. What is left is
 * compared value by value. The standard sentence that goes with an error code is worded anew in Gregor, and counts as the
 * same.
 */

export interface Given {
  readonly ports: readonly number[]
  /** What this server says of an error code where it has nothing more to say. */
  readonly standardSentence: (errorCode: number) => string | null | undefined
  /** Names of fields whose values do not matter. */
  readonly ignoring: readonly string[]
}

const zeroId = 'AAAAAAAAAAAAAAAAAAAAAA'
const idFields = new Set(['topicId', 'clusterId', 'replicaDirectoryId', 'id'])
const standard = 'the standard sentence'

export function comparable(answer: unknown, given: Given): unknown {
  if (Array.isArray(answer)) return ordered(answer.map((element) => comparable(element, given)))
  if (Buffer.isBuffer(answer)) return answer.toString('hex')
  if (typeof answer === 'string')
    return given.ports.reduce((text, port) => text.replaceAll(String(port), 'PORT'), answer)
  if (typeof answer === 'number' && given.ports.includes(answer)) return 'PORT'
  if (!isStruct(answer)) return answer
  return Object.fromEntries(
    Object.entries(answer).map(([name, value]) => {
      if (given.ignoring.includes(name)) return [name, 'IGNORED']
      // No message is null here and empty there, as the authors of each answer liked it.
      if (name === 'errorMessage' && value === '') return [name, null]
      if (name === 'errorMessage' && isStandardSentence(value, answer, given)) return [name, standard]
      if (idFields.has(name) && typeof value === 'string') return [name, value === zeroId ? zeroId : 'ID']
      return [name, comparable(value, given)]
    }),
  )
}

function isStandardSentence(text: unknown, { errorCode }: Struct, { standardSentence }: Given): boolean {
  // Apache Kafka prints its own objects where somebody is refused.
  if (typeof text === 'string' && /^Request Request\(.*\) needs \w+ permission\.$/s.test(text)) return true
  return typeof errorCode === 'number' && errorCode !== 0 && text !== null && text === standardSentence(errorCode)
}

type Struct = Record<string, unknown>

function isStruct(value: unknown): value is Struct {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !Buffer.isBuffer(value)
}

/** Structs have no order in Apache Kafka’s answers: they come out of hash maps. */
function ordered(elements: readonly unknown[]): readonly unknown[] {
  if (!elements.every(isStruct)) return elements
  return elements.toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1))
}

function sortKey(struct: Struct): string {
  return JSON.stringify(struct, (name, value: unknown) => (name === 'errorMessage' ? undefined : value))
}
