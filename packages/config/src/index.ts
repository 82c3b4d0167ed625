/** Config definitions, java properties, broker and topic configs. This file is the package’s public interface. */
export { brokerConfigProblem } from './alter-broker-configs.ts'
export {
  applyOperations,
  operationsFromRequest,
  replaceConfigs,
  resourceNameProblem,
  resourceProblem,
  resourceTypeCodes,
} from './alter-configs.ts'
export type {
  AlterProblem,
  Altered,
  ConfigOperation,
  ConfigOperationType,
  ConfigResourceType,
} from './alter-configs.ts'
export { BrokerConfig } from './broker-config.ts'
export type { ConfigLayers, LoadOptions } from './broker-config.ts'
export { brokerConfigs } from './broker-configs.ts'
export type { BrokerConfigName, BrokerConfigs } from './broker-configs.ts'
export { clientMetricsConfigs } from './client-metrics-configs.ts'
export {
  configSourceCodes,
  configTypeCodes,
  createdTopicConfigs,
  describeBroker,
  describeClientMetrics,
  describeClusterDefault,
  describeGroup,
  describeTopic,
} from './config-description.ts'
export type { DescribedConfig, DescribedSynonym, DescribeOptions } from './config-description.ts'
export { closestName } from './closest-name.ts'
export { ConfigError } from './config-error.ts'
export type { ConfigProblem } from './config-error.ts'
export type { ReferenceReaders } from './config-references.ts'
export { allowedText, defaultText, invalidValueMessage, parseConfig, textFromValue } from './config-text.ts'
export {
  boolean,
  className,
  defineConfigs,
  double,
  int,
  list,
  long,
  oneOf,
  password,
  short,
  string,
} from './definition.ts'
export type {
  ConfigDefinition,
  ConfigDefinitions,
  ConfigScope,
  ConfigType,
  ConfigValue,
  ValueOf,
} from './definition.ts'
export type { DynamicConfigs } from './dynamic-layers.ts'
export { embeddedDefaults } from './embedded-defaults.ts'
export type { EmbeddedDefault } from './embedded-defaults.ts'
export { groupConfigs } from './group-configs.ts'
export { textFromEndpoint } from './listeners.ts'
export type { Endpoint, SecurityProtocol } from './listeners.ts'
export { resolveLogConfig, topicText } from './log-config.ts'
export type { LogConfig } from './log-config.ts'
export type { NodeListeners } from './node-listeners.ts'
export { parseProperties, propertiesText, writeProperties } from './properties.ts'
export { hostAndPortFromText, voterFromText } from './quorum-addresses.ts'
export type { HostAndPort, VoterAddress } from './quorum-addresses.ts'
export { groupSynonyms, topicSynonyms } from './synonyms.ts'
export type { GroupConfigName, TopicConfigName, TopicSynonym } from './synonyms.ts'
export { topicConfigs } from './topic-configs.ts'
