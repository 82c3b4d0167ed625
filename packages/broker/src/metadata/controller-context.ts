/** Who asks the controller, and what they may: authorizer and quotas, in the controller’s words. */
import type { AuthorizedResource, Operation, RequestContext } from '@gregor/controller'
import type { ControllerRequest } from '@gregor/metadata'
import type { Clock } from '@gregor/platform'
import { CreatePartitions, CreateTopics, DeleteTopics } from '@gregor/protocol'
import type { AclOperation, Authorizer, MutationCharge, MutationQuotas, ResourceType } from '@gregor/security'
import { brokerPrincipal } from './broker-principal.ts'

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

/** The first versions whose clients know THROTTLING_QUOTA_EXCEEDED (KIP-599). */
const strictSince: ReadonlyMap<number, number> = new Map([
  [CreateTopics.key, 6],
  [DeleteTopics.key, 5],
  [CreatePartitions.key, 3],
])

export interface ControllerGuards {
  readonly authorizer: Authorizer
  readonly mutations: MutationQuotas
  readonly clock: Pick<Clock, 'monotonicMs'>
}

export type ControllerAsker = Pick<
  ControllerRequest,
  'apiKey' | 'apiVersion' | 'principal' | 'clientId' | 'clientAddress' | 'isDirect'
>

/** @returns the context, and what the request has cost its client once it was decided. */
export function controllerContext(
  asker: ControllerAsker,
  guards: ControllerGuards,
): { readonly context: RequestContext; readonly charge: MutationCharge } {
  const { principal, clientAddress } = asker
  const isOwn = principal === brokerPrincipal
  const { authorizer, clock } = guards
  const charge = chargeOf(asker, guards)
  const context: RequestContext = {
    principal,
    clientAddress,
    isForwarded: asker.isDirect !== true,
    allows: (operation, { type, name }) =>
      isOwn || authorizer.allows(principal, clientAddress, operations[operation], { type: resourceTypes[type], name }),
    chargeMutations: (partitionCount) => charge.take(partitionCount, clock.monotonicMs()),
  }
  return { context, charge }
}

function chargeOf(
  { apiKey, apiVersion, principal, clientId }: ControllerAsker,
  guards: ControllerGuards,
): MutationCharge {
  const isStrict = apiVersion >= (strictSince.get(apiKey) ?? Infinity)
  return guards.mutations.charge({ user: principal.name, clientId }, isStrict, guards.clock.monotonicMs())
}
