/**
 * One side of a dialogue about groups: several clients that ask one server, and what each was answered. The transcript
 * keeps the answers at the place of their questions, however long they took, and what must differ between two servers
 * (ids that they make, words of their own, the order of what has none) is taken out in the end.
 */

import { setTimeout as sleep } from 'node:timers/promises'

import { errorName, Metadata, type Api, type RequestInput, type ResponseOf } from '@gregor/protocol'

import { RawClient } from '../../harness/raw-client.ts'

/** What is said to both servers. */
export interface Dialogue {
  /** Completes "is answered alike: …". */
  readonly title: string
  readonly run: (talk: Talk) => Promise<void>
}

export interface Question<A extends Api> {
  /** The newest unless given. */
  readonly version?: number
  /** What of the answer is compared; all unless given. */
  readonly part?: (answer: ResponseOf<A>) => unknown
}

interface Line {
  readonly question: string
  answer: unknown
}

/** The server has closed the connection instead of answering, or says nothing: the dialogue is over. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered'
}

const untilMsMax = 15_000
const answerMsMax = 8_000

export class Talk {
  readonly #port: number
  readonly #clients = new Map<string, RawClient>()
  readonly #lines: Line[] = []
  readonly #topicNames = new Map<string, string>()

  constructor(port: number) {
    this.#port = port
  }

  /** Each client has a connection of its own, and its name for a client id. */
  async ask<A extends Api>(
    client: string,
    api: A,
    request: RequestInput<A>,
    { version, part = (answer) => answer }: Question<A> = {},
  ): Promise<ResponseOf<A>> {
    const line: Line = { question: `${client}: ${api.name}${version === undefined ? '' : ` v${version}`}`, answer: '…' }
    this.#lines.push(line)
    try {
      const answer = await this.#call(client, api, request, version)
      line.answer = part(answer)
      return answer
    } catch (error) {
      line.answer = error instanceof Unanswered ? error.message : String(error)
      throw error
    }
  }

  /** Asks again until the answer is such; only that one is compared. */
  async until<A extends Api>(
    client: string,
    api: A,
    request: RequestInput<A>,
    holds: (answer: ResponseOf<A>) => boolean,
    { version, part = (answer) => answer }: Question<A> = {},
  ): Promise<ResponseOf<A>> {
    const endMs = performance.now() + untilMsMax
    for (;;) {
      const answer = await this.#call(client, api, request, version)
      const isSuch = holds(answer)
      if (isSuch || performance.now() > endMs) {
        this.#lines.push({
          question: `${client}: ${api.name}, again and again`,
          answer: isSuch ? part(answer) : answer,
        })
        return answer
      }
      await sleep(20)
    }
  }

  /** The id of a topic that is there. */
  async topicId(name: string): Promise<string> {
    const answer = await this.#call('meta', Metadata, { topics: [{ name }], allowAutoTopicCreation: false })
    const { topicId = '' } = answer.topics[0] ?? {}
    if (topicId !== zeroId) this.#topicNames.set(topicId, name)
    return topicId
  }

  close(): void {
    for (const client of this.#clients.values()) client.close()
  }

  /** What is compared. */
  transcript(): readonly unknown[] {
    const ids = new Ids(this.#topicNames)
    for (const { answer } of this.#lines) ids.meet(answer)
    return this.#lines.map(({ question, answer }) => ({ question, answer: comparable(answer, ids) }))
  }

  async #call<A extends Api>(name: string, api: A, request: RequestInput<A>, version?: number): Promise<ResponseOf<A>> {
    const client =
      this.#clients.get(name) ?? new RawClient(this.#port, { clientId: name, answerTimeoutMs: answerMsMax })
    this.#clients.set(name, client)
    let answer: ResponseOf<A> | 'closed'
    try {
      answer = await client.call(api, request, version)
    } catch (error) {
      throw error instanceof Error && error.message === 'no answer in time' ? new Unanswered(error.message) : error
    }
    if (answer === 'closed') throw new Unanswered('closed')
    return answer
  }
}

const javaUuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g
const kafkaUuid = /^[A-Za-z0-9_-]{22}$/
const zeroId = 'AAAAAAAAAAAAAAAAAAAAAA'

/** Ids that a server has made, by the order in which their owners were told of them. */
class Ids {
  readonly #numbers = new Map<string, number>()
  readonly #topicNames: ReadonlyMap<string, string>

  constructor(topicNames: ReadonlyMap<string, string>) {
    this.#topicNames = topicNames
  }

  meet(answer: unknown): void {
    if (!isStruct(answer) || typeof answer['memberId'] !== 'string') return
    this.replace(answer['memberId'])
  }

  replace(text: string): string {
    const topic = this.#topicNames.get(text)
    if (topic !== undefined) return `id of ${topic}`
    if (kafkaUuid.test(text) && text !== zeroId) return this.#numbered(text)
    return text.replaceAll(javaUuid, (id) => this.#numbered(id))
  }

  #numbered(id: string): string {
    const number = this.#numbers.get(id) ?? this.#numbers.size + 1
    this.#numbers.set(id, number)
    return `<id ${number}>`
  }
}

function comparable(value: unknown, ids: Ids): unknown {
  if (Buffer.isBuffer(value)) return value.toString('hex')
  if (typeof value === 'string') return ids.replace(value)
  if (Array.isArray(value)) {
    // Partitions.
    if (value.every((element) => typeof element === 'number')) return value.toSorted((a, b) => a - b)
    const all = value.map((element) => comparable(element, ids))
    return all.every(isStruct) ? all.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : all
  }
  if (!isStruct(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, comparableField(name, inner, ids)]))
}

function comparableField(name: string, value: unknown, ids: Ids): unknown {
  if (name === 'errorMessage') return 'OWN WORDS'
  if (name === 'errorCode' && typeof value === 'number') return errorName(value)
  if (name === 'port' && value !== -1) return 'PORT'
  return comparable(value, ids)
}

type Struct = Record<string, unknown>

function isStruct(value: unknown): value is Struct {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !Buffer.isBuffer(value)
}
