/** Quotas of users, clients and addresses, and the SCRAM credentials of users, as kafka-configs shows and changes them. */
import type { EntityQuotas, QuotaEntity, QuotaEntityType, QuotaFilterComponent, ScramMechanism } from '@gregor/client'
import { errorCodeOf } from '../java-errors.ts'
import { javaMapOrder } from '../java-map-order.ts'
import { ToolExit } from '../tool-exit.ts'
import type { ConfigChanges } from './config-changes.ts'
import type { EntityType } from './entities.ts'
import type { ConfigsAsked } from './entity-configs.ts'

const ofUsersAndClients = ['producer_byte_rate', 'consumer_byte_rate', 'request_percentage', 'controller_mutation_rate']
const ofAddresses = ['connection_creation_rate']
const mechanisms: readonly ScramMechanism[] = ['SCRAM-SHA-256', 'SCRAM-SHA-512']
const iterationsDefault = 4_096
const iterationsMin = 4_096
const timeoutMs = 30_000

const quotaTypes: Partial<Record<EntityType, QuotaEntityType>> = { users: 'user', clients: 'client-id', ips: 'ip' }

// --------------------------------------------------------------------------------------------------------- describe

export async function describeQuotas(asked: ConfigsAsked): Promise<void> {
  const { entities, admin, program } = asked
  const { out } = program
  for (const { entity, quotas } of await quotasOf(asked)) {
    const values = javaMapOrder([...quotas.keys()], quotas.size).map(
      (name) => `${name}=${javaDouble(quotas.get(name) ?? 0)}`,
    )
    out.line(`Quota configs for ${entityText(entity)} are ${values.join(', ')}`)
  }
  if (entities.types.includes('clients') || entities.types.includes('ips') || entities.names.includes('')) return
  for (const { item, value, error } of await admin.describeUserScramCredentials(entities.names, { timeoutMs })) {
    // A user without credentials is no failure.
    if (errorCodeOf(error) === 'RESOURCE_NOT_FOUND') continue
    if (error !== undefined) {
      out.line(`Error retrieving SCRAM credential configs for user-principal '${item}': ${error.message}`)
      continue
    }
    const infos = value.map(({ mechanism, iterations }) => `${mechanism}=iterations=${iterations}`)
    out.line(`SCRAM credential configs for user-principal '${item}' are ${infos.join(', ')}`)
  }
}

function quotasOf({ entities: { types, names }, admin }: ConfigsAsked): Promise<readonly EntityQuotas[]> {
  if (names.length > types.length) throw new ToolExit('More entity names specified than entity types')
  const components = types.map((type, index): QuotaFilterComponent => {
    const name = names[index]
    return { entityType: quotaTypes[type] ?? 'user', match: name === '' ? null : name }
  })
  return admin.describeClientQuotas({ components, strict: true }, { timeoutMs })
}

function entityText(entity: QuotaEntity): string {
  const parts = [
    ['user', 'user-principal'],
    ['client-id', 'client-id'],
    ['ip', 'ip'],
  ] as const
  const texts = parts.flatMap(([type, words]) => {
    const name = entity[type]
    if (name === undefined) return []
    return name === null ? [`the default ${words}`] : [`${words} '${name}'`]
  })
  return texts.join(', ')
}

