/**
 * Histories of metadata for property tests: turns a list of numbers into records that a controller could have written,
 * so that each one is valid where it stands. Covers every record type.
 */
import { partitionChange } from './partition-registration.ts'
import { MetadataDelta } from './metadata-delta.ts'
import { emptyImage } from './metadata-image.ts'
import type { MetadataRecord } from './metadata-record.ts'

/** An id that is the same for the same number. */
export function idOf(seed: number): string {
  const bytes = Buffer.alloc(16, 7)
  bytes.writeUInt32BE(seed + 1_000, 12)
  return bytes.toString('base64url')
}

/** One record for each choice. */
export function historyOf(choices: readonly number[]): MetadataRecord[] {
  const delta = new MetadataDelta(emptyImage)
  const state = new HistoryState()
  const records: MetadataRecord[] = [{ type: 'FeatureLevelRecord', name: 'metadata.version', featureLevel: 30 }]
  for (const choice of choices) records.push(state.next(choice))
  // Throws where the history is not valid.
  for (const record of records) delta.replay(record)
  return records
}

class HistoryState {
  readonly #topics: { id: string; name: string; partitionCount: number }[] = []
  readonly #brokers = new Map<number, number>()
  readonly #acls: string[] = []
  #nextId = 0

  next(choice: number): MetadataRecord {
    const makers = [this.#topic, this.#partition, this.#partitionChange, this.#broker, this.#brokerChange, this.#config]
    const more = [this.#acl, this.#scram, this.#quota, this.#token, this.#feature, this.#removal, this.#rest]
    const all = [...makers, ...makers, ...more]
    const make = all[choice % all.length] ?? this.#rest
    return make.call(this, Math.floor(choice / all.length))
  }

  #topic(choice: number): MetadataRecord {
    const id = idOf(this.#nextId++)
    // A name is used again, now and then, by a topic made after the first one was deleted.
    const free = ['one', 'two', 'three'].find((name) => this.#topics.every((topic) => topic.name !== name))
    const name = free !== undefined && choice % 2 === 0 ? free : `topic-${this.#nextId}`
    this.#topics.push({ id, name, partitionCount: 0 })
    return { type: 'TopicRecord', name, topicId: id }
  }

  #partition(choice: number): MetadataRecord {
    const topic = this.#topics[choice % Math.max(1, this.#topics.length)]
    if (topic === undefined) return this.#topic(choice)
    const replicas = [choice % 4, (choice % 4) + 1]
    return {
      type: 'PartitionRecord',
      partitionId: topic.partitionCount++,
      topicId: topic.id,
      replicas,
      isr: replicas.slice(0, (choice % 2) + 1),
      removingReplicas: [],
      addingReplicas: choice % 5 === 0 ? [replicas[1] ?? 0] : [],
      leader: replicas[0] ?? 0,
      leaderRecoveryState: choice % 7 === 0 ? 1 : 0,
      leaderEpoch: choice % 3,
      partitionEpoch: choice % 4,
      directories: choice % 3 === 0 ? [] : [idOf(500), idOf(501)],
      eligibleLeaderReplicas: choice % 4 === 0 ? [replicas[1] ?? 0] : null,
      lastKnownElr: choice % 6 === 0 ? [9] : null,
    }
  }

  #partitionChange(choice: number): MetadataRecord {
    const topic = this.#topics.find(({ partitionCount }) => partitionCount > 0)
    if (topic === undefined) return this.#partition(choice)
    return {
      ...partitionChange(topic.id, choice % topic.partitionCount),
      isr: choice % 2 === 0 ? [choice % 4] : null,
      leader: [-2, -1, 1, 2][choice % 4] ?? -2,
      leaderRecoveryState: (choice % 3) - 1,
      removingReplicas: choice % 5 === 0 ? [1] : choice % 7 === 0 ? [] : null,
      addingReplicas: choice % 6 === 0 ? [] : null,
      directories: choice % 4 === 1 ? [idOf(502), idOf(503)] : null,
      eligibleLeaderReplicas: choice % 3 === 0 ? [] : choice % 5 === 0 ? [2] : null,
      lastKnownElr: choice % 8 === 0 ? [3] : null,
    }
  }

  #broker(choice: number): MetadataRecord {
    const brokerId = choice % 4
    const brokerEpoch = this.#nextId++
    this.#brokers.set(brokerId, brokerEpoch)
    return {
      type: 'RegisterBrokerRecord',
      brokerId,
      brokerEpoch,
      isMigratingZkBroker: false,
      incarnationId: idOf(brokerEpoch),
      endPoints: [
        { name: 'PLAINTEXT', host: `host${brokerId}`, port: 9092, securityProtocol: 0 },
        { name: 'INTERNAL', host: 'other', port: 65_535, securityProtocol: 3 },
      ],
      features: [{ name: 'metadata.version', minSupportedVersion: 7, maxSupportedVersion: 30 }],
      rack: choice % 3 === 0 ? null : `rack${choice % 3}`,
      fenced: choice % 2 === 0,
      inControlledShutdown: choice % 5 === 0,
      logDirs: choice % 4 === 0 ? [] : [idOf(501), idOf(500)],
      cordonedLogDirs: choice % 3 === 0 ? null : choice % 3 === 1 ? [] : [idOf(500)],
    }
  }

