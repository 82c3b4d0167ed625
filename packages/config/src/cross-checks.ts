/**
 * What must hold between configs, where each of them alone is fine. Each rule says what is wrong and what to do; the
 * limits are Kafka's.
 */
import type { BrokerConfig } from './broker-config.ts'
import { knownConfigs } from './broker-configs.ts'
import type { BrokerConfigName } from './broker-configs.ts'
import type { ConfigProblem } from './config-error.ts'
import { parseConfig } from './config-text.ts'
import type { ConfigDefinition } from './definition.ts'
import { pairsFromText } from './listeners.ts'
import { isTopicConfig, topicDefaultText } from './log-config.ts'
import { voterFromText } from './quorum-addresses.ts'
import { topicSynonyms } from './synonyms.ts'
import { topicConfigs } from './topic-configs.ts'

const MiB = 1_048_576

/** Everything that is wrong; empty where the broker may start. */
export function crossCheck(config: BrokerConfig): readonly ConfigProblem[] {
  return rules.flatMap((rule) => rule(config)).map((message) => ({ message }))
}

/** What works, but is hardly meant. */
export function crossCheckWarnings(config: BrokerConfig): readonly string[] {
  const heartbeat = config.get('broker.heartbeat.interval.ms')
  const session = config.get('broker.session.timeout.ms')
  const warnings: string[] = []
  if (heartbeat * 2 > session) {
    warnings.push(
      `broker.heartbeat.interval.ms=${heartbeat}: more than half of broker.session.timeout.ms=${session}; one late heartbeat fences the broker`,
    )
  }
  if (config.isSet('group.coordinator.rebalance.protocols')) {
    warnings.push('group.coordinator.rebalance.protocols: goes away with Kafka 5, where features decide; remove it')
  }
  return [...warnings, ...javaClassWarnings(config)]
}

type Rule = (config: BrokerConfig) => readonly string[]

const rules: readonly Rule[] = [
  function oneId(config) {
    const [id, older] = [config.get('node.id'), config.get('broker.id')]
    return id === older ? [] : [`broker.id=${older}: node.id=${id}; give both the same value, or only node.id`]
  },
  function quorum(config) {
    const roles = config.get('process.roles')
    const voters = config.get('controller.quorum.voters').flatMap((text) => voterFromText(text)?.id ?? [])
    const servers = config.get('controller.quorum.bootstrap.servers')
    const isVoter = voters.includes(config.get('node.id'))
    const isController = roles.includes('controller')
    const problems: string[] = []
    if (voters.length === 0 && servers.length === 0 && !(isController && roles.includes('broker'))) {
      problems.push(
        `process.roles=${roles.join(',')}: say where the controllers are, in controller.quorum.bootstrap.servers`,
      )
    }
    if (isController && voters.length > 0 && !isVoter) {
      problems.push(
        `controller.quorum.voters: a controller must be one of them; add ${config.get('node.id')}@host:port`,
      )
    }
    if (!isController && isVoter) {
      problems.push(
        `controller.quorum.voters: ${config.get('node.id')} is only a broker; remove it, or choose another node.id`,
      )
    }
    if (!isController && config.get('controller.quorum.auto.join.enable')) {
      problems.push('controller.quorum.auto.join.enable=true: only a controller can join; remove it')
    }
    return problems
  },
  function logs(config) {
    const problems: string[] = []
    const perThread = config.get('log.cleaner.dedupe.buffer.size') / config.get('log.cleaner.threads')
    if (!(Math.trunc(perThread) > MiB) || config.get('log.cleaner.threads') === 0) {
      problems.push(
        'log.cleaner.dedupe.buffer.size: more than 1 MiB for each of log.cleaner.threads is needed; raise it',
      )
    }
    const retention = topicDefaultText(config, 'retention.ms')
    if (retention?.text === '0')
      problems.push(`${retention.name}=0: nothing would be kept; use -1 for ever, or at least 1`)
    if (config.get('log.cleaner.min.compaction.lag.ms') > config.get('log.cleaner.max.compaction.lag.ms')) {
      problems.push('log.cleaner.min.compaction.lag.ms: must not be above log.cleaner.max.compaction.lag.ms; lower it')
    }
    return problems
  },
  function topicDefaults(config) {
    // Kafka's own defaults are fine; only what somebody set is looked at.
    const given = Object.entries(topicSynonyms).filter(([, synonyms]) =>
      synonyms.some(({ name }) => config.isSet(name)),
    )
    return given.flatMap(([topic]) => {
      const made = topicDefaultText(config, topic)
      if (made === undefined || !isTopicConfig(topic)) return []
      const parsed = parseConfig(topicConfigs[topic], made.text)
      if (!('problem' in parsed)) return []
      return [`${made.name}: gives topics ${topic}=${made.text}, but: ${parsed.problem}; correct it`]
    })
  },
  function cordonedDirectories(config) {
    const cordoned = config.get('cordoned.log.dirs')
    if (cordoned.includes('*')) {
      return cordoned.length === 1 ? [] : ["cordoned.log.dirs: with '*' there must be nothing else; remove the rest"]
    }
    const unknown = cordoned.filter((directory) => !config.logDirs.includes(directory))
    return unknown.length === 0 ? [] : [`cordoned.log.dirs: ${unknown.join(', ')} is not in log.dirs; correct it`]
  },
  function replicaFetch(config) {
    const wait = config.get('replica.fetch.wait.max.ms')
    const limits = ['replica.socket.timeout.ms', 'replica.lag.time.max.ms'] as const
    return limits
      .filter((limit) => wait > config.get(limit))
      .map((limit) => `replica.fetch.wait.max.ms=${wait}: must not be above ${limit}=${config.get(limit)}; lower it`)
  },
  function connections(config) {
    const problems: string[] = []
    const queued = config.get('queued.max.request.bytes')
    if (queued > 0 && queued < config.get('socket.request.max.bytes')) {
      problems.push(`queued.max.request.bytes=${queued}: must not be below socket.request.max.bytes; raise it`)
    }
    const idle = config.get('connections.max.idle.ms')
    if (idle >= 0 && config.get('connection.failed.authentication.delay.ms') >= idle) {
      problems.push('connection.failed.authentication.delay.ms: must be below connections.max.idle.ms; lower it')
    }
    return [...problems, ...connectionOverrides(config)]
  },
  function interBrokerSasl(config) {
    const { name, protocol } = config.listeners.interBroker
    if (!protocol.startsWith('SASL_')) return []
    const mechanism = config.get('sasl.mechanism.inter.broker.protocol')
    if (config.forListener(name).get('sasl.enabled.mechanisms').includes(mechanism)) return []
    return [`sasl.mechanism.inter.broker.protocol=${mechanism}: add it to sasl.enabled.mechanisms`]
  },
  function earlyStart(config) {
    const known = [...config.listeners.broker, ...config.listeners.controller].map(({ listener }) => listener)
    const unknown = (config.get('early.start.listeners') ?? [])
      .map((name) => name.toUpperCase())
      .filter((name) => name !== '' && !known.includes(name) && !config.listeners.controllerNames.includes(name))
    return unknown.length === 0 ? [] : [`early.start.listeners: ${unknown.join(', ')} is not in listeners; remove it`]
  },
  function groupBounds(config) {
    const protocols = config.get('group.coordinator.rebalance.protocols')
    const problems = [...kinds.flatMap((kind) => boundsOf(config, kind)), ...shareBounds(config)]
    const codec = config.get('offsets.topic.compression.codec')
    if (codec < 0 || codec > 4) {
      problems.push(`offsets.topic.compression.codec=${codec}: no codec has this number; 0 to 4 do`)
    }
    if (!protocols.includes('classic'))
      problems.push('group.coordinator.rebalance.protocols: classic cannot be left out; add it')
    if (config.get('group.streams.num.standby.replicas') > config.get('group.streams.max.standby.replicas')) {
      problems.push(
        'group.streams.num.standby.replicas: must not be above group.streams.max.standby.replicas; lower it',
      )
    }
    return problems
  },
]

