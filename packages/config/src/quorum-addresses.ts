/**
 * Where the controllers are: `controller.quorum.voters` (`id@host:port`, a fixed set) and
 * `controller.quorum.bootstrap.servers` (`host:port`, any controller will do).
 */
import type { ConfigValue, Validator } from './definition.ts'

export interface HostAndPort {
  readonly host: string
  readonly port: number
}

export interface VoterAddress extends HostAndPort {
  readonly id: number
}

/** `undefined` for an entry that is not of the form `id@host:port`. */
export function voterFromText(text: string): VoterAddress | undefined {
  const match = /^([0-9]+)@([^@]*)$/.exec(text)
  const address = hostAndPortFromText(match?.[2] ?? '')
  const id = Number(match?.[1])
  return address === undefined || id > 2147483647 ? undefined : { id, ...address }
}

/** `undefined` for what is not of the form `host:port`; an IPv6 address stands in brackets. */
export function hostAndPortFromText(text: string): HostAndPort | undefined {
  const match = /^(?:\[([0-9a-zA-Z\-%._:]+)\]|([0-9a-zA-Z\-%._]+)):([0-9]+)$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  return host === undefined || port > 65535 ? undefined : { host, port }
}

/** One `host:port`, or nothing. */
export const monitoringAddress: Validator = {
  kind: 'custom',
  allowed: '{host}:{port}',
  problem: (value) =>
    value === '' || hostAndPortFromText(String(value)) !== undefined ? undefined : 'not of the form {host}:{port}',
}
export const voters: Validator = everyElement(voterFromText, '{id}@{host}:{port}')
export const bootstrapServers: Validator = everyElement(hostAndPortFromText, '{host}:{port}')

function everyElement(parse: (text: string) => unknown, form: string): Validator {
  return {
    kind: 'custom',
    allowed: 'non-empty list',
    problem: (value) => {
      const bad = elements(value).find((element) => parse(element) === undefined)
      return bad === undefined ? undefined : `"${bad}" is not of the form ${form}`
    },
  }
}

function elements(value: ConfigValue): readonly string[] {
  return typeof value === 'object' ? value : []
}
