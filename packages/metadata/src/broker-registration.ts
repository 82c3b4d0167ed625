/**
 * What the cluster knows of a broker, and of a controller, since it registered: where to reach it, what it supports,
 * its log directories, and whether it may lead (KIP-631, KIP-858, KIP-1066).
 */
import type { FeatureRange } from './features.ts'
import { compareUuids } from './directory-id.ts'
import { MetadataFault } from './metadata-fault.ts'
import type { RecordOf } from './metadata-record.ts'

export interface Listener {
  readonly name: string
  readonly host: string
  readonly port: number
  /** 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL. */
  readonly securityProtocol: number
}

export interface BrokerRegistration {
  readonly id: number
  /** The offset of the registration record. */
  readonly epoch: number
  readonly incarnationId: string
  readonly listeners: ReadonlyMap<string, Listener>
  readonly supportedFeatures: ReadonlyMap<string, FeatureRange>
  readonly rack: string | undefined
  /** A fenced broker leads nothing and is in no ISR. */
  readonly fenced: boolean
  readonly inControlledShutdown: boolean
  readonly isMigratingZkBroker: boolean
  /** Those that are online, sorted. Empty: the broker registered without saying. */
  readonly directories: readonly string[]
  /** No new replicas here. `undefined`: the broker has not said yet. */
  readonly cordonedDirectories: readonly string[] | undefined
}

export interface ControllerRegistration {
  readonly id: number
  readonly incarnationId: string
  readonly zkMigrationReady: boolean
  readonly listeners: ReadonlyMap<string, Listener>
  readonly supportedFeatures: ReadonlyMap<string, FeatureRange>
}

export function brokerFromRecord(record: RecordOf<'RegisterBrokerRecord'>): BrokerRegistration {
  return {
    id: record.brokerId,
    epoch: record.brokerEpoch,
    incarnationId: record.incarnationId,
    listeners: listenersFrom(record.endPoints),
    supportedFeatures: rangesFrom(record.features),
    rack: record.rack ?? undefined,
    fenced: record.fenced,
    inControlledShutdown: record.inControlledShutdown,
    isMigratingZkBroker: record.isMigratingZkBroker,
    directories: record.logDirs.toSorted(compareUuids),
    cordonedDirectories: record.cordonedLogDirs ?? undefined,
  }
}

export function recordFromBroker(broker: BrokerRegistration): RecordOf<'RegisterBrokerRecord'> {
  return {
    type: 'RegisterBrokerRecord',
    brokerId: broker.id,
    isMigratingZkBroker: broker.isMigratingZkBroker,
    incarnationId: broker.incarnationId,
    brokerEpoch: broker.epoch,
    endPoints: endPointsFrom(broker.listeners),
    features: featuresFrom(broker.supportedFeatures),
    rack: broker.rack ?? null,
    fenced: broker.fenced,
    inControlledShutdown: broker.inControlledShutdown,
    logDirs: broker.directories,
    cordonedLogDirs: broker.cordonedDirectories ?? null,
  }
}

/** Applies a change; an empty list of directories, and a null list of cordoned ones, leave them as they are. */
export function changedBroker(
  broker: BrokerRegistration,
  { fenced, inControlledShutdown, logDirs, cordonedLogDirs }: RecordOf<'BrokerRegistrationChangeRecord'>,
): BrokerRegistration {
  if (![-1, 0, 1].includes(fenced)) throw new MetadataFault(`a change of fencing is -1, 0 or 1: ${fenced}`)
  if (![0, 1].includes(inControlledShutdown)) {
    throw new MetadataFault(`a change of controlled shutdown is 0 or 1: ${inControlledShutdown}`)
  }
  return {
    ...broker,
    fenced: fenced === 0 ? broker.fenced : fenced === 1,
    inControlledShutdown: broker.inControlledShutdown || inControlledShutdown === 1,
    directories: logDirs.length === 0 ? broker.directories : logDirs.toSorted(compareUuids),
    cordonedDirectories: cordonedLogDirs ?? broker.cordonedDirectories,
  }
}

export function controllerFromRecord(record: RecordOf<'RegisterControllerRecord'>): ControllerRegistration {
  return {
    id: record.controllerId,
    incarnationId: record.incarnationId,
    zkMigrationReady: record.zkMigrationReady,
    listeners: listenersFrom(record.endPoints),
    supportedFeatures: rangesFrom(record.features),
  }
}

export function recordFromController(controller: ControllerRegistration): RecordOf<'RegisterControllerRecord'> {
  return {
    type: 'RegisterControllerRecord',
    controllerId: controller.id,
    incarnationId: controller.incarnationId,
    zkMigrationReady: controller.zkMigrationReady,
    endPoints: endPointsFrom(controller.listeners),
    features: featuresFrom(controller.supportedFeatures),
  }
}

type EndPoints = RecordOf<'RegisterBrokerRecord'>['endPoints']
type Features = RecordOf<'RegisterBrokerRecord'>['features']

function listenersFrom(endPoints: EndPoints): ReadonlyMap<string, Listener> {
  return new Map(
    endPoints.map(({ name, host, port, securityProtocol }) => [name, { name, host, port, securityProtocol }]),
  )
}

function endPointsFrom(listeners: ReadonlyMap<string, Listener>): EndPoints {
  return [...listeners.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

function rangesFrom(features: Features): ReadonlyMap<string, FeatureRange> {
  return new Map(features.map(({ name, minSupportedVersion: min, maxSupportedVersion: max }) => [name, { min, max }]))
}

function featuresFrom(ranges: ReadonlyMap<string, FeatureRange>): Features {
  return [...ranges]
    .map(([name, { min, max }]) => ({ name, minSupportedVersion: min, maxSupportedVersion: max }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}