/** Somebody counts on these classes, and they do nothing here. */
function javaClassWarnings(config: BrokerConfig): readonly string[] {
  const named = Object.values<ConfigDefinition>(knownConfigs).filter(
    ({ name, type }) => type === 'class' || name === 'replica.selector.class' || name === 'security.providers',
  )
  return named.flatMap(({ name, default: usual }) => {
    const value = config.layers.static.get(name)?.trim()
    if (value === undefined || value === '' || value === usual || value.endsWith('.RackAwareReplicaSelector')) return []
    return [`${name}=${value}: Java classes are not run here, and it does nothing; remove it`]
  })
}

function connectionOverrides(config: BrokerConfig): readonly string[] {
  const key = 'max.connections.per.ip.overrides'
  const pairs = pairsFromText(config.get(key))
  if (pairs === undefined) return [`${key}=${config.get(key)}: write address:count,address:count`]
  const bad = [...pairs].filter(([host, count]) => !/^[0-9a-zA-Z\-%._:]+$/.test(host) || !/^[0-9]{1,9}$/.test(count))
  if (bad.length > 0) return bad.map(([host, count]) => `${key}: ${host}:${count} is not address:count; correct it`)
  if (config.get('max.connections.per.ip') === 0 && pairs.size === 0) {
    return [`max.connections.per.ip=0: nobody could connect; raise it, or let some in with ${key}`]
  }
  return []
}

const kinds = ['consumer', 'share', 'streams'] as const
const bounded = ['heartbeat.interval.ms', 'session.timeout.ms', 'assignment.interval.ms'] as const

function boundsOf(config: BrokerConfig, kind: (typeof kinds)[number]): readonly string[] {
  const session = `group.${kind}.session.timeout.ms` as const
  const heartbeat = `group.${kind}.heartbeat.interval.ms` as const
  return [
    ...bounded.flatMap((what) =>
      between(config, `group.${kind}.${what}`, `group.${kind}.min.${what}`, `group.${kind}.max.${what}`),
    ),
    ...(config.get(heartbeat) < config.get(session) ? [] : [`${heartbeat}: must be below ${session}; lower it`]),
  ]
}

function shareBounds(config: BrokerConfig): readonly string[] {
  const what = ['record.lock.duration.ms', 'delivery.count.limit', 'partition.max.record.locks'] as const
  const problems = what.flatMap((name) =>
    between(config, `group.share.${name}`, `group.share.min.${name}`, `group.share.max.${name}`),
  )
  if (config.get('group.share.assignors').length !== 1) {
    problems.push('group.share.assignors: there must be exactly one; remove the others')
  }
  if (config.get('group.share.max.share.sessions') < config.get('group.share.max.size')) {
    problems.push('group.share.max.share.sessions: must not be below group.share.max.size; raise it')
  }
  return problems
}

function between<N extends BrokerConfigName>(config: BrokerConfig, name: N, min: N, max: N): string[] {
  const [value, least, most] = [Number(config.get(name)), Number(config.get(min)), Number(config.get(max))]
  if (least > most) return [`${min}=${least}: must not be above ${max}=${most}; correct one of them`]
  if (value < least) return [`${name}=${value}: must not be below ${min}=${least}; correct one of them`]
  if (value > most) return [`${name}=${value}: must not be above ${max}=${most}; correct one of them`]
  return []
}
