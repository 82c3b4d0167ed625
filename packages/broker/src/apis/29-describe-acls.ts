/** DescribeAcls (key 29): the ACLs that a filter means (KIP-140, prefixes KIP-290), as this node knows them. */
import { matchesFilter } from '@gregor/controller'
import type { AccessControlEntry } from '@gregor/metadata'
import { DescribeAcls, errorCode, errorMessage } from '@gregor/protocol'
import type { ProtocolError, RequestOf, ResponseInput } from '@gregor/protocol'
import { isAllowedOnCluster } from '../server/authorization.ts'
import { defineHandler } from '../server/handler.ts'

type Filter = RequestOf<typeof DescribeAcls>
type Response = ResponseInput<typeof DescribeAcls>

export const describeAcls = defineHandler(DescribeAcls, {
  handle(filter, context, services) {
    if (!isAllowedOnCluster(services, context, 'DESCRIBE')) return refused('CLUSTER_AUTHORIZATION_FAILED')
    if (services.config.get('authorizer.class.name') === '') {
      return refused('SECURITY_DISABLED', 'No Authorizer is configured on the broker')
    }
    if (isUnknown(filter)) return refused('INVALID_REQUEST', 'A filter has codes from 1 (any) on.')
    const acls = [...services.metadata.image.acls.values()].filter((acl) => matchesFilter(acl, filter))
    return { errorCode: 0, resources: byResource(acls) }
  },
  refuse: (_filter, error) => refused(error),
})

/** 0 is what newer clients send for what they think this node does not know. */
function isUnknown({ resourceTypeFilter, patternTypeFilter, operation, permissionType }: Filter): boolean {
  return [resourceTypeFilter, patternTypeFilter, operation, permissionType].some((code) => code <= 0)
}

function byResource(acls: readonly AccessControlEntry[]): Response['resources'] {
  const groups = Map.groupBy(acls, ({ resourceType, resourceName, patternType }) =>
    JSON.stringify([resourceType, resourceName, patternType]),
  )
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    const { resourceType, resourceName, patternType } = first
    const entries = group.map(({ principal, host, operation, permissionType }) => ({
      principal,
      host,
      operation,
      permissionType,
    }))
    return [{ resourceType, resourceName, patternType, acls: entries }]
  })
}

function refused(error: ProtocolError, message: string = errorMessage(error)): Response {
  return { errorCode: errorCode(error), errorMessage: message, resources: [] }
}
