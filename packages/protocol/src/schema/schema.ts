/**
 * Messages and APIs, as values: `defineMessage` for what is stored or nested, `defineApi` for a request and its
 * response. `codec` reads and writes them.
 */

import type { DecodedOf, Fields, InputOf } from './field.ts'
import { type VersionRange, type Versions, hasVersion, parseVersions } from './versions.ts'

export interface Message<F extends Fields = Fields> {
  readonly name: string
  /** The versions that have a schema. */
  readonly versions: VersionRange
  /** The versions with compact lengths and tag buffers (KIP-482). */
  readonly flexible: VersionRange
  readonly fields: F
}

export type ListenerKind = 'broker' | 'controller'

export interface Api<Request extends Fields = Fields, Response extends Fields = Fields> {
  readonly key: number
  readonly name: string
  /** The versions that have a schema; what is offered to clients is another matter: see `advertisedVersions`. */
  readonly versions: VersionRange
  readonly flexible: VersionRange
  /** Where Apache Kafka serves it. */
  readonly listeners: readonly ListenerKind[]
  /** Versions that may still change. Never advertised. */
  readonly unstable: VersionRange | undefined
  readonly request: Message<Request>
  readonly response: Message<Response>
}

export type MessageOf<M> = M extends Message<infer F> ? DecodedOf<F> : never
export type MessageInput<M> = M extends Message<infer F> ? InputOf<F> : never
export type RequestOf<A> = A extends Api<infer F, Fields> ? DecodedOf<F> : never
export type ResponseOf<A> = A extends Api<Fields, infer F> ? DecodedOf<F> : never
export type RequestInput<A> = A extends Api<infer F, Fields> ? InputOf<F> : never
export type ResponseInput<A> = A extends Api<Fields, infer F> ? InputOf<F> : never

export function defineMessage<const F extends Fields>(definition: {
  name: string
  versions: Versions
  flexible: Versions
  fields: F
}): Message<F> {
  const versions = parseVersions(definition.versions)
  return message(definition.name, versions, parseVersions(definition.flexible), () => definition.fields)
}

export function defineApi<const Request extends Fields, const Response extends Fields>(definition: {
  key: number
  name: string
  versions: Versions
  flexible: Versions
  listeners: readonly ListenerKind[]
  unstable?: Versions
  request: Request
  response: Response
}): Api<Request, Response> {
  const { key, name, listeners, unstable } = definition
  const versions = parseVersions(definition.versions)
  const flexible = parseVersions(definition.flexible)
  return {
    key,
    name,
    versions,
    flexible,
    listeners,
    unstable: unstable === undefined ? undefined : parseVersions(unstable),
    request: message(`${name}Request`, versions, flexible, () => definition.request),
    response: message(`${name}Response`, versions, flexible, () => definition.response),
  }
}

/** The fields are asked for once, when they are first needed: in the bundle they come into being then (scripts/bundle.ts). */
function message<F extends Fields>(
  name: string,
  versions: VersionRange,
  flexible: VersionRange,
  given: () => F,
): Message<F> {
  let fields: F | undefined
  return {
    name,
    versions,
    flexible,
    get fields() {
      return (fields ??= given())
    },
  }
}

export function isFlexible(message: { readonly flexible: VersionRange }, version: number): boolean {
  return hasVersion(message.flexible, version)
}
