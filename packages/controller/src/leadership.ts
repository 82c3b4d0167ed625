/**
 * Which partitions change, and how, when a broker goes, comes, fails or comes back without what it had. Each event is
 * a list of records; decided by `partition-change`, one partition at a time.
 */
import type { BrokerRegistration } from '@gregor/metadata'
import { isReservedDirectory, NO_LEADER } from '@gregor/metadata'
import type { MetadataRecordInput } from '@gregor/protocol'
import {
  defaultDirectory,
  effectiveMinIsr,
  hasOnlineDirectory,
  isActive,
  isElrEnabled,
  isUncleanElectionEnabled,
  mayLead,
  metadataVersionOf,
  partitionsWhere,
} from './deliberation.ts'
import type { Deliberation, PlacedPartition } from './deliberation.ts'
import { changeOfPartition } from './partition-change.ts'
import type { PartitionChangeInput, PartitionRules, PartitionWish } from './partition-change.ts'

/** Decides one change by the rules of the cluster. `isAlive` overrides which brokers may lead. */
export function changeIn(
  deliberation: Deliberation,
  { topic, partitionId, partition }: PlacedPartition,
  wish: PartitionWish,
  isAlive?: (brokerId: number) => boolean,
): PartitionChangeInput | undefined {
  const rules: PartitionRules = {
    metadataVersion: metadataVersionOf(deliberation),
    isElrEnabled: isElrEnabled(deliberation),
    minIsr: effectiveMinIsr(deliberation, topic),
    mayLead: (replica) =>
      isAlive === undefined
        ? mayLead(deliberation, partition, replica)
        : isAlive(replica) && hasOnlineDirectory(deliberation, partition, replica),
    defaultDirectory: (brokerId) => defaultDirectory(deliberation, brokerId),
  }
  return changeOfPartition({ topicId: topic.id, partitionId }, partition, { wish, rules })
}

/** The broker has been fenced, or is about to be: it leads nothing and is in no ISR. */
export function fenceRecords(deliberation: Deliberation, broker: BrokerRegistration): MetadataRecordInput[] {
  return [
    ...departureRecords(deliberation, broker.id),
    { type: 'BrokerRegistrationChangeRecord', brokerId: broker.id, brokerEpoch: broker.epoch, fenced: 1 },
  ]
}

/** The broker may lead again: partitions that have no leader may find one in it. */
export function unfenceRecords(deliberation: Deliberation, broker: BrokerRegistration): MetadataRecordInput[] {
  const { image } = deliberation
  const isAlive = (brokerId: number) => brokerId === broker.id || isActive(image.brokers.get(brokerId))
  const leaderless = partitionsWhere(image, ({ leader }) => leader === NO_LEADER)
  return [
    { type: 'BrokerRegistrationChangeRecord', brokerId: broker.id, brokerEpoch: broker.epoch, fenced: -1 },
    ...changesOf(deliberation, leaderless, () => ({}), isAlive),
  ]
}

/** The broker wants to go: its leaderships move away while it still serves. */
export function controlledShutdownRecords(
  deliberation: Deliberation,
  broker: BrokerRegistration,
): MetadataRecordInput[] {
  const { id: brokerId, epoch: brokerEpoch } = broker
  const change: MetadataRecordInput = {
    type: 'BrokerRegistrationChangeRecord',
    brokerId,
    brokerEpoch,
    inControlledShutdown: 1,
  }
  return [...(broker.inControlledShutdown ? [] : [change]), ...departureRecords(deliberation, brokerId)]
}

/** The broker is gone for good. */
export function unregisterRecords(deliberation: Deliberation, broker: BrokerRegistration): MetadataRecordInput[] {
  const eligible = partitionsWhere(deliberation.image, ({ elr }) => elr.includes(broker.id))
  return [
    ...departureRecords(deliberation, broker.id),
    ...changesOf(deliberation, eligible, () => ({}), aliveWithout(deliberation, broker.id)),
    { type: 'UnregisterBrokerRecord', brokerId: broker.id, brokerEpoch: broker.epoch },
  ]
}

/**
 * An earlier incarnation of the broker has ended. Where it did not end cleanly, it may have lost what it acknowledged:
 * with ELR it is taken out of ISR and ELR alike.
 */
export function restartRecords(deliberation: Deliberation, brokerId: number, isClean: boolean): MetadataRecordInput[] {
  if (isClean || !isElrEnabled(deliberation)) return departureRecords(deliberation, brokerId)
  const affected = partitionsWhere(
    deliberation.image,
    ({ isr, elr }) => isr.includes(brokerId) || elr.includes(brokerId),
  )
  const wishFor = ({ isr }: PlacedPartition['partition']): PartitionWish => ({
    isr: isr.filter((replica) => replica !== brokerId),
    uncleanReplica: brokerId,
  })
  return changesOf(deliberation, affected, wishFor, aliveWithout(deliberation, brokerId))
}

/** Log directories of the broker have failed: what lies in them has no replica there any more. */
export function offlineDirectoryRecords(
  deliberation: Deliberation,
  broker: BrokerRegistration,
  offline: readonly string[],
): MetadataRecordInput[] {
  const newlyOffline = broker.directories.filter((id) => offline.includes(id) && !isReservedDirectory(id))
  if (newlyOffline.length === 0) return []
  const affected = partitionsWhere(deliberation.image, ({ replicas, directories }) =>
    replicas.some((replica, index) => replica === broker.id && newlyOffline.includes(directories[index] ?? '')),
  )
  return [
    ...changesOf(deliberation, affected, leaving(broker.id), aliveWithout(deliberation, broker.id)),
    {
      type: 'BrokerRegistrationChangeRecord',
      brokerId: broker.id,
      brokerEpoch: broker.epoch,
      logDirs: broker.directories.filter((id) => !newlyOffline.includes(id)),
    },
  ]
}

/** Partitions, named one by one, that the broker has no usable replica of. */
export function departureRecordsOf(
  deliberation: Deliberation,
  brokerId: number,
  partitions: Iterable<PlacedPartition>,
): MetadataRecordInput[] {
  return changesOf(deliberation, partitions, leaving(brokerId), aliveWithout(deliberation, brokerId))
}

function departureRecords(deliberation: Deliberation, brokerId: number): MetadataRecordInput[] {
  const inSync = partitionsWhere(deliberation.image, ({ isr, leader }) => isr.includes(brokerId) || leader === brokerId)
  return departureRecordsOf(deliberation, brokerId, inSync)
}

function changesOf(
  deliberation: Deliberation,
  partitions: Iterable<PlacedPartition>,
  wishFor: (partition: PlacedPartition['partition']) => PartitionWish,
  isAlive: (brokerId: number) => boolean,
): MetadataRecordInput[] {
  const records: MetadataRecordInput[] = []
  for (const placed of partitions) {
    const election = isUncleanElectionEnabled(deliberation, placed.topic.name) ? 'unclean' : 'online'
    const record = changeIn(deliberation, placed, { election, ...wishFor(placed.partition) }, isAlive)
    if (record !== undefined) records.push(record)
  }
  return records
}

function leaving(brokerId: number): (partition: PlacedPartition['partition']) => PartitionWish {
  return ({ isr }) => ({ isr: isr.filter((replica) => replica !== brokerId) })
}

function aliveWithout({ image }: Deliberation, brokerId: number): (other: number) => boolean {
  return (other) => other !== brokerId && isActive(image.brokers.get(other))
}
