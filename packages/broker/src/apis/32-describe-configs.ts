/**
 * DescribeConfigs (key 32): the configs of topics, this broker, its loggers, groups and metrics subscriptions, with
 * where each value comes from (KIP-226), and its type and documentation (KIP-569).
 */
import {
  configSourceCodes,
  describeBroker,
  describeClientMetrics,
  describeClusterDefault,
  describeGroup,
  describeTopic,
  resourceTypeCodes,
  type DescribedConfig,
  type DescribeOptions,
} from '@gregor/config'
import { topicNameProblem } from '@gregor/controller'
import { configOf } from '@gregor/metadata'
import { DescribeConfigs, errorCode, errorMessage } from '@gregor/protocol'
import type { ProtocolError, RequestOf, ResponseInput } from '@gregor/protocol'
import { isAllowed, isAllowedOnCluster, isAllowedOnTopic } from '../server/authorization.ts'
import { defineHandler } from '../server/handler.ts'
import { describeLoggers } from '../server/logger-levels.ts'
import type { RequestContext } from '../server/request-context.ts'
import type { Services } from '../server/services.ts'

type Resource = RequestOf<typeof DescribeConfigs>['resources'][number]
type ResourceAnswer = ResponseInput<typeof DescribeConfigs>['results'][number]

interface Problem {
  readonly error: ProtocolError
  readonly message: string
}

type Described = readonly DescribedConfig[] | Problem

export const describeConfigs = defineHandler(DescribeConfigs, {
  handle(request, context, services) {
    return {
      results: request.resources.map((resource) => {
        const denied = denial(resource, context, services)
        if (denied !== undefined) return refused(resource, denied, errorMessage(denied))
        const described = describe(resource, services, {
          names: resource.configurationKeys,
          includesSynonyms: request.includeSynonyms,
          includesDocumentation: request.includeDocumentation,
        })
        return 'error' in described
          ? refused(resource, described.error, described.message)
          : answered(resource, described, context.apiVersion)
      }),
    }
  },
  refuse: ({ resources }, error) => ({
    results: resources.map((resource) => refused(resource, error, errorMessage(error))),
  }),
})

function denial(
  { resourceType, resourceName }: Resource,
  context: RequestContext,
  services: Services,
): ProtocolError | undefined {
  switch (resourceType) {
    case resourceTypeCodes.topic:
      return isAllowedOnTopic(services, context, 'DESCRIBE_CONFIGS', resourceName)
        ? undefined
        : 'TOPIC_AUTHORIZATION_FAILED'
    case resourceTypeCodes.group: {
      const isPermitted = isAllowed(services, context, 'DESCRIBE_CONFIGS', { type: 'GROUP', name: resourceName })
      return isPermitted ? undefined : 'GROUP_AUTHORIZATION_FAILED'
    }
    default:
      return isAllowedOnCluster(services, context, 'DESCRIBE_CONFIGS') ? undefined : 'CLUSTER_AUTHORIZATION_FAILED'
  }
}

function describe(
  { resourceType, resourceName: name }: Resource,
  services: Services,
  options: DescribeOptions,
): Described {
  const { metadata, nodeId } = services
  const config = services.config.current
  const own = configOf(metadata.image, { type: resourceType, name })
  switch (resourceType) {
    case resourceTypeCodes.topic:
      return topicProblem(name, services) ?? describeTopic(config, own, options)
    case resourceTypeCodes.broker:
      if (name === '') return describeClusterDefault(config, options)
      return wrongNode(name, nodeId, ' or empty string,') ?? describeBroker(config, options)
    case resourceTypeCodes.brokerLogger:
      if (name === '') return invalid('Broker id must not be empty')
      return wrongNode(name, nodeId, '') ?? describeLoggers(services.logger, options)
    case resourceTypeCodes.clientMetrics:
      return name === ''
        ? invalid('Client metrics subscription name must not be empty')
        : describeClientMetrics(own, options)
    case resourceTypeCodes.group:
      return name === '' ? invalid('Group name must not be empty') : describeGroup(config, own, options)
    default:
      return invalid(errorMessage('INVALID_REQUEST'))
  }
}

function topicProblem(name: string, { metadata }: Services): Problem | undefined {
  const illegal = topicNameProblem(name)
  if (illegal !== undefined) return { error: 'INVALID_TOPIC_EXCEPTION', message: illegal }
  return metadata.image.topics.byName.has(name) ? undefined : { error: 'UNKNOWN_TOPIC_OR_PARTITION', message: '' }
}

function wrongNode(name: string, nodeId: number, or: string): Described | undefined {
  if (!/^[+-]?[0-9]+$/.test(name)) return invalid(`Broker id must be an integer, but it is: ${name}`)
  return Number(name) === nodeId
    ? undefined
    : invalid(`Unexpected broker id, expected ${nodeId}${or} but received ${name}`)
}

function invalid(message: string): Described {
  return { error: 'INVALID_REQUEST', message }
}

function answered(
  { resourceType, resourceName }: Resource,
  configs: readonly DescribedConfig[],
  version: number,
): ResourceAnswer {
  return {
    errorCode: 0,
    errorMessage: null,
    resourceType,
    resourceName,
    configs: configs.map((config) => ({
      ...config,
      ...(version === 0 ? { isDefault: config.configSource === configSourceCodes.default } : {}),
    })),
  }
}

function refused({ resourceType, resourceName }: Resource, error: ProtocolError, message: string): ResourceAnswer {
  return { errorCode: errorCode(error), errorMessage: message, resourceType, resourceName, configs: [] }
}
