/**
 * The life of a broker as the controller sees it: BrokerRegistration (62), BrokerHeartbeat (63), UnregisterBroker (64)
 * and ControllerRegistration (70). KIP-631; directories KIP-858; clean shutdown KIP-966; cordoned directories KIP-1066.
 *
 * A broker's epoch is the offset of the record that registered its incarnation. It starts fenced, and is let in when
 * it has applied the metadata up to that record.
 */
import { isReservedDirectory, since } from '@gregor/metadata'
import type { BrokerRegistration as Registration } from '@gregor/metadata'
import { BrokerHeartbeat, BrokerRegistration, ControllerRegistration, UnregisterBroker } from '@gregor/protocol'
import type { MetadataRecordInput, RequestOf } from '@gregor/protocol'
import { problem } from './api-problem.ts'
import type { ApiProblem } from './api-problem.ts'
import { defineControllerHandler, refusal } from './controller-handler.ts'
import type { Asked } from './controller-handler.ts'
import { metadataVersionOf, partitionsWhere } from './deliberation.ts'
import type { Deliberation } from './deliberation.ts'
import { featureProblem } from './feature-support.ts'
import {
  controlledShutdownRecords,
  fenceRecords,
  offlineDirectoryRecords,
  restartRecords,
  unfenceRecords,
  unregisterRecords,
} from './leadership.ts'

/** PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL. */
const securityProtocolMax = 3

type RegistrationRequest = RequestOf<typeof BrokerRegistration>
type HeartbeatRequest = RequestOf<typeof BrokerHeartbeat>

export const brokerRegistration = defineControllerHandler(BrokerRegistration, {
  clusterOperation: 'ClusterAction',
  decide(request, asked) {
    const found = registrationProblem(request, asked)
    if (found !== undefined) return refusal(found)
    const existing = asked.image.brokers.get(request.brokerId)
    const isSameIncarnation = existing?.incarnationId === request.incarnationId
    const before = isSameIncarnation ? [] : restartRecords(asked, request.brokerId, isCleanRestart(request, asked))
    const brokerEpoch = isSameIncarnation ? existing.epoch : asked.given.nextOffset + before.length
    const record: MetadataRecordInput = {
      ...registrationRecord(request, asked),
      brokerEpoch,
      ...(isSameIncarnation ? { fenced: existing.fenced, inControlledShutdown: existing.inControlledShutdown } : {}),
    }
    return {
      response: { errorCode: 0, brokerEpoch },
      // Many partitions may be cleaned up. With the registration last, a broker that was cut off registers again.
      records: [...before, record],
      isSplittable: true,
      afterwards: () => {
        if (!isSameIncarnation) asked.sessions.end(request.brokerId)
      },
    }
  },
  refuse: (_, { errorCode }) => ({ errorCode }),
})

export const brokerHeartbeat = defineControllerHandler(BrokerHeartbeat, {
  clusterOperation: 'ClusterAction',
  decide(request, asked) {
    const { image, sessions, given } = asked
    const found = brokerEpochProblem(asked, request.brokerId, request.brokerEpoch)
    const broker = image.brokers.get(request.brokerId)
    if (found !== undefined || broker === undefined) return refusal(found ?? problem('STALE_BROKER_EPOCH'))
    sessions.touch(broker.id, broker.epoch, {
      nowMs: given.monotonicMs,
      metadataOffset: request.currentMetadataOffset,
    })
    const next = nextState(request, broker, asked)
    const isFenced = next === 'fenced' || next === 'shutdown'
    return {
      response: {
        errorCode: 0,
        isCaughtUp: isCaughtUp(request, asked),
        isFenced,
        shouldShutDown: next === 'shutdown',
      },
      records: [...stateRecords(broker, next, asked), ...directoryRecords(broker, request, asked)],
      isSplittable: true,
      afterwards: (lastOffset) => {
        if (next === 'controlled shutdown') sessions.startShutdown(broker.id, lastOffset)
        // It has promised to go: whoever comes under its id is its successor.
        else if (next === 'shutdown') sessions.end(broker.id)
        else if (isFenced) sessions.fenced(broker.id)
      },
    }
  },
  refuse: (_, { errorCode }) => ({ errorCode, shouldShutDown: false }),
})

