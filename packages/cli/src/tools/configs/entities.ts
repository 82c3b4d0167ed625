/** What kafka-configs is about: types with their names, however they were typed, and what goes together. */
import type { ConfigsGiven } from '../kafka-configs.ts'
import { ToolExit } from '../tool-exit.ts'

export const entityTypes = [
  'topics',
  'clients',
  'users',
  'brokers',
  'ips',
  'client-metrics',
  'groups',
  'broker-loggers',
] as const

export type EntityType = (typeof entityTypes)[number]

/** One or two types; for each its name, '' for the default, or none to mean all of the type. */
export interface Entities {
  readonly types: readonly EntityType[]
  readonly names: readonly string[]
}

const byName = [
  ['topic', 'topics'],
  ['client', 'clients'],
  ['user', 'users'],
  ['broker', 'brokers'],
  ['broker-logger', 'broker-loggers'],
  ['ip', 'ips'],
  ['client-metrics', 'client-metrics'],
  ['group', 'groups'],
] as const
const byDefault = [
  ['client-defaults', 'clients'],
  ['user-defaults', 'users'],
  ['broker-defaults', 'brokers'],
  ['ip-defaults', 'ips'],
] as const

/** To be called after `checkEntities`. */
export function entitiesOf(given: ConfigsGiven): Entities {
  const types = typesOf(given).flatMap((type) => entityTypes.find((known) => known === type) ?? [])
  return { types, names: namesOf(given) }
}

function typesOf(given: ConfigsGiven): readonly string[] {
  const flags = [...byName, ...byDefault].filter(([option]) => given.has(option)).map(([, type]) => type)
  return [...given.values('entity-type'), ...flags]
}

function namesOf(given: ConfigsGiven): readonly string[] {
  const names = [...given.values('entity-name')]
  const inOrder = given.order.flatMap((option) => {
    if (option === 'entity-default') return ['']
    return option === 'entity-name' ? [names.shift() ?? ''] : []
  })
  return [
    ...inOrder,
    ...byName.flatMap(([option]) => given.value(option) ?? []),
    ...byDefault.flatMap(([option]) => (given.has(option) ? [''] : [])),
  ]
}

/** @throws ToolExit for the first thing that does not go together, in Kafka’s order. */
export function checkEntities(given: ConfigsGiven): void {
  const types = typesOf(given)
  const twice = types.filter((type, index) => types.indexOf(type) !== index)
  if (twice.length > 0) throw new ToolExit(`Duplicate entity type(s) specified: ${twice.join(',')}`)
  if (!given.hasAny('bootstrap-server', 'bootstrap-controller')) {
    throw new ToolExit('Either --bootstrap-server or --bootstrap-controller must be specified.')
  }
  const unknown = types.find((type) => !entityTypes.some((known) => known === type))
  if (unknown !== undefined) {
    throw new ToolExit(
      `Invalid entity type ${unknown}, the entity type must be one of ${entityTypes.join(', ')} with a --bootstrap-server or --bootstrap-controller argument`,
    )
  }
  if (types.length === 0) throw new ToolExit('At least one entity type must be specified')
  if (types.length > 1 && !(types.length === 2 && types.includes('users') && types.includes('clients'))) {
    throw new ToolExit("Only 'users' and 'clients' entity types may be specified together")
  }
  const usesFlags = [...byName, ...byDefault].some(([option]) => given.has(option))
  if (usesFlags && given.hasAny('entity-name', 'entity-type', 'entity-default')) {
    throw new ToolExit('--entity-{type,name,default} should not be used in conjunction with specific entity flags')
  }
  if (given.has('bootstrap-server', 'bootstrap-controller')) {
    throw new ToolExit('Only one of --bootstrap-server or --bootstrap-controller can be specified')
  }
  checkNames(types, given)
  if (given.has('alter')) checkAlter(types, given)
}

const withDefaults = ['users', 'clients', 'brokers', 'ips']

function checkNames(types: readonly string[], given: ConfigsGiven): void {
  const names = namesOf(given)
  const hasName = names.some((name) => name !== '')
  const isOfBrokers = types.includes('brokers') || types.includes('broker-loggers')
  if (hasName && isOfBrokers) {
    for (const option of ['entity-name', 'broker', 'broker-logger'] as const) {
      const id = given.value(option)
      if (id === undefined || isBrokerId(id)) continue
      throw new ToolExit(`The entity name for ${types[0] ?? ''} must be a valid integer broker id, but it is: ${id}`)
    }
  }
  if (!given.has('describe')) return
  if (given.has('entity-default') && !types.some((type) => withDefaults.includes(type))) {
    throw new ToolExit(`--entity-default must not be specified with --describe of ${types.join(',')}`)
  }
  if (types.includes('broker-loggers') && !hasName) {
    throw new ToolExit(`An entity name must be specified with --describe of ${types.join(',')}`)
  }
}

function checkAlter(types: readonly string[], given: ConfigsGiven): void {
  const names = namesOf(given)
  if (types.some((type) => withDefaults.includes(type))) {
    if (names.length === 0) {
      throw new ToolExit(
        'An entity-name or default entity must be specified with --alter of users, clients, brokers or ips',
      )
    }
  } else if (!names.some((name) => name !== '')) {
    throw new ToolExit(`An entity name must be specified with --alter of ${types.join(',')}`)
  }
  if (given.has('add-config', 'add-config-file')) {
    throw new ToolExit('Only one of --add-config or --add-config-file must be specified')
  }
  if (given.hasAny('add-config', 'add-config-file', 'delete-config')) return
  throw new ToolExit(
    'At least one of --add-config, --add-config-file, or --delete-config must be specified with --alter',
  )
}

export function isBrokerId(text: string): boolean {
  return /^[+-]?\d+$/.test(text) && Math.abs(Number(text)) < 2 ** 31
}
