/**
 * A change of one resource's configs: what the tables of configs say about it (package config), and what only the
 * controller knows: whether the resource exists, what ELR forbids (KIP-966), the policy of this cluster.
 */
import { applyOperations, resourceNameProblem, resourceProblem, resourceTypeCodes } from '@gregor/config'
import type { Altered, ConfigResourceType } from '@gregor/config'
import { configOf, since } from '@gregor/metadata'
import type { ConfigResource } from '@gregor/metadata'
import type { MetadataRecordInput } from '@gregor/protocol'
import { problem } from './api-problem.ts'
import type { ApiProblem } from './api-problem.ts'
import type { Asked } from './controller-handler.ts'
import { isElrEnabled, metadataVersionOf } from './deliberation.ts'
import { brokerResourceType, topicResourceType } from './node-config.ts'
import { topicNameProblem } from './topic-name.ts'

/** As UTF-8: a longer text cannot be written. Only appending gets there. */
const valueLengthMax = 32_767
const minIsr = 'min.insync.replicas'
const cordoned = 'cordoned.log.dirs'

export interface ConfigChange {
  readonly resource: ConfigResource
  readonly type: ConfigResourceType
  readonly altered: Altered
  /** Named in the request; the others go because they were not (AlterConfigs). */
  readonly explicitNames: ReadonlySet<string>
  /** It is being created by the same request. */
  readonly isNew: boolean
}

/** The types whose configs are kept in the metadata, by their number. */
export function keptResourceType(code: number): ConfigResourceType | undefined {
  switch (code) {
    case resourceTypeCodes.topic:
      return 'topic'
    case resourceTypeCodes.broker:
      return 'broker'
    case resourceTypeCodes.clientMetrics:
      return 'clientMetrics'
    case resourceTypeCodes.group:
      return 'group'
    default:
      return undefined
  }
}

/** The records that carry out a change, or why it is not allowed. */
export function configChangeRecords(asked: Asked, change: ConfigChange): readonly MetadataRecordInput[] | ApiProblem {
  const { resource, altered } = change
  if (altered.error !== 'NONE') return problem(altered.error, altered.message)
  const found = changeProblem(asked, change, altered.changes) ?? valuesProblem(asked, change, altered.configs)
  if (found !== undefined) return found
  const refused = asked.options.alterConfigPolicy?.({ resource, changes: explicitChanges(change, altered.changes) })
  if (refused !== undefined) return refused
  const records = [...altered.changes].map(([name, value]): MetadataRecordInput => {
    const { type: resourceType, name: resourceName } = resource
    return { type: 'ConfigRecord', resourceType, resourceName, name, value: value ?? null }
  })
  return [...records, ...clearElrRecords(asked, resource, altered.changes)]
}

/** The records of a new topic's configs. */
export function createdConfigRecords(
  asked: Asked,
  topicName: string,
  configs: ReadonlyMap<string, string>,
): readonly MetadataRecordInput[] | ApiProblem {
  if (configs.size === 0) return []
  const operations = [...configs].map(([name, value]) => ({ name, operation: 'set' as const, value }))
  return configChangeRecords(asked, {
    resource: { type: topicResourceType, name: topicName },
    type: 'topic',
    altered: applyOperations('topic', new Map(), operations),
    explicitNames: new Set(configs.keys()),
    isNew: true,
  })
}

function explicitChanges(
  { explicitNames }: ConfigChange,
  changes: ReadonlyMap<string, string | undefined>,
): ReadonlyMap<string, string | undefined> {
  return new Map([...changes].filter(([name]) => explicitNames.has(name)))
}

/** What is wrong with the step from the old value to the new one. */
function changeProblem(
  asked: Asked,
  { resource, explicitNames }: ConfigChange,
  changes: ReadonlyMap<string, string | undefined>,
): ApiProblem | undefined {
  for (const [name, value] of changes) {
    const found =
      resource.type === brokerResourceType ? brokerChangeProblem(asked, resource.name, { name, value }) : undefined
    if (found !== undefined) return found
    if (value !== undefined && Buffer.byteLength(value) > valueLengthMax && explicitNames.has(name)) {
      const text = 'The configuration value cannot be added because it exceeds the maximum value size of'
      return problem('INVALID_CONFIG', `${text} ${valueLengthMax} bytes.`)
    }
  }
  return undefined
}

function brokerChangeProblem(
  asked: Asked,
  brokerName: string,
  { name, value }: { readonly name: string; readonly value: string | undefined },
): ApiProblem | undefined {
  if (name === minIsr && isElrEnabled(asked)) {
    if (brokerName !== '') {
      return problem('INVALID_CONFIG', `Broker-level ${minIsr} cannot be altered while ELR is enabled.`)
    }
    if (value === undefined) {
      return problem('INVALID_CONFIG', `Cluster-level ${minIsr} cannot be removed while ELR is enabled.`)
    }
  }
  if (name !== cordoned) return undefined
  if (metadataVersionOf(asked) < since.cordonedLogDirs) {
    const text = `The ${cordoned} configuration value cannot be set because it requires metadata.version >= 4.3-IV0`
    return problem('INVALID_CONFIG', text)
  }
  const before = elementsOf(configOf(asked.image, { type: brokerResourceType, name: brokerName }).get(name))
  // A controller cannot know which directories a broker has: only the broker itself lets one more be cordoned.
  if (asked.context.isForwarded || elementsOf(value).every((directory) => before.includes(directory))) return undefined
  const text = `When updating ${cordoned} via controllers,  the new value must be a subset of the current configuration value.`
  return problem('INVALID_CONFIG', text)
}

function elementsOf(list: string | undefined): readonly string[] {
  return (list ?? '')
    .trim()
    .split(/\s*,\s*/)
    .filter((element) => element !== '')
}

function valuesProblem(
  asked: Asked,
  { resource, type, isNew }: ConfigChange,
  configs: ReadonlyMap<string, string>,
): ApiProblem | undefined {
  const found =
    resourceNameProblem(type, resource.name) ??
    (type === 'topic' ? topicProblem(resource.name) : undefined) ??
    resourceProblem(asked.config, type, configs, configOf(asked.image, resource))
  if (found !== undefined) return found
  return isNew ? undefined : existenceProblem(asked, resource, type)
}

function topicProblem(name: string): ApiProblem | undefined {
  const text = topicNameProblem(name)
  return text === undefined ? undefined : problem('INVALID_TOPIC_EXCEPTION', text)
}

function existenceProblem(
  { image, options }: Asked,
  { name }: ConfigResource,
  type: ConfigResourceType,
): ApiProblem | undefined {
  if (type === 'topic' && !image.topics.byName.has(name)) {
    return problem('UNKNOWN_TOPIC_OR_PARTITION', `The topic '${name}' does not exist.`)
  }
  if (type !== 'broker' || name === '') return undefined
  const nodeId = Number(name)
  const isKnown = image.brokers.has(nodeId) || image.controllers.has(nodeId) || options.voterIds().includes(nodeId)
  return isKnown ? undefined : problem('BROKER_ID_NOT_REGISTERED', `No node with id ${nodeId} found.`)
}

/** With another min.insync.replicas, who was eligible to lead may not be any more. */
function clearElrRecords(
  asked: Asked,
  { type, name }: ConfigResource,
  changes: ReadonlyMap<string, string | undefined>,
): readonly MetadataRecordInput[] {
  if (!isElrEnabled(asked) || !changes.has(minIsr)) return []
  return [{ type: 'ClearElrRecord', topicName: type === topicResourceType ? name : '' }]
}
