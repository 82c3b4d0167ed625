/** What a consumer is told: options as a program gives them, and what follows from them, checked as a whole. */
import type { Deserializer } from '@gregor/serde'
import { ConfigError, type ConfigProblem } from '@gregor/config'
import { type ClientOptions, optionName, readOptions } from '../config/client-config.ts'
import type { Assignor, AssignorFactory } from './assignors/assignor.ts'
import { assignorFactory, assignorNames } from './assignors/named-assignors.ts'
import { type ConsumerConfig, consumerConfigs } from './consumer-configs.ts'
import type { Deserializers } from './consumer-record.ts'
import { type OffsetReset, parseOffsetReset } from './offset-reset.ts'

/**
 * Kafka’s configs of a consumer, by camelCase name (`groupId`) or as Kafka spells them (`group.id`), and what only a program
 * can give. Defaults are those of Kafka 4.3.
 */
export interface ConsumerOptions<K = Buffer | null, V = Buffer | null> extends ClientOptions<typeof consumerConfigs> {
  /** Default: bytes. Called when a record’s `key` is first asked for. */
  readonly key?: Deserializer<K> | undefined
  /** Default: bytes. Called when a record’s `value` is first asked for. */
  readonly value?: Deserializer<V> | undefined
  /** Your own assignors, the preferred first. Goes before `partition.assignment.strategy`. */
  readonly assignors?: readonly AssignorFactory[] | undefined
  /** As a properties file has them; what is given besides goes before. */
  readonly properties?: ReadonlyMap<string, string> | undefined
}

/** Options, read and checked. */
export interface ConsumerSettings<K, V> {
  readonly config: ConsumerConfig
  readonly groupProtocol: 'classic' | 'consumer'
  readonly offsetReset: OffsetReset
  readonly deserializers: Deserializers<K, V>
  readonly assignors: readonly Assignor[]
  readonly isAutoCommitting: boolean
}

export interface ReadConsumerOptions {
  /** Told of options that change nothing here. */
  readonly warn?: (message: string) => void
  /** What a key of `properties` that is no config of consumers does: a file may hold the connection’s as well. */
  readonly unknownProperty?: 'refuse' | 'ignore'
}

const classicOnly = ['partition.assignment.strategy', 'heartbeat.interval.ms', 'session.timeout.ms'] as const

/** @throws ConfigError with everything that is wrong. */
export function readConsumerOptions<K, V>(
  options: ConsumerOptions<K, V>,
  read: ReadConsumerOptions = {},
): ConsumerSettings<K, V> {
  const config = readOptions(
    consumerConfigs,
    { ...options },
    {
      client: 'consumer',
      others: ['key', 'value', 'assignors', 'properties'],
      properties: options.properties,
      unknownProperty: read.unknownProperty ?? 'ignore',
      ...(read.warn === undefined ? {} : { warn: read.warn }),
    },
  )
  const problems: ConfigProblem[] = []
  const groupProtocol = config.groupProtocol.toLowerCase() === 'consumer' ? 'consumer' : 'classic'
  const given = (name: keyof typeof consumerConfigs): boolean => isGiven(options, options.properties, name)
  const unfit =
    groupProtocol === 'consumer'
      ? classicOnly.filter(given)
      : given('group.remote.assignor')
        ? ['group.remote.assignor']
        : []
  for (const key of unfit) {
    problems.push({ key, message: `${key} cannot be set with group.protocol=${groupProtocol}. Remove it.` })
  }
  if (config.groupId === undefined && given('enable.auto.commit') && config.enableAutoCommit) {
    const key = 'enable.auto.commit'
    problems.push({ key, message: `${key} is true, and there is no group.id to commit for. Set one, or remove it.` })
  }
  if (groupProtocol === 'classic' && config.heartbeatIntervalMs >= config.sessionTimeoutMs) {
    const key = 'heartbeat.interval.ms'
    problems.push({ key, message: `${key} is ${config.heartbeatIntervalMs}; it must be less than session.timeout.ms.` })
  }
  const assignors = groupProtocol === 'classic' ? assignorsFrom(options, config, problems) : []
  const offsetReset = parseOffsetReset(config.autoOffsetReset)
  if (problems.length > 0 || offsetReset === undefined) throw new ConfigError(problems)
  return {
    config,
    groupProtocol,
    offsetReset,
    deserializers: { key: options.key, value: options.value },
    assignors,
    isAutoCommitting: config.groupId !== undefined && config.enableAutoCommit,
  }
}

function assignorsFrom(
  options: { readonly assignors?: readonly AssignorFactory[] | undefined },
  config: ConsumerConfig,
  problems: ConfigProblem[],
): readonly Assignor[] {
  if (options.assignors !== undefined && options.assignors.length > 0) return options.assignors.map((make) => make())
  const key = 'partition.assignment.strategy'
  if (config.partitionAssignmentStrategy.length === 0)
    problems.push({ key, message: `${key} is empty. Name one at least.` })
  return config.partitionAssignmentStrategy.flatMap((name) => {
    const factory = assignorFactory(name)
    if (factory !== undefined) return [factory()]
    const message = `${key}: there is no assignor ${name}. It is one of ${assignorNames.join(', ')}; give your own as \`assignors\`.`
    problems.push({ key, message })
    return []
  })
}

function isGiven(options: object, properties: ReadonlyMap<string, string> | undefined, name: string): boolean {
  const given = new Map<string, unknown>(Object.entries(options))
  return given.get(name) !== undefined || given.get(optionName(name)) !== undefined || properties?.has(name) === true
}
