/** What a producer is told: options as a program gives them, and what follows from them, checked as a whole. */
import { ConfigError, type ConfigProblem } from '@gregor/config'
import type { Environment } from '@gregor/platform'
import { type ClientOptions, readOptions } from '../config/client-config.ts'
import type { Backoff } from '../retrying.ts'
import {
  type PartitionerChoice,
  choosePartitioner,
  partitionerName,
  partitionerNames,
} from './partitioners/choose-partitioner.ts'
import type { Partitioner } from './partitioners/partitioner.ts'
import type { Compression } from './producer-batch.ts'
import { producerConfigs } from './producer-configs.ts'
import type { DeliveryFailure } from './receipt.ts'
import { rememberedBatchCount } from './sequences.ts'

/** The world as a producer needs it. */
export type ProducerEnvironment = Pick<Environment, 'clock' | 'random' | 'logger'>

/**
 * Kafka’s configs of a producer, by camelCase name (`lingerMs`) or as Kafka spells them (`linger.ms`), and what only a
 * program can give. Defaults are those of Kafka 4.3.
 */
export interface ProducerOptions extends ClientOptions<typeof producerConfigs> {
  /** Default: by key, else sticky (KIP-794). Goes before `partitioner.class`. */
  readonly partitioner?: PartitionerChoice | undefined
  /** Told of records that were offered and could not be delivered. Default: the next `flush`, `drained` or `close` throws. */
  readonly onDeliveryFailure?: ((failure: DeliveryFailure) => void) | undefined
  /** As a properties file has them; what is given besides goes before. */
  readonly properties?: ReadonlyMap<string, string> | undefined
}

/** Options, read and checked. */
export interface ProducerSettings {
  readonly acks: -1 | 0 | 1
  readonly isIdempotent: boolean
  readonly transactionalId: string | undefined
  readonly transactionTimeoutMs: number
  readonly batchBytes: number
  readonly lingerMs: number
  readonly bufferBytes: number
  readonly requestBytesMax: number
  readonly compression: Compression
  readonly inFlightMax: number
  readonly retries: number
  readonly deliveryTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly blockMsMax: number
  readonly topicIdleMsMax: number
  /** 0: partitions are never left out for being slow. */
  readonly availabilityTimeoutMs: number
  readonly backoff: Backoff
  readonly partitioner: Partitioner
  readonly onDeliveryFailure: ((failure: DeliveryFailure) => void) | undefined
}

export interface ReadProducerOptions {
  readonly random: Environment['random']
  /** Told of options that change nothing here. */
  readonly warn?: (message: string) => void
}

/** @throws ConfigError with everything that is wrong. */
export function readProducerOptions(options: ProducerOptions, read: ReadProducerOptions): ProducerSettings {
  const config = readOptions(
    producerConfigs,
    { ...options },
    {
      client: 'producer',
      others: ['partitioner', 'onDeliveryFailure', 'properties'],
      properties: options.properties,
      // A file may hold the connection’s as well.
      unknownProperty: 'ignore',
      ...(read.warn === undefined ? {} : { warn: read.warn }),
    },
  )
  const acks = config.acks === 'all' ? -1 : (Number(config.acks) as -1 | 0 | 1)
  const problems: ConfigProblem[] = []
  const isIdempotent = idempotence({ ...config, acks }, isGiven(options), problems)
  const named = config.partitionerClass === undefined ? undefined : partitionerName(config.partitionerClass)
  checkTogether(config, problems)
  if (config.partitionerClass !== undefined && named === undefined && options.partitioner === undefined) {
    const message = `partitioner.class is ${config.partitionerClass}. It is one of ${partitionerNames.join(', ')}; give your own as \`partitioner\`.`
    problems.push({ key: 'partitioner.class', message })
  }
  if (problems.length > 0) throw new ConfigError(problems)
  const { deliveryTimeoutMs, lingerMs, requestTimeoutMs, transactionalId } = config
  return {
    acks,
    isIdempotent,
    transactionalId,
    transactionTimeoutMs: config.transactionTimeoutMs,
    batchBytes: Math.min(config.batchSize, config.maxRequestSize),
    lingerMs,
    bufferBytes: config.bufferMemory,
    requestBytesMax: config.maxRequestSize,
    compression: { type: config.compressionType, level: compressionLevel(config) },
    inFlightMax: config.maxInFlightRequestsPerConnection,
    retries: config.retries,
    deliveryTimeoutMs: Math.max(deliveryTimeoutMs, lingerMs + requestTimeoutMs),
    requestTimeoutMs,
    blockMsMax: config.maxBlockMs,
    topicIdleMsMax: config.metadataMaxIdleMs,
    availabilityTimeoutMs: config.partitionerAvailabilityTimeoutMs,
    backoff: { backoffMs: config.retryBackoffMs, backoffMaxMs: config.retryBackoffMaxMs },
    partitioner: choosePartitioner(options.partitioner ?? named, {
      random: read.random,
      batchSize: config.batchSize,
      adaptive: config.partitionerAdaptivePartitioningEnable,
      ignoreKeys: config.partitionerIgnoreKeys,
    }),
    onDeliveryFailure: options.onDeliveryFailure,
  }
}