export const unregisterBroker = defineControllerHandler(UnregisterBroker, {
  clusterOperation: 'Alter',
  decide({ brokerId }, asked) {
    const broker = asked.image.brokers.get(brokerId)
    if (broker === undefined) {
      return refusal(problem('BROKER_ID_NOT_REGISTERED', `Broker ID ${brokerId} is not currently registered`))
    }
    return {
      response: { errorCode: 0, errorMessage: null },
      records: unregisterRecords(asked, broker),
      isSplittable: true,
      afterwards: () => asked.sessions.end(brokerId),
    }
  },
  refuse: (_, problem) => problem,
})

export const controllerRegistration = defineControllerHandler(ControllerRegistration, {
  clusterOperation: 'ClusterAction',
  decide({ controllerId, incarnationId, listeners, features }, asked) {
    if (metadataVersionOf(asked) < since.controllerRegistration) {
      const text = 'The current MetadataVersion is too old to support controller registrations.'
      return refusal(problem('UNSUPPORTED_VERSION', text))
    }
    const unreachable = protocolProblem({ listeners })
    if (unreachable !== undefined) return refusal(unreachable)
    const record: MetadataRecordInput = {
      type: 'RegisterControllerRecord',
      controllerId,
      incarnationId,
      zkMigrationReady: false,
      endPoints: listeners,
      features,
    }
    return { response: { errorCode: 0, errorMessage: null }, records: [record] }
  },
  refuse: (_, problem) => problem,
})

/** A request of a broker that is not registered, or of an earlier life of it. */
export function brokerEpochProblem({ image }: Deliberation, brokerId: number, epoch: number): ApiProblem | undefined {
  const broker = image.brokers.get(brokerId)
  if (broker === undefined) {
    return problem('STALE_BROKER_EPOCH', `No broker registration found for broker id ${brokerId}`)
  }
  if (broker.epoch !== epoch) {
    return problem('STALE_BROKER_EPOCH', `Expected broker epoch ${broker.epoch}, but got broker epoch ${epoch}`)
  }
  return undefined
}

function registrationProblem(request: RegistrationRequest, asked: Asked): ApiProblem | undefined {
  const { image, options, sessions, given } = asked
  if (request.clusterId !== options.clusterId) {
    const text = `Expected cluster ID ${options.clusterId}, but got cluster ID ${request.clusterId}`
    return problem('INCONSISTENT_CLUSTER_ID', text)
  }
  const existing = image.brokers.get(request.brokerId)
  const isAlive = existing !== undefined && sessions.hasValidSession(existing.id, existing.epoch, given.monotonicMs)
  if (isAlive && existing.incarnationId !== request.incarnationId) {
    const text =
      'Another broker is registered with that broker id. If the broker was recently restarted this should ' +
      "self-resolve once the heartbeat manager expires the broker's session."
    return problem('DUPLICATE_BROKER_REGISTRATION', text)
  }
  if (request.isMigratingZkBroker) {
    return problem('BROKER_ID_NOT_REGISTERED', 'Controller does not support registering ZK brokers.')
  }
  return protocolProblem(request) ?? directoriesProblem(request, asked) ?? featureProblem(request.features, asked)
}

/** One that no broker knows would be in the log for good, and stops a controller of Apache Kafka that reads it. */
function protocolProblem({ listeners }: Pick<RegistrationRequest, 'listeners'>): ApiProblem | undefined {
  const unknown = listeners.find(
    ({ securityProtocol }) => securityProtocol < 0 || securityProtocol > securityProtocolMax,
  )
  if (unknown === undefined) return undefined
  return problem('INVALID_REGISTRATION', `Listener ${unknown.name}: no security protocol ${unknown.securityProtocol}`)
}

function directoriesProblem({ brokerId, logDirs }: RegistrationRequest, asked: Asked): ApiProblem | undefined {
  if (metadataVersionOf(asked) < since.directoryAssignment) return undefined
  if (logDirs.length === 0) return problem('INVALID_REGISTRATION', 'No directories specified in request')
  if (logDirs.some(isReservedDirectory)) return problem('INVALID_REGISTRATION', 'Reserved directory ID in request')
  if (new Set(logDirs).size !== logDirs.length) {
    return problem('INVALID_REGISTRATION', 'Duplicate directory ID in request')
  }
  for (const { id, directories } of asked.image.brokers.values()) {
    const taken = id === brokerId ? undefined : logDirs.find((directory) => directories.includes(directory))
    if (taken !== undefined) {
      return problem('INVALID_REGISTRATION', `Broker ${id} is already registered with directory ${taken}`)
    }
  }
  return undefined
}

