/** DescribeClientQuotas (key 48): the quotas of users, clients and addresses that a filter means (KIP-546, KIP-612). */
import type { ClientQuota } from '@gregor/metadata'
import { DescribeClientQuotas, errorCode } from '@gregor/protocol'
import type { ProtocolError, RequestOf, ResponseInput } from '@gregor/protocol'
import { isAllowedOnCluster } from '../server/authorization.ts'
import { defineHandler } from '../server/handler.ts'

type Component = RequestOf<typeof DescribeClientQuotas>['components'][number]
type Response = ResponseInput<typeof DescribeClientQuotas>

interface Problem {
  readonly error: ProtocolError
  readonly message: string
}

const matchTypes = { exact: 0, default: 1, specified: 2 } as const
const entityTypes: readonly string[] = ['user', 'client-id', 'ip']

export const describeClientQuotas = defineHandler(DescribeClientQuotas, {
  handle({ components, strict }, context, services) {
    if (!isAllowedOnCluster(services, context, 'DESCRIBE_CONFIGS')) return refused('CLUSTER_AUTHORIZATION_FAILED')
    const found = problemOf(components)
    if (found !== undefined) return refused(found.error, found.message)
    const quotas = [...services.metadata.image.quotas.values()]
    return {
      errorCode: 0,
      entries: quotas.filter((quota) => isMeant(quota, components, strict)).map(described),
    }
  },
  refuse: (_request, error) => refused(error),
})

function problemOf(components: readonly Component[]): Problem | undefined {
  const seen = new Set<string>()
  for (const component of components) {
    const { entityType } = component
    if (entityType === '') return invalid('Invalid empty entity type.')
    if (seen.has(entityType)) return invalid(`Entity type ${entityType} cannot appear more than once in the filter.`)
    if (!entityTypes.includes(entityType)) {
      return { error: 'UNSUPPORTED_VERSION', message: `Unsupported entity type ${entityType}` }
    }
    seen.add(entityType)
    const message = matchProblem(component)
    if (message !== undefined) return invalid(message)
  }
  if (!seen.has('ip') || seen.size === 1) return undefined
  const rule = 'IP filter component should not be used with user or clientId filter component.'
  return invalid(`Invalid entity filter component combination. ${rule}`)
}

function matchProblem({ matchType, match }: Component): string | undefined {
  switch (matchType) {
    case matchTypes.exact:
      return match === null ? 'Request specified MATCH_TYPE_EXACT, but set match string to null.' : undefined
    case matchTypes.default:
      return match === null ? undefined : 'Request specified MATCH_TYPE_DEFAULT, but also specified a match string.'
    case matchTypes.specified:
      return match === null ? undefined : 'Request specified MATCH_TYPE_SPECIFIED, but also specified a match string.'
    default:
      return `Unknown match type ${matchType}`
  }
}

/** @param strict - an entity that has other parts, too, is not meant. */
function isMeant({ entity }: ClientQuota, components: readonly Component[], strict: boolean): boolean {
  if (strict && entity.size !== components.length) return false
  return components.every(({ entityType, matchType, match }) => {
    const name = entity.get(entityType)
    return name !== undefined && (matchType === matchTypes.specified || name === match)
  })
}

function described({ entity, values }: ClientQuota): NonNullable<Response['entries']>[number] {
  return {
    entity: Array.from(entity, ([entityType, entityName]) => ({ entityType, entityName })),
    values: Array.from(values, ([key, value]) => ({ key, value })),
  }
}

function invalid(message: string): Problem {
  return { error: 'INVALID_REQUEST', message }
}

function refused(error: ProtocolError, message: string | null = null): Response {
  return { errorCode: errorCode(error), errorMessage: message, entries: null }
}
