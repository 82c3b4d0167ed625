/**
 * The node’s log level behind Kafka’s broker loggers (KIP-412). There is one logger, `root`; its level is one of Kafka’s
 * names and is forgotten at a restart, as in Kafka.
 */
import type { ConfigOperation, DescribedConfig, DescribeOptions } from '@gregor/config'
import { configSourceCodes } from '@gregor/config'
import type { Logger, LogLevel } from '@gregor/platform'
import type { ProtocolError } from '@gregor/protocol'

const rootName = 'root'
const initialLevel: LogLevel = 'info'

const levelsByName: Readonly<Record<string, LogLevel | undefined>> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
  FATAL: 'error',
}

export function changeLogLevels(
  logger: Logger,
  operations: readonly ConfigOperation[],
  { validateOnly }: { readonly validateOnly: boolean },
): { readonly error: ProtocolError; readonly message: string } | undefined {
  for (const { name, operation, value = '' } of operations) {
    if (name !== rootName)
      return { error: 'INVALID_CONFIG', message: `Logger ${name} does not exist! There is one: ${rootName}.` }
    if (operation === 'append' || operation === 'subtract') {
      return {
        error: 'INVALID_REQUEST',
        message: `${operation.toUpperCase()} operation is not allowed for the BROKER_LOGGER resource`,
      }
    }
    if (operation === 'set' && levelsByName[value] === undefined) {
      const allowed = Object.keys(levelsByName).join(', ')
      return {
        error: 'INVALID_CONFIG',
        message: `Cannot set the log level of ${name} to ${value} as it is not a supported log level. Valid log levels are ${allowed}`,
      }
    }
  }
  if (validateOnly) return undefined
  for (const { operation, value = '' } of operations) {
    logger.setLevel(operation === 'set' ? (levelsByName[value] ?? initialLevel) : initialLevel)
  }
  return undefined
}

export function describeLoggers(logger: Logger, { names }: DescribeOptions): readonly DescribedConfig[] {
  const isWanted = names === null || names.length === 0 || names.includes(rootName)
  if (!isWanted) return []
  return [
    {
      name: rootName,
      value: logger.level.toUpperCase(),
      readOnly: false,
      configSource: configSourceCodes.logger,
      isSensitive: false,
      synonyms: [],
      configType: 0,
      documentation: null,
    },
  ]
}
