/** Config definitions, java properties, broker and topic configs. This file is the package’s public interface. */
export { brokerConfigs } from './broker-configs.ts'
export type { BrokerConfigName, BrokerConfigs } from './broker-configs.ts'
export { clientMetricsConfigs } from './client-metrics-configs.ts'
export { ConfigError } from './config-error.ts'
export type { ConfigProblem } from './config-error.ts'
export { allowedText, defaultText, parseConfig, textFromValue } from './config-text.ts'
export { defineConfigs } from './definition.ts'
export type {
  ConfigDefinition,
  ConfigDefinitions,
  ConfigScope,
  ConfigType,
  ConfigValue,
  ValueOf,
} from './definition.ts'
export { groupConfigs } from './group-configs.ts'
export { parseProperties, propertiesText, writeProperties } from './properties.ts'
export { topicConfigs } from './topic-configs.ts'
