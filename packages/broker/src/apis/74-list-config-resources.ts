/**
 * ListConfigResources (key 74): the resources that have configs. Version 0 knows metrics subscriptions only (KIP-714),
 * version 1 all types, groups and topics too (KIP-1142).
 */
import { resourceTypeCodes } from '@gregor/config'
import { errorCode, ListConfigResources } from '@gregor/protocol'
import { isAllowedOnCluster } from '../server/authorization.ts'
import { brokersOn } from '../server/described-topic.ts'
import { defineHandler } from '../server/handler.ts'
import type { RequestContext } from '../server/request-context.ts'
import type { Services } from '../server/services.ts'

const { topic, broker, brokerLogger, clientMetrics, group } = resourceTypeCodes
const allTypes: readonly number[] = [topic, broker, brokerLogger, clientMetrics, group]

export const listConfigResources = defineHandler(ListConfigResources, {
  handle(request, context, services) {
    if (!isAllowedOnCluster(services, context, 'DESCRIBE_CONFIGS')) {
      return { errorCode: errorCode('CLUSTER_AUTHORIZATION_FAILED'), configResources: [] }
    }
    const supported = context.apiVersion === 0 ? [clientMetrics] : allTypes
    const asked = request.resourceTypes.length === 0 ? supported : request.resourceTypes
    if (asked.some((type) => !supported.includes(type)))
      return { errorCode: errorCode('UNSUPPORTED_VERSION'), configResources: [] }
    return {
      errorCode: 0,
      configResources: [group, clientMetrics, brokerLogger, broker, topic]
        .filter((type) => asked.includes(type))
        .flatMap((resourceType) =>
          namesOf(resourceType, context, services).map((resourceName) => ({ resourceName, resourceType })),
        ),
    }
  },
  refuse: (_request, error) => ({ errorCode: errorCode(error), configResources: [] }),
})

function namesOf(type: number, context: RequestContext, services: Services): string[] {
  const { image } = services.metadata
  if (type === topic) return [...image.topics.byName].map(([name]) => name)
  if (type === broker || type === brokerLogger) {
    return brokersOn(services, context, { includeFenced: false }).map(({ nodeId }) => String(nodeId))
  }
  return [...image.configs].flatMap(([, { resource }]) => (resource.type === type ? [resource.name] : []))
}
