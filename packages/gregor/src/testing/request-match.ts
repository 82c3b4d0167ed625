/** Which requests a hook is about, and what of a request says so. */
import type { InterceptedRequest } from '@gregor/broker'
import { apis } from '@gregor/protocol'

export interface RequestMatch {
  /** Names of APIs as Kafka has them: `Produce`, `Fetch`, `JoinGroup`. Default: all. */
  readonly api?: string | readonly string[]
  /** Requests that name this topic, among others perhaps. Default: all. */
  readonly topic?: string
  /** Requests that name this group. Default: all. */
  readonly group?: string
  /** As the client calls itself. Default: all. */
  readonly clientId?: string
  /** What else has to hold. */
  readonly where?: (request: MatchedRequest) => boolean
}

export interface MatchedRequest {
  readonly api: string
  readonly version: number
  readonly clientId: string
  /** The decoded request, by the field names of Kafka’s schemas. */
  readonly body: unknown
}

/** What requests of newer versions call topics by. */
export type TopicNames = (topicId: string) => string | undefined

const apiNames: ReadonlySet<string> = new Set(apis.map(({ name }) => name))
const topicFields: ReadonlySet<string> = new Set(['name', 'topic', 'topicName', 'topics', 'topicNames', 'resourceName'])
const topicIdFields: ReadonlySet<string> = new Set(['topicId', 'topicIds'])
const groupFields: ReadonlySet<string> = new Set([
  'groupId',
  'groupIds',
  'groups',
  'groupsNames',
  'key',
  'coordinatorKeys',
])

/** @throws TypeError for the name of an API that is none. */
export function matcher(
  { api, topic, group, clientId, where }: RequestMatch,
  topicNames: TopicNames,
): (request: InterceptedRequest) => boolean {
  const wanted = api === undefined ? undefined : new Set(typeof api === 'string' ? [api] : api)
  for (const name of wanted ?? []) {
    if (!apiNames.has(name)) throw new TypeError(`${JSON.stringify(name)} is no API of Kafka: Produce, Fetch … are`)
  }
  return (request) =>
    (wanted === undefined || wanted.has(request.api.name)) &&
    (clientId === undefined || request.clientId === clientId) &&
    (group === undefined || names(request.body, group, groupFields)) &&
    (topic === undefined || namesTopic(request.body, topic, topicNames)) &&
    (where === undefined || where({ ...request, api: request.api.name }))
}

function namesTopic(body: unknown, topic: string, topicNames: TopicNames): boolean {
  if (names(body, topic, topicFields)) return true
  return strings(body, topicIdFields).some((topicId) => topicNames(topicId) === topic)
}

function names(body: unknown, name: string, fields: ReadonlySet<string>): boolean {
  return strings(body, fields).some((value) => value === name)
}

/** The texts in fields of these names, however deep. */
function strings(body: unknown, fields: ReadonlySet<string>): readonly string[] {
  if (Array.isArray(body)) return body.flatMap((item) => strings(item, fields))
  if (typeof body !== 'object' || body === null || ArrayBuffer.isView(body)) return []
  return Object.entries(body).flatMap(([field, value]: [string, unknown]) => {
    const own = fields.has(field) ? [value].flat().filter((item) => typeof item === 'string') : []
    return [...own, ...strings(value, fields)]
  })
}