  #brokerChange(choice: number): MetadataRecord {
    const [broker] = this.#brokers
    if (broker === undefined) return this.#broker(choice)
    const [brokerId, brokerEpoch] = broker
    if (choice % 5 === 3) return { type: 'FenceBrokerRecord', id: brokerId, epoch: brokerEpoch }
    if (choice % 5 === 4) return { type: 'UnfenceBrokerRecord', id: brokerId, epoch: brokerEpoch }
    return {
      type: 'BrokerRegistrationChangeRecord',
      brokerId,
      brokerEpoch,
      fenced: (choice % 3) - 1,
      inControlledShutdown: choice % 2,
      logDirs: choice % 4 === 0 ? [idOf(505)] : [],
      cordonedLogDirs: choice % 4 === 1 ? [idOf(505)] : null,
    }
  }

  #config(choice: number): MetadataRecord {
    const topic = this.#topics[choice % Math.max(1, this.#topics.length)]
    const isTopic = topic !== undefined && choice % 3 !== 0
    return {
      type: 'ConfigRecord',
      resourceType: isTopic ? 2 : 4,
      resourceName: isTopic ? topic.name : String(choice % 2 === 0 ? '' : choice % 4),
      name: ['retention.ms', 'cleanup.policy'][choice % 2] ?? '',
      value: choice % 4 === 0 ? null : String(choice),
    }
  }

  #acl(choice: number): MetadataRecord {
    const id = idOf(this.#nextId++)
    this.#acls.push(id)
    return {
      type: 'AccessControlEntryRecord',
      id,
      resourceType: 2,
      resourceName: `t${choice % 3}`,
      patternType: 3,
      principal: 'User:alice',
      host: '*',
      operation: 3,
      permissionType: 3,
    }
  }

  #scram(choice: number): MetadataRecord {
    const name = `user${choice % 3}`
    const mechanism = (choice % 2) + 1
    if (choice % 5 === 0) return { type: 'RemoveUserScramCredentialRecord', name, mechanism }
    const [salt, storedKey, serverKey] = [1, 2, 3].map((fill) => Buffer.alloc(8, fill + (choice % 9)))
    const none = Buffer.alloc(0)
    return {
      type: 'UserScramCredentialRecord',
      name,
      mechanism,
      salt: salt ?? none,
      storedKey: storedKey ?? none,
      serverKey: serverKey ?? none,
      iterations: 4096 + choice,
    }
  }

  #quota(choice: number): MetadataRecord {
    const entity = [
      { entityType: 'user', entityName: choice % 3 === 0 ? null : `user${choice % 3}` },
      { entityType: 'client-id', entityName: 'c' },
    ]
    return {
      type: 'ClientQuotaRecord',
      entity: choice % 2 === 0 ? entity : entity.toReversed(),
      key: ['producer_byte_rate', 'consumer_byte_rate'][choice % 2] ?? '',
      value: choice + 0.5,
      remove: choice % 4 === 0,
    }
  }

  #token(choice: number): MetadataRecord {
    const tokenId = `token${choice % 3}`
    if (choice % 4 === 0) return { type: 'RemoveDelegationTokenRecord', tokenId }
    return {
      type: 'DelegationTokenRecord',
      owner: 'User:alice',
      requester: 'User:bob',
      renewers: ['User:carol'],
      issueTimestamp: 1,
      maxTimestamp: 2,
      expirationTimestamp: choice,
      tokenId,
    }
  }

  #feature(choice: number): MetadataRecord {
    const name = ['group.version', 'kraft.version', 'transaction.version'][choice % 3] ?? ''
    return { type: 'FeatureLevelRecord', name, featureLevel: choice % 2 }
  }

  #removal(choice: number): MetadataRecord {
    if (choice % 3 === 0) {
      const topic = this.#topics.shift()
      if (topic !== undefined) return { type: 'RemoveTopicRecord', topicId: topic.id }
    }
    if (choice % 3 === 1) {
      const acl = this.#acls.shift()
      if (acl !== undefined) return { type: 'RemoveAccessControlEntryRecord', id: acl }
    }
    const [broker] = this.#brokers
    if (broker === undefined) return this.#broker(choice)
    this.#brokers.delete(broker[0])
    return { type: 'UnregisterBrokerRecord', brokerId: broker[0], brokerEpoch: broker[1] }
  }

  #rest(choice: number): MetadataRecord {
    switch (choice % 5) {
      case 0:
        return { type: 'ProducerIdsRecord', brokerId: 1, brokerEpoch: 5, nextProducerId: choice * 1_000 }
      case 1:
        return {
          type: 'RegisterControllerRecord',
          controllerId: choice % 3,
          incarnationId: idOf(this.#nextId++),
          zkMigrationReady: false,
          endPoints: [{ name: 'CONTROLLER', host: 'c', port: 9093, securityProtocol: 0 }],
          features: [{ name: 'kraft.version', minSupportedVersion: 0, maxSupportedVersion: 1 }],
        }
      case 2:
        return { type: 'ClearElrRecord', topicName: this.#topics[choice % 3]?.name ?? '' }
      case 3:
        return { type: 'ZkMigrationStateRecord', zkMigrationState: 0 }
      default:
        return { type: 'NoOpRecord' }
    }
  }
}
