/**
 * What a broker does with changes of configs before the controller stores them: turns away what is no valid request,
 * checks broker configs (only the broker itself knows whether it can take them while it runs) and sets its own log
 * level. The rest goes on to the controller, and the answers are put together in the order asked.
 */
import { applyOperations, brokerConfigProblem, operationsFromRequest, resourceTypeCodes } from '@gregor/config'
import { configOf } from '@gregor/metadata'
import { errorCode, errorMessage } from '@gregor/protocol'
import type { ProtocolError } from '@gregor/protocol'
import { isAllowedOnCluster } from './authorization.ts'
import { changeLogLevels } from './logger-levels.ts'
import type { RequestContext } from './request-context.ts'
import type { Services } from './services.ts'

/** A resource as both requests name it; `configOperation` is missing in AlterConfigs, which replaces everything. */
export interface AlteredResource {
  readonly resourceType: number
  readonly resourceName: string
  readonly configs: readonly {
    readonly name: string
    readonly configOperation?: number
    readonly value: string | null
  }[]
}

export interface AlterAnswer {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly resourceType: number
  readonly resourceName: string
}

interface Problem {
  readonly error: ProtocolError
  readonly message: string | null
}

/** @param store - asks the controller about the resources that passed; answers in any order. */
export async function alterConfigs<Resource extends AlteredResource>(
  given: { readonly resources: readonly Resource[]; readonly validateOnly: boolean; readonly replacesAll: boolean },
  { context, services }: { context: RequestContext; services: Services },
  store: (resources: readonly Resource[]) => Promise<readonly AlterAnswer[]>,
): Promise<AlterAnswer[]> {
  const answers = new Map<Resource, AlterAnswer>()
  const duplicates = duplicatesIn(given.resources)
  for (const resource of given.resources) {
    const problem = duplicates.has(keyOf(resource))
      ? invalid('Each resource must appear at most once.')
      : preprocess(resource, given, { context, services })
    if (problem === undefined && resource.resourceType !== resourceTypeCodes.brokerLogger) continue
    answers.set(resource, answer(resource, problem))
  }
  const remaining = given.resources.filter((resource) => !answers.has(resource))
  const stored = remaining.length === 0 ? [] : await store(remaining)
  const byKey = new Map(stored.map((one) => [keyOf(one), one]))
  return given.resources.map(
    (resource) =>
      answers.get(resource) ??
      byKey.get(keyOf(resource)) ??
      answer(resource, { error: 'UNKNOWN_SERVER_ERROR', message: errorMessage('UNKNOWN_SERVER_ERROR') }),
  )
}

export function refusedAlterations(resources: readonly AlteredResource[], error: ProtocolError): AlterAnswer[] {
  return resources.map((resource) => answer(resource, { error, message: errorMessage(error) }))
}

function preprocess(
  resource: AlteredResource,
  { validateOnly, replacesAll }: { readonly validateOnly: boolean; readonly replacesAll: boolean },
  { context, services }: { context: RequestContext; services: Services },
): Problem | undefined {
  const operations = operationsFromRequest(resource.configs)
  if ('error' in operations) return operations
  switch (resource.resourceType) {
    case resourceTypeCodes.topic:
    case resourceTypeCodes.clientMetrics:
    case resourceTypeCodes.group:
      return undefined
    case resourceTypeCodes.broker:
      return otherNode(resource.resourceName, services.nodeId) ?? brokerProblem(resource, replacesAll, services)
    case resourceTypeCodes.brokerLogger: {
      if (replacesAll) return invalid(`Unknown resource type ${resource.resourceType}`)
      if (!isAllowedOnCluster(services, context, 'ALTER_CONFIGS')) {
        return { error: 'CLUSTER_AUTHORIZATION_FAILED', message: null }
      }
      const wrongNode = otherLoggersNode(resource.resourceName, services.nodeId)
      return wrongNode ?? changeLogLevels(services.logger, operations, { validateOnly })
    }
    default:
      return invalid(`Unknown resource type ${resource.resourceType}`)
  }
}

function brokerProblem(
  resource: AlteredResource,
  replacesAll: boolean,
  { config, metadata }: Services,
): Problem | undefined {
  const operations = operationsFromRequest(resource.configs)
  if ('error' in operations) return operations
  const stored = configOf(metadata.image, { type: resourceTypeCodes.broker, name: resource.resourceName })
  const current = replacesAll ? new Map<string, string>() : stored
  const altered = applyOperations('broker', current, operations)
  if (altered.error !== 'NONE') return altered
  const fixed = fixedWhileRunning.find((key) => altered.configs.get(key) !== stored.get(key))
  if (fixed !== undefined) {
    return invalid(
      `${fixed}: this version opens and closes listeners at a start only; change it in the file, and restart`,
    )
  }
  return brokerConfigProblem(config.current, resource.resourceName === '' ? 'cluster' : 'broker', altered.configs)
}

/** Apache Kafka changes these while it runs, and this version does not. */
const fixedWhileRunning: readonly string[] = ['listeners', 'listener.security.protocol.map']

/** Empty names the default of all brokers. */
function otherNode(name: string, nodeId: number): Problem | undefined {
  if (name === '') return undefined
  if (!/^[+-]?[0-9]+$/.test(name)) return invalid(`Node id must be an integer, but it is: ${name}`)
  return Number(name) === nodeId ? undefined : invalid(`Unexpected broker id, expected ${nodeId}, but received ${name}`)
}

function otherLoggersNode(name: string, nodeId: number): Problem | undefined {
  if (!/^[+-]?[0-9]+$/.test(name)) return invalid(`Node id must be an integer, but it is: ${name}`)
  return Number(name) === nodeId ? undefined : invalid(`Unexpected node id. Expected ${nodeId}, but received ${name}`)
}

function duplicatesIn(resources: readonly AlteredResource[]): ReadonlySet<string> {
  const seen = new Set<string>()
  const duplicates = new Set<string>()
  for (const resource of resources) {
    const key = keyOf(resource)
    if (seen.has(key)) duplicates.add(key)
    seen.add(key)
  }
  return duplicates
}

function keyOf({
  resourceType,
  resourceName,
}: {
  readonly resourceType: number
  readonly resourceName: string
}): string {
  return `${resourceType}:${resourceName}`
}

function invalid(message: string): Problem {
  return { error: 'INVALID_REQUEST', message }
}

function answer({ resourceType, resourceName }: AlteredResource, problem: Problem | undefined): AlterAnswer {
  return {
    errorCode: problem === undefined ? 0 : errorCode(problem.error),
    errorMessage: problem?.message ?? null,
    resourceType,
    resourceName,
  }
}
