/** What a node does now and then, done now: retention, compaction, and a change of leaders. */
import type { Broker } from '@gregor/broker'
import { BrokerHeartbeat, errorName } from '@gregor/protocol'
import type { NodeCalls } from './node-calls.ts'

/** Deletes what `retention.ms` and `retention.bytes` do not keep, active segments included. */
export async function runRetention({ services }: Broker): Promise<void> {
  await services.logDirectories.upkeep.applyRetention()
}

/**
 * Compacts all logs whose topics are compacted, whatever share of them is dirty: closes the active segments first, as
 * these are never compacted. Records younger than `min.compaction.lag.ms` stay.
 */
export async function runCompaction({ services }: Broker): Promise<void> {
  const { logDirectories, clock } = services
  const { cleaner } = logDirectories.upkeep
  const compacted = [...logDirectories.logs()].filter(({ config }) => config.cleanupPolicy.compact)
  const configs = compacted.map(({ config }) => config)
  for (const log of compacted) {
    log.roll(clock.wallMs())
    log.updateConfig({ ...log.config, minCleanableDirtyRatio: 0 })
  }
  try {
    let hasWork = true
    while (hasWork) hasWork = await cleaner.cleanNext()
  } finally {
    for (const [index, log] of compacted.entries()) log.updateConfig(configs[index] ?? log.config)
  }
}

/**
 * The controller takes the node out and lets it in again: all partitions lose their leader and get it back, with a leader
 * epoch that is two higher.
 */
export async function shuffleLeaders(broker: Broker, calls: NodeCalls): Promise<void> {
  await heartbeatUntil(broker, calls, { wantFence: true })
  await heartbeatUntil(broker, calls, { wantFence: false })
}

async function heartbeatUntil(
  { services, quorum }: Broker,
  calls: NodeCalls,
  { wantFence }: { readonly wantFence: boolean },
): Promise<void> {
  for (;;) {
    const { image } = services.metadata
    const response = await calls.callController(BrokerHeartbeat, 1, {
      brokerId: services.nodeId,
      brokerEpoch: image.brokers.get(services.nodeId)?.epoch ?? -1,
      currentMetadataOffset: image.offset,
      wantFence,
      wantShutDown: false,
    })
    const error = errorName(response.errorCode)
    if (error !== 'NONE') throw new Error(`the controller answered ${error}`)
    // What the answer comes of is known here before it is looked at.
    await quorum.follower.whenPublished(quorum.follower.replayed.offset)
    if (response.isFenced === wantFence) return
  }
}