/** It says which epoch it had when it shut down in order; only the last one counts (from version 3 on). */
function isCleanRestart({ brokerId, previousBrokerEpoch }: RegistrationRequest, { image, apiVersion }: Asked): boolean {
  return apiVersion >= 3 && image.brokers.get(brokerId)?.epoch === previousBrokerEpoch
}

function registrationRecord(request: RegistrationRequest, asked: Asked) {
  const { brokerId, incarnationId, listeners, features, rack, logDirs } = request
  return {
    type: 'RegisterBrokerRecord',
    brokerId,
    incarnationId,
    rack,
    endPoints: listeners,
    features,
    logDirs: metadataVersionOf(asked) >= since.directoryAssignment ? logDirs : [],
  } as const
}

type BrokerState = 'fenced' | 'unfenced' | 'controlled shutdown' | 'shutdown'

function currentState(broker: Registration, { sessions }: Asked): BrokerState {
  if (sessions.isShuttingDown(broker.id)) return 'controlled shutdown'
  return broker.fenced ? 'fenced' : 'unfenced'
}

function nextState(request: HeartbeatRequest, broker: Registration, asked: Asked): BrokerState {
  const state = currentState(broker, asked)
  switch (state) {
    case 'fenced':
      if (request.wantShutDown) return 'shutdown'
      return !request.wantFence && isCaughtUp(request, asked) ? 'unfenced' : 'fenced'
    case 'unfenced':
      if (request.wantFence) return request.wantShutDown ? 'shutdown' : 'fenced'
      if (!request.wantShutDown) return 'unfenced'
      return leadsAny(asked, broker.id) ? 'controlled shutdown' : 'shutdown'
    default:
      return mayShutDown(broker, asked) ? 'shutdown' : 'controlled shutdown'
  }
}

/** Its leaderships have moved, and every broker that goes on knows. */
function mayShutDown(broker: Registration, asked: Asked): boolean {
  const { sessions, image } = asked
  if (leadsAny(asked, broker.id)) return false
  return sessions.shutdownOffset(broker.id) <= sessions.lowestActiveOffset(image)
}

function leadsAny({ image }: Asked, brokerId: number): boolean {
  return partitionsWhere(image, ({ leader }) => leader === brokerId).next().done !== true
}

function isCaughtUp({ brokerId, currentMetadataOffset }: HeartbeatRequest, asked: Asked): boolean {
  return currentMetadataOffset >= (asked.registrationOffset(brokerId) ?? Infinity)
}

function stateRecords(broker: Registration, next: BrokerState, asked: Asked): MetadataRecordInput[] {
  const state = currentState(broker, asked)
  if (state === next) return []
  switch (next) {
    case 'fenced':
    case 'shutdown':
      return broker.fenced ? [] : fenceRecords(asked, broker)
    case 'unfenced':
      return unfenceRecords(asked, broker)
    default:
      return controlledShutdownRecords(asked, broker)
  }
}

function directoryRecords(broker: Registration, request: HeartbeatRequest, asked: Asked): MetadataRecordInput[] {
  const metadataVersion = metadataVersionOf(asked)
  const offline = metadataVersion >= since.directoryAssignment ? request.offlineLogDirs : []
  const isCordonKnown = metadataVersion >= since.cordonedLogDirs && request.cordonedLogDirs !== null
  return [
    ...offlineDirectoryRecords(asked, broker, offline),
    ...(isCordonKnown ? cordonRecords(broker, request.cordonedLogDirs) : []),
  ]
}

function cordonRecords(broker: Registration, cordonedLogDirs: readonly string[]): MetadataRecordInput[] {
  const { id: brokerId, epoch: brokerEpoch, cordonedDirectories: before } = broker
  if (before !== undefined && new Set(before).symmetricDifference(new Set(cordonedLogDirs)).size === 0) return []
  return [{ type: 'BrokerRegistrationChangeRecord', brokerId, brokerEpoch, cordonedLogDirs }]
}
