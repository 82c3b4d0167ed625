/** What holds for one consumer group: its own configs, kept within the bounds of the broker, or else the broker’s. */
import { configOf } from '@gregor/metadata'
import type { Bounded } from '../group-config.ts'
import type { GroupState } from '../group-state.ts'

export interface ConsumerGroupConfig {
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  /** Shortest time between two target assignments. */
  readonly assignmentIntervalMs: number
}

const groupResourceType = 32

const names: Readonly<Record<keyof ConsumerGroupConfig, string>> = {
  sessionTimeoutMs: 'consumer.session.timeout.ms',
  heartbeatIntervalMs: 'consumer.heartbeat.interval.ms',
  assignmentIntervalMs: 'consumer.assignment.interval.ms',
}

export function consumerGroupConfig({ config, image }: GroupState, groupId: string): ConsumerGroupConfig {
  const set = configOf(image, { type: groupResourceType, name: groupId })
  const { sessionTimeoutMs, heartbeatIntervalMs, assignmentIntervalMs } = config.consumer
  const value = (name: keyof ConsumerGroupConfig, broker: Bounded) => {
    const text = set.get(names[name])
    return text === undefined ? broker.value : Math.min(Math.max(Number(text), broker.min), broker.max)
  }
  return {
    sessionTimeoutMs: value('sessionTimeoutMs', sessionTimeoutMs),
    heartbeatIntervalMs: value('heartbeatIntervalMs', heartbeatIntervalMs),
    assignmentIntervalMs: value('assignmentIntervalMs', assignmentIntervalMs),
  }
}
