/** Quotas of users, clients and addresses (KIP-546). */
import { AlterClientQuotas, DescribeClientQuotas } from '@gregor/protocol'
import { type AdminContext, type CallOptions, call, check, errorOf, inRounds, passingAtController } from './call.ts'
import type { Results } from './results.ts'

export type QuotaEntityType = 'user' | 'client-id' | 'ip'

/** Whom a quota is for: `{ user: 'ann', 'client-id': null }`; null is the default, for all that have none of their own. */
export type QuotaEntity = Readonly<Partial<Record<QuotaEntityType, string | null>>>

export interface QuotaFilterComponent {
  readonly entityType: QuotaEntityType
  /** A name; null: the default; `undefined`: any. */
  readonly match: string | null | undefined
}

export interface QuotaFilter {
  readonly components: readonly QuotaFilterComponent[]
  /** Leave out entities that have other parts as well. Default: false. */
  readonly strict?: boolean
}

export interface EntityQuotas {
  readonly entity: QuotaEntity
  /** By name: `producer_byte_rate`, `consumer_byte_rate`, `request_percentage`, … */
  readonly quotas: ReadonlyMap<string, number>
}

export interface QuotaAlteration {
  readonly entity: QuotaEntity
  /** `value` `undefined`: the quota goes. */
  readonly operations: readonly { readonly key: string; readonly value: number | undefined }[]
}

export interface AlterClientQuotasOptions extends CallOptions {
  /** Only says what would come of it. */
  readonly validateOnly?: boolean
}

const matchTypes = { name: 0, default: 1, any: 2 } as const

export function describeClientQuotas(
  context: AdminContext,
  filter: QuotaFilter,
  options: CallOptions,
): Promise<readonly EntityQuotas[]> {
  return call(context, 'describeClientQuotas', options, async (given) => {
    const request = { components: filter.components.map(componentInput), strict: filter.strict ?? false }
    const { response } = await context.cluster.send('any', DescribeClientQuotas, request, given)
    check(response.errorCode, response.errorMessage)
    return (response.entries ?? []).map(({ entity, values }) => ({
      entity: entityFrom(entity),
      quotas: new Map(values.map(({ key, value }) => [key, value])),
    }))
  })
}

export function alterClientQuotas(
  context: AdminContext,
  alterations: readonly QuotaAlteration[],
  options: AlterClientQuotasOptions,
): Promise<Results<QuotaEntity, void>> {
  const operations = new Map(alterations.map((one) => [entityKey(one.entity), one.operations]))
  const rounds = { ...options, name: 'alterClientQuotas', keyOf: entityKey, passing: passingAtController }
  const entities = alterations.map(({ entity }) => entity)
  return inRounds(context, entities, rounds, async (open, report, given) => {
    const request = {
      entries: open.map((entity) => ({
        entity: entityParts(entity),
        ops: (operations.get(entityKey(entity)) ?? []).map(({ key, value }) => ({
          key,
          value: value ?? 0,
          remove: value === undefined,
        })),
      })),
      validateOnly: options.validateOnly ?? false,
    }
    const { response } = await context.cluster.send('controller', AlterClientQuotas, request, given)
    const byKey = new Map(open.map((entity) => [entityKey(entity), entity]))
    for (const { entity, errorCode, errorMessage } of response.entries) {
      const item = byKey.get(entityKey(entityFrom(entity)))
      if (item === undefined) continue
      const error = errorOf(errorCode, errorMessage)
      if (error === undefined) report.done(item, undefined)
      else report.failed(item, error)
    }
  })
}

function componentInput({ entityType, match }: QuotaFilterComponent) {
  if (match === undefined) return { entityType, matchType: matchTypes.any, match: null }
  if (match === null) return { entityType, matchType: matchTypes.default, match: null }
  return { entityType, matchType: matchTypes.name, match }
}

function entityParts(entity: QuotaEntity) {
  return Object.entries(entity)
    .map(([entityType, entityName]) => ({ entityType, entityName: entityName ?? null }))
    .toSorted((a, b) => (a.entityType < b.entityType ? -1 : 1))
}

function entityFrom(
  parts: readonly { readonly entityType: string; readonly entityName: string | null }[],
): QuotaEntity {
  return Object.fromEntries(parts.map(({ entityType, entityName }) => [entityType, entityName]))
}

function entityKey(entity: QuotaEntity): string {
  return JSON.stringify(entityParts(entity))
}