/** As Java writes a double: `1024.0`, `1.0E7`. */
function javaDouble(value: number): string {
  const size = Math.abs(value)
  if (size === 0 || (size >= 1e-3 && size < 1e7)) return Number.isInteger(value) ? `${value}.0` : String(value)
  const [digits = '', exponent = ''] = value.toExponential().split('e')
  return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`
}

// ------------------------------------------------------------------------------------------------------------ alter

export async function alterQuotas(changes: ConfigChanges, asked: ConfigsAsked): Promise<void> {
  const { types } = asked.entities
  const [type] = types
  if (type === 'ips') {
    const unknown = [...changes.added.keys(), ...changes.deleted].filter((key) => !ofAddresses.includes(key))
    if (unknown.length > 0) {
      throw new ToolExit(
        `Only connection quota configs can be added for 'ips' using --bootstrap-server. Unexpected config names: ${unknown.join(',')}`,
      )
    }
    return changeQuotas(changes, asked)
  }
  const isOfClients = type === 'clients' || types.length === 2
  if (isOfClients) requireKnown(changes, { kinds: 'quota', of: 'clients', isKnown: isQuota })
  else {
    requireKnown(changes, {
      kinds: 'quota and SCRAM credential',
      of: 'users',
      isKnown: (key) => isQuota(key) || isScram(key),
    })
    requireScramAlone(changes, asked)
  }
  const hasQuotas = [...changes.added.keys(), ...changes.deleted].some(isQuota)
  return hasQuotas ? changeQuotas(changes, asked) : changeCredentials(changes, asked)
}

function isQuota(key: string): boolean {
  return ofUsersAndClients.includes(key)
}

function isScram(key: string): boolean {
  return mechanisms.some((mechanism) => mechanism === key)
}

function requireKnown(
  { added, deleted }: ConfigChanges,
  { kinds, of, isKnown }: { readonly kinds: string; readonly of: string; readonly isKnown: (key: string) => boolean },
): void {
  const strange = [...added.keys()].filter((key) => !isKnown(key))
  if (strange.length > 0) {
    throw new ToolExit(
      `Only ${kinds} configs can be added for '${of}' using --bootstrap-server. Unexpected config names: Set(${strange.join(', ')})`,
    )
  }
  const strangeToo = deleted.filter((key) => !isKnown(key))
  if (strangeToo.length > 0) {
    throw new ToolExit(
      `Only ${kinds} configs can be deleted for '${of}' using --bootstrap-server. Unexpected config names: ArrayBuffer(${strangeToo.join(', ')})`,
    )
  }
}

function requireScramAlone({ added, deleted }: ConfigChanges, { entities }: ConfigsAsked): void {
  const keys = [...added.keys(), ...deleted]
  if (!keys.some(isScram)) return
  if (entities.names.includes('')) {
    throw new ToolExit(
      'The use of --entity-default or --user-defaults is not allowed with User SCRAM Credentials using --bootstrap-server.',
    )
  }
  if (keys.some(isQuota)) {
    throw new ToolExit(
      "Cannot alter both quota and SCRAM credential configs simultaneously for 'users' using --bootstrap-server.",
    )
  }
}

async function changeQuotas({ added, deleted }: ConfigChanges, asked: ConfigsAsked): Promise<void> {
  const { entities, admin } = asked
  if (entities.types.length !== entities.names.length) {
    throw new ToolExit('Exactly one entity name must be specified for every entity type')
  }
  const [current] = await quotasOf(asked)
  const missing = deleted.filter((key) => current?.quotas.has(key) !== true)
  if (missing.length > 0) throw new ToolExit(`Invalid config(s): ${missing.join(',')}`)
  const parts = entities.types.map((type, index) => {
    const name = entities.names[index]
    return [quotaTypes[type] ?? 'user', name === undefined || name === '' ? null : name] as const
  })
  const operations = [
    ...Array.from(added, ([key, text]) => ({ key, value: quotaValue(key, text) })),
    ...deleted.map((key) => ({ key, value: undefined })),
  ]
  const results = await admin.alterClientQuotas([{ entity: Object.fromEntries(parts), operations }])
  results.all()
}

function quotaValue(key: string, text: string): number {
  const value = text.trim() === '' ? NaN : Number(text)
  if (Number.isNaN(value)) throw new ToolExit(`Cannot parse quota configuration value for ${key}: ${text}`)
  return value
}

async function changeCredentials({ added, deleted }: ConfigChanges, { entities, admin }: ConfigsAsked): Promise<void> {
  const [user = ''] = entities.names
  const mechanismOf = (key: string): ScramMechanism =>
    mechanisms.find((mechanism) => mechanism === key) ?? 'SCRAM-SHA-512'
  const upsertions = Array.from(added, ([key, text]) => ({
    user,
    mechanism: mechanismOf(key),
    ...credential(key, text),
  }))
  const deletions = deleted.map((key) => ({ user, mechanism: mechanismOf(key) }))
  const results = await admin.alterUserScramCredentials({ upsertions, deletions })
  results.all()
}

/** `iterations=8192,password=secret`, the first part of which may be left out. */
function credential(mechanism: string, text: string): { readonly password: string; readonly iterations: number } {
  const found = /^(?:iterations=(-?\d*),)?password=(.*)$/s.exec(text)
  if (found === null) {
    throw new ToolExit(`Invalid credential property ${mechanism.replaceAll('-', '_')}=${text}`)
  }
  const [, written, password = ''] = found
  const iterations = written === undefined || written === '-1' ? iterationsDefault : Number(written)
  if (iterations < iterationsMin) {
    throw new ToolExit(`Iterations ${iterations} is less than the minimum ${iterationsMin} required for ${mechanism}`)
  }
  return { password, iterations }
}
