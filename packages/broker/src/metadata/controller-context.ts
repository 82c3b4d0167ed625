/** Who asks the controller, and what they may: the authorizer’s answers in the controller’s words. */
import type { AuthorizedResource, Operation, RequestContext } from '@gregor/controller'
import type { AclOperation, Authorizer, Principal, ResourceType } from '@gregor/security'

const operations: Readonly<Record<Operation, AclOperation>> = {
  Alter: 'ALTER',
  AlterConfigs: 'ALTER_CONFIGS',
  ClusterAction: 'CLUSTER_ACTION',
  Create: 'CREATE',
  Delete: 'DELETE',
  Describe: 'DESCRIBE',
  DescribeConfigs: 'DESCRIBE_CONFIGS',
}

const resourceTypes: Readonly<Record<AuthorizedResource['type'], ResourceType>> = {
  cluster: 'CLUSTER',
  topic: 'TOPIC',
  group: 'GROUP',
}

export function controllerContext(
  authorizer: Authorizer,
  asker: { readonly principal: Principal; readonly clientAddress: string },
): RequestContext {
  const { principal, clientAddress } = asker
  return {
    principal,
    clientAddress,
    isForwarded: true,
    allows: (operation, { type, name }) =>
      authorizer.allows(principal, clientAddress, operations[operation], { type: resourceTypes[type], name }),
    chargeMutations: () => true,
  }
}
