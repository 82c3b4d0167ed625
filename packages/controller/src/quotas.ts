/**
 * AlterClientQuotas (49): limits for users, clients and addresses, each also by default (KIP-546, KIP-612). An entity
 * is altered as a whole or not at all.
 */
import { quotaKey } from '@gregor/metadata'
import type { QuotaEntity } from '@gregor/metadata'
import { AlterClientQuotas } from '@gregor/protocol'
import type { MetadataRecordInput, RequestOf } from '@gregor/protocol'
import { errorFields, isProblem, problem } from './api-problem.ts'
import type { ApiProblem } from './api-problem.ts'
import { defineControllerHandler } from './controller-handler.ts'
import type { Asked } from './controller-handler.ts'

type Entry = RequestOf<typeof AlterClientQuotas>['entries'][number]
type Operation = Entry['ops'][number]
type QuotaType = 'double' | 'int' | 'long'

const userAndClientQuotas: Readonly<Record<string, QuotaType>> = {
  producer_byte_rate: 'long',
  consumer_byte_rate: 'long',
  request_percentage: 'double',
  controller_mutation_rate: 'double',
}
const addressQuotas: Readonly<Record<string, QuotaType>> = { connection_creation_rate: 'int' }
const valueMax: Readonly<Record<QuotaType, number>> = { double: Infinity, int: 2 ** 31 - 1, long: 2 ** 63 }

export const alterClientQuotas = defineControllerHandler(AlterClientQuotas, {
  clusterOperation: 'AlterConfigs',
  decide({ entries, validateOnly }, asked) {
    const same = Map.groupBy(entries, ({ entity }) => quotaKey(entityFrom(entity)))
    const outcomes = [...same.values()].flatMap(([entry, ...others]) => {
      if (entry === undefined) return []
      const isTwice = others.length > 0 || new Set(entry.ops.map(({ key }) => key)).size < entry.ops.length
      return [{ entity: entry.entity, outcome: isTwice ? duplicateProblem(entry) : alterEntity(entry, asked) }]
    })
    return {
      response: {
        entries: outcomes.map(({ entity, outcome }) => ({
          ...errorFields(isProblem(outcome) ? outcome : undefined),
          entity,
        })),
      },
      records: validateOnly ? [] : outcomes.flatMap(({ outcome }) => (isProblem(outcome) ? [] : outcome)),
    }
  },
  refuse: ({ entries }, found) => ({ entries: entries.map(({ entity }) => ({ ...found, entity })) }),
})

function entityFrom(parts: Entry['entity']): QuotaEntity {
  return new Map(parts.map(({ entityType, entityName }) => [entityType, entityName]))
}

function alterEntity({ entity, ops }: Entry, { image }: Asked): readonly MetadataRecordInput[] | ApiProblem {
  const types = quotaTypesOf(entity)
  if (isProblem(types)) return types
  const current = image.quotas.get(quotaKey(entityFrom(entity)))?.values ?? new Map<string, number>()
  const found = ops.map((operation) => (operation.remove ? undefined : valueProblem(operation, types))).find(Boolean)
  if (found !== undefined) return invalid(found)
  return ops
    .filter(({ key, value, remove }) => (remove ? current.has(key) : current.get(key) !== value))
    .map(({ key, value, remove }) => ({
      type: 'ClientQuotaRecord',
      entity,
      key,
      value: remove ? 0 : value,
      remove,
    }))
}

/** The quotas that an entity may have, by key; or what is wrong with the entity. */
function quotaTypesOf(entity: Entry['entity']): Readonly<Record<string, QuotaType>> | ApiProblem {
  if (entity.length === 0) return invalid('Invalid empty client quota entity')
  for (const { entityType, entityName } of entity) {
    if (!['user', 'client-id', 'ip'].includes(entityType))
      return invalid(`Unhandled client quota entity type: ${entityType}`)
    if (entityName === '') return invalid(`Empty ${entityType} not supported`)
  }
  const address = entity.find(({ entityType }) => entityType === 'ip')
  if (address === undefined) return userAndClientQuotas
  if (entity.length > 1) {
    return invalid('Invalid quota entity combination, IP entity shouldnot be combined with User or ClientId')
  }
  if (address.entityName === null || isAddress(address.entityName)) return addressQuotas
  return invalid(`${address.entityName} is not a valid IP or resolvable host.`)
}

function valueProblem({ key, value }: Operation, types: Readonly<Record<string, QuotaType>>): string | undefined {
  const type = Object.hasOwn(types, key) ? types[key] : undefined
  if (type === undefined) return `Invalid configuration key ${key}`
  if (!(value > 0)) return `Quota ${key} must be greater than 0`
  if (value > valueMax[type]) {
    return `Proposed value for ${key} is too large for ${type === 'int' ? 'an INT' : 'a LONG'}.`
  }
  return type !== 'double' && Math.abs(value % 1) > 1e-6 ? `${key} cannot be a fractional value.` : undefined
}

/** An IPv4 or IPv6 address, or a name that could be a host's: nothing is looked up here. */
function isAddress(text: string): boolean {
  return /^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(%\w+)?$/.test(text) || /^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?$/.test(text)
}

function duplicateProblem({ entity }: Entry): ApiProblem {
  const parts = entity.map(({ entityType, entityName }) => `${entityType}=${entityName}`)
  return invalid(`Ignoring duplicate entity ClientQuotaEntity(entries={${parts.join(', ')}})`)
}

function invalid(message: string): ApiProblem {
  return problem('INVALID_REQUEST', message)
}
