/** What this project's config package makes of the cases, in the words of the peer. */

import {
  applyOperations,
  brokerConfigProblem,
  configSourceCodes,
  configTypeCodes,
  resourceNameProblem,
  resourceProblem,
  type BrokerConfig,
  type ConfigOperation,
  type ConfigOperationType,
  type ConfigResourceType,
  type DescribedConfig,
} from '@gregor/config'

const resourceTypes: Readonly<Record<string, ConfigResourceType>> = {
  TOPIC: 'topic',
  BROKER: 'broker',
  GROUP: 'group',
  CLIENT_METRICS: 'clientMetrics',
}

const sourceNames: Readonly<Record<keyof typeof configSourceCodes, string>> = {
  topic: 'DYNAMIC_TOPIC_CONFIG',
  broker: 'DYNAMIC_BROKER_CONFIG',
  cluster: 'DYNAMIC_DEFAULT_BROKER_CONFIG',
  static: 'STATIC_BROKER_CONFIG',
  default: 'DEFAULT_CONFIG',
  logger: 'DYNAMIC_BROKER_LOGGER_CONFIG',
  clientMetrics: 'DYNAMIC_CLIENT_METRICS_CONFIG',
  group: 'DYNAMIC_GROUP_CONFIG',
}
const sources = new Map(Object.entries(configSourceCodes).map(([name, code]) => [code as number, name]))
const types = new Map(Object.entries(configTypeCodes).map(([name, code]) => [code, name.toUpperCase()]))

/** The error code that a change is answered with. */
export function changeOutcome(config: BrokerConfig, [resource, ...asked]: readonly [string, ...string[]]): string {
  const [typeName = '', name = ''] = resource.split(' ')
  const type = resourceTypes[typeName] ?? 'topic'
  const stored = type === 'broker' ? config.layers[name === '' ? 'cluster' : 'broker'] : new Map<string, string>()
  const altered = applyOperations(type, stored, asked.map(operationFromText))
  if (altered.error !== 'NONE') return altered.error
  const problem =
    resourceNameProblem(type, name) ??
    (type === 'broker'
      ? brokerConfigProblem(config, name === '' ? 'cluster' : 'broker', altered.configs)
      : undefined) ??
    resourceProblem(config, type, altered.configs, stored)
  return problem?.error ?? 'NONE'
}

/** One line of the peer's `alter` or `describe`. */
export function changeLine([resource, ...asked]: readonly [string, ...string[]]): string {
  const operations = asked.flatMap((text) => {
    const { operation, name, value = '' } = operationFromText(text)
    return [operation.toUpperCase(), name, value]
  })
  return [...resource.split(' '), ...operations].join('\t')
}

/** An entry as the peer prints one. */
export function entryFromDescribed(
  resource: string,
  described: DescribedConfig,
): Readonly<Record<string, string | null>> {
  const source = (code: number): string => sourceNames[sources.get(code) as keyof typeof sourceNames]
  return {
    resource,
    name: described.name,
    value: described.value,
    source: source(described.configSource),
    isSensitive: String(described.isSensitive),
    isReadOnly: String(described.readOnly),
    type: types.get(described.configType) ?? 'UNKNOWN',
    synonyms: described.synonyms.map(({ name, value, source: code }) => `${name}=${value} ${source(code)}`).join('\n'),
  }
}

function operationFromText(text: string): ConfigOperation {
  const [operation = '', name = '', ...value] = text.split(' ')
  const type = operation.toLowerCase() as ConfigOperationType
  return type === 'delete' ? { name, operation: type } : { name, operation: type, value: value.join(' ') }
}
