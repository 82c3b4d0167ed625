/** The bounds that the broker's configs set for those of a group (KIP-848, KIP-932, KIP-1071). */
import type { BrokerConfig } from './broker-config.ts'
import type { BrokerConfigName } from './broker-configs.ts'
import { groupSynonyms } from './synonyms.ts'
import type { GroupConfigName } from './synonyms.ts'

interface Bounds {
  readonly name: GroupConfigName
  readonly min?: BrokerConfigName
  readonly max: BrokerConfigName
  /** The value the broker gives by itself is not held against the bounds. */
  readonly onlyWhereSet?: true
}

const bounds: readonly Bounds[] = [
  ...(['consumer', 'share', 'streams'] as const).flatMap((kind): readonly Bounds[] => [
    bounded(`${kind}.heartbeat.interval.ms`, kind, 'heartbeat.interval.ms'),
    bounded(`${kind}.session.timeout.ms`, kind, 'session.timeout.ms'),
    { ...bounded(`${kind}.assignment.interval.ms`, kind, 'assignment.interval.ms'), onlyWhereSet: true },
  ]),
  ...(['record.lock.duration.ms', 'delivery.count.limit', 'partition.max.record.locks'] as const).map(
    (what): Bounds => ({ name: `share.${what}`, min: `group.share.min.${what}`, max: `group.share.max.${what}` }),
  ),
  { name: 'streams.num.standby.replicas', max: 'group.streams.max.standby.replicas' },
]

/** What is wrong with the configs of a group, each of which is a number; `undefined` where nothing is. */
export function groupProblem(config: BrokerConfig, configs: ReadonlyMap<string, string>): string | undefined {
  const value = (name: GroupConfigName): number => {
    const synonym = groupSynonyms[name]
    return Number(configs.get(name) ?? (synonym === undefined ? undefined : config.get(synonym)))
  }
  for (const { name, min, max, onlyWhereSet } of bounds) {
    if (onlyWhereSet === true && !configs.has(name)) continue
    if (min !== undefined && value(name) < Number(config.get(min)))
      return `${name} must be greater than or equal to ${min}`
    if (value(name) > Number(config.get(max))) return `${name} must be less than or equal to ${max}`
  }
  for (const kind of ['consumer', 'share', 'streams'] as const) {
    const [session, heartbeat] = [`${kind}.session.timeout.ms`, `${kind}.heartbeat.interval.ms`] as const
    if (value(session) <= value(heartbeat)) return `${session} must be greater than ${heartbeat}`
  }
  return undefined
}

function bounded<K extends 'consumer' | 'share' | 'streams'>(
  name: GroupConfigName,
  kind: K,
  what: 'heartbeat.interval.ms' | 'session.timeout.ms' | 'assignment.interval.ms',
): Bounds {
  return { name, min: `group.${kind}.min.${what}`, max: `group.${kind}.max.${what}` }
}