type Config = ReturnType<typeof readOptions<typeof producerConfigs>>

/** What each value allows, but not all together. */
function checkTogether(config: Config, problems: ConfigProblem[]): void {
  const { deliveryTimeoutMs, lingerMs, requestTimeoutMs } = config
  const isDefault = deliveryTimeoutMs === producerConfigs['delivery.timeout.ms'].default
  if (deliveryTimeoutMs < lingerMs + requestTimeoutMs && !isDefault) {
    const message = `delivery.timeout.ms is ${deliveryTimeoutMs}, and must be at least linger.ms + request.timeout.ms (${lingerMs} + ${requestTimeoutMs}).`
    problems.push({ key: 'delivery.timeout.ms', message })
  }
  if (config.transactionTwoPhaseCommitEnable) {
    const key = 'transaction.two.phase.commit.enable'
    problems.push({ key, message: `${key} is true, but two-phase commit (KIP-939) is not offered. Remove it.` })
  }
}

function compressionLevel(config: Config): number | undefined {
  if (config.compressionType === 'zstd') return config.compressionZstdLevel
  return config.compressionType === 'gzip' && config.compressionGzipLevel !== -1
    ? config.compressionGzipLevel
    : undefined
}

function isGiven(options: ProducerOptions): boolean {
  const name = 'enable.idempotence'
  return (
    options.enableIdempotence !== undefined || options[name] !== undefined || options.properties?.has(name) === true
  )
}

/** On unless it was said otherwise, or something else that was said rules it out; both being said is a mistake. */
function idempotence(
  config: Omit<Config, 'acks'> & { readonly acks: number },
  isGivenByUser: boolean,
  problems: ConfigProblem[],
): boolean {
  const key = 'enable.idempotence'
  const { transactionalId, maxInFlightRequestsPerConnection: inFlightMax } = config
  const isWanted = (isGivenByUser && config.enableIdempotence) || transactionalId !== undefined
  if (isGivenByUser && !config.enableIdempotence) {
    if (transactionalId !== undefined) {
      problems.push({ key, message: `${key} is false, and transactional.id is set: transactions need idempotence.` })
    }
    return false
  }
  const obstacles = [
    ...(config.acks === -1 ? [] : [`acks is ${config.acks}; it must be all`]),
    ...(config.retries > 0 ? [] : ['retries is 0; it must be more']),
    ...(inFlightMax <= rememberedBatchCount
      ? []
      : [`max.in.flight.requests.per.connection is ${inFlightMax}; it must be ${rememberedBatchCount} at most`]),
  ]
  if (!isWanted) return obstacles.length === 0
  for (const obstacle of obstacles) problems.push({ key, message: `For an idempotent producer ${obstacle}.` })
  return true
}
