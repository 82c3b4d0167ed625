/**
 * Changes of broker configs that are asked for (KIP-226): what the broker itself can judge, before the controller
 * writes anything down. The whole configuration that would come out is built and checked, and compared with the one
 * that is in force. All refusals but one are INVALID_REQUEST, as Kafka has it (KAFKA-13609).
 */
import { invalidRequest } from './alter-configs.ts'
import type { AlterProblem } from './alter-configs.ts'
import type { BrokerConfig } from './broker-config.ts'
import type { BrokerConfigName } from './broker-configs.ts'
import { ConfigError } from './config-error.ts'
import { invalidValueMessage, parseConfig } from './config-text.ts'
import { dynamicDefinition, levelProblem } from './dynamic-layers.ts'
import { topicDefaultText } from './log-config.ts'
import { listenerConfigBase } from './synonyms.ts'

/**
 * Whether a broker may have these dynamic configs.
 *
 * @param config - what is in force.
 * @param level - whether they are for this broker alone or for all of the cluster.
 * @param next - all dynamic configs of that level after the change.
 */
export function brokerConfigProblem(
  config: BrokerConfig,
  level: 'broker' | 'cluster',
  next: ReadonlyMap<string, string>,
): AlterProblem | undefined {
  const message = levelMessage(level, next) ?? valueMessage(next)
  if (message !== undefined) return invalidRequest(message)
  const candidate = candidateOf(config, level, next)
  const problem = typeof candidate === 'string' ? candidate : transitionProblem(config, candidate, next)
  return problem === undefined ? undefined : invalidRequest(problem)
}

function levelMessage(level: 'broker' | 'cluster', next: ReadonlyMap<string, string>): string | undefined {
  for (const name of next.keys()) {
    const problem = levelProblem(name, level)
    if (problem === undefined) continue
    const alike = [...next.keys()].filter((other) => levelProblem(other, level) === problem)
    return `${problem}: [${alike.join(', ')}]`
  }
  return undefined
}

function valueMessage(next: ReadonlyMap<string, string>): string | undefined {
  for (const [name, text] of next) {
    const definition = dynamicDefinition(name)
    const parsed = definition === undefined ? undefined : parseConfig(definition, text)
    if (definition !== undefined && parsed !== undefined && 'problem' in parsed) {
      return invalidValueMessage(definition, text, parsed)
    }
  }
  return undefined
}

function candidateOf(
  config: BrokerConfig,
  level: 'broker' | 'cluster',
  next: ReadonlyMap<string, string>,
): BrokerConfig | string {
  try {
    return config.withDynamic({ broker: config.layers.broker, cluster: config.layers.cluster, [level]: next })
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
}

/** Threads come and go by at most half or double at a time. */
const threadCounts = [
  'background.threads',
  'log.cleaner.threads',
  'num.io.threads',
  'num.network.threads',
  'num.recovery.threads.per.data.dir',
  'num.replica.fetchers',
  'remote.log.manager.copier.thread.pool.size',
  'remote.log.manager.expiration.thread.pool.size',
  'remote.log.manager.follower.thread.pool.size',
  'remote.log.reader.threads',
] as const satisfies readonly BrokerConfigName[]

function transitionProblem(
  from: BrokerConfig,
  to: BrokerConfig,
  next: ReadonlyMap<string, string>,
): string | undefined {
  for (const name of threadCounts) {
    const [before, after] = [from.get(name), to.get(name)]
    if (after < Math.trunc(before / 2)) return `${name}=${after}: must be at least half of the current ${before}`
    if (after > before * 2) return `${name}=${after}: must be at most double the current ${before}`
  }
  for (const name of ['max.connections', 'max.connection.creation.rate'] as const) {
    const listeners = to.get(name) === from.get(name) ? [] : to.listeners.broker
    if (listeners.some(({ listener }) => to.forListener(listener).get(name) === 0)) return `Invalid ${name} 0`
  }
  for (const kind of ['consumer', 'share', 'streams'] as const) {
    const name = `group.${kind}.assignment.interval.ms` as const
    const asked = Number(next.get(name) ?? to.get(name))
    if (asked > to.get(name)) return `${name} must be less than or equal to group.${kind}.max.assignment.interval.ms`
    if (asked < to.get(name)) return `${name} must be greater than or equal to group.${kind}.min.assignment.interval.ms`
  }
  return localRetentionProblem(to) ?? listenerProblem(from, to)
}

function localRetentionProblem(to: BrokerConfig): string | undefined {
  const pairs = [
    ['log.local.retention.ms', 'retention.ms'],
    ['log.local.retention.bytes', 'retention.bytes'],
  ] as const
  for (const [local, whole] of pairs) {
    const [kept, limit] = [to.get(local), Number(topicDefaultText(to, whole)?.text)]
    if (limit < 0 || kept === -2 || (kept !== -1 && kept <= limit)) continue
    return `Invalid value ${kept} for configuration ${local}: Value must not be more than log.${whole} property value: ${limit}`
  }
  return undefined
}

/** Listeners may come and go, but not those that are advertised; one that stays keeps its protocol and its configs. */
function listenerProblem(from: BrokerConfig, to: BrokerConfig): string | undefined {
  const names = [...to.listeners.broker, ...to.listeners.controller].map(({ listener }) => listener)
  const gone = from.listeners.advertised.find(({ listener }) => !names.includes(listener))
  if (gone !== undefined) return `listeners: ${gone.listener} is advertised and cannot be removed`
  for (const { listener, protocol } of from.listeners.broker) {
    if (!names.includes(listener)) continue
    if (to.listeners.protocols.get(listener) !== protocol) {
      return `listener.security.protocol.map: the protocol of ${listener}, which is in use, cannot be changed`
    }
    const changed = fixedConfigs(listener, from, to)
    if (changed !== undefined)
      return `${changed}: cannot be changed for a listener in use; restart, or add another listener`
  }
  return undefined
}

/** A config of the listener that differs and is read only once, when the listener opens. */
function fixedConfigs(listener: string, from: BrokerConfig, to: BrokerConfig): string | undefined {
  const prefix = `listener.name.${listener.toLowerCase()}.`
  const [before, after] = [from.layers.effective, to.layers.effective]
  return [...new Set([...before.keys(), ...after.keys()])].find((name) => {
    if (!name.startsWith(prefix) || before.get(name) === after.get(name)) return false
    return !reloaded.test(listenerConfigBase(name) ?? '')
  })
}

/** Stores, keys and limits of a listener that are read again while it is open. */
const reloaded =
  /^(ssl\.(key|trust)store\.(type|location|password|key|certificate\.chain|certificates)|ssl\.key\.password|max\.connections|max\.connection\.creation\.rate|num\.network\.threads)$/
