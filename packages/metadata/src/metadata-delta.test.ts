import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MIGRATING_DIRECTORY } from './directory-id.ts'
import { MetadataDelta } from './metadata-delta.ts'
import { configOf, emptyImage, featureLevel, partitionOf, quotaKey, scramKey } from './metadata-image.ts'
import type { MetadataImage } from './metadata-image.ts'
import type { MetadataRecord, RecordOf } from './metadata-record.ts'
import { partitionChange } from './partition-registration.ts'
import type { PartitionRegistration } from './partition-registration.ts'
import { historyOf, idOf } from './record-history.ts'

const topicId = idOf(1)

function imageOf(records: readonly MetadataRecord[], before: MetadataImage = emptyImage): MetadataImage {
  const delta = new MetadataDelta(before)
  for (const record of records) delta.replay(record)
  return delta.apply({ offset: 1, epoch: 1, appendTimeMs: 1 })
}

const partitionRecord: RecordOf<'PartitionRecord'> = {
  type: 'PartitionRecord',
  partitionId: 0,
  topicId,
  replicas: [1, 2, 3],
  isr: [1, 2],
  removingReplicas: [],
  addingReplicas: [],
  leader: 1,
  leaderRecoveryState: 0,
  leaderEpoch: 5,
  partitionEpoch: 8,
  directories: [idOf(1), idOf(2), idOf(3)],
  eligibleLeaderReplicas: [3],
  lastKnownElr: null,
}
const withPartition: readonly MetadataRecord[] = [{ type: 'TopicRecord', name: 't', topicId }, partitionRecord]

function changed(change: Partial<RecordOf<'PartitionChangeRecord'>>): PartitionRegistration {
  const image = imageOf([...withPartition, { ...partitionChange(topicId, 0), ...change }])
  const partition = partitionOf(image, topicId, 0)
  assert.ok(partition)
  return partition
}

const broker: RecordOf<'RegisterBrokerRecord'> = {
  type: 'RegisterBrokerRecord',
  brokerId: 1,
  isMigratingZkBroker: false,
  incarnationId: idOf(9),
  brokerEpoch: 40,
  endPoints: [{ name: 'PLAINTEXT', host: 'h', port: 9092, securityProtocol: 0 }],
  features: [{ name: 'metadata.version', minSupportedVersion: 7, maxSupportedVersion: 30 }],
  rack: null,
  fenced: true,
  inControlledShutdown: false,
  logDirs: [idOf(5)],
  cordonedLogDirs: null,
}

describe('A partition record', () => {
  it('makes the partition it describes', () => {
    assert.deepEqual(partitionOf(imageOf(withPartition), topicId, 0), {
      replicas: [1, 2, 3],
      directories: [idOf(1), idOf(2), idOf(3)],
      isr: [1, 2],
      removingReplicas: [],
      addingReplicas: [],
      leader: 1,
      leaderRecoveryState: 0,
      leaderEpoch: 5,
      partitionEpoch: 8,
      elr: [3],
      lastKnownElr: [],
    })
  })

  it('without directories has all of them migrating', () => {
    const image = imageOf([
      { type: 'TopicRecord', name: 't', topicId },
      { ...partitionRecord, directories: [] },
    ])
    const migrating = [MIGRATING_DIRECTORY, MIGRATING_DIRECTORY, MIGRATING_DIRECTORY]
    assert.deepEqual(partitionOf(image, topicId, 0)?.directories, migrating)
  })

  it('with another number of directories than replicas is a fault', () => {
    assert.throws(
      () =>
        imageOf([
          { type: 'TopicRecord', name: 't', topicId },
          { ...partitionRecord, directories: [idOf(1)] },
        ]),
      { name: 'MetadataFault', message: 'a partition of 3 replicas has 1 directories' },
    )
  })

  it('of a topic that is not there is a fault', () => {
    assert.throws(() => imageOf([partitionRecord]), { name: 'MetadataFault' })
  })

  it('that leaves a gap is a fault', () => {
    assert.throws(
      () =>
        imageOf([
          { type: 'TopicRecord', name: 't', topicId },
          { ...partitionRecord, partitionId: 2 },
        ]),
      { name: 'MetadataFault', message: `partitions of topic t (${topicId}) are missing` },
    )
  })
})

describe('A partition change', () => {
  it('always adds 1 to the partition epoch, and changes nothing it does not name', () => {
    assert.deepEqual(changed({}), { ...partitionOf(imageOf(withPartition), topicId, 0), partitionEpoch: 9 })
  })

  it('adds 1 to the leader epoch where it names a leader, even the same one', () => {
    const { leader, leaderEpoch } = changed({ leader: 1 })
    assert.deepEqual({ leader, leaderEpoch }, { leader: 1, leaderEpoch: 6 })
    assert.deepEqual(changed({ leader: -1 }).leader, -1)
    assert.equal(changed({ leader: -1 }).leaderEpoch, 6)
  })

  it('keeps the leader epoch where it names none', () => {
    assert.equal(changed({ isr: [1] }).leaderEpoch, 5)
  })

  it('tells a null list, which changes nothing, from an empty one, which empties', () => {
    assert.deepEqual(changed({ isr: null }).isr, [1, 2])
    assert.deepEqual(changed({ isr: [] }).isr, [])
    assert.deepEqual(changed({ eligibleLeaderReplicas: null }).elr, [3])
    assert.deepEqual(changed({ eligibleLeaderReplicas: [] }).elr, [])
    assert.deepEqual(changed({ lastKnownElr: [2] }).lastKnownElr, [2])
    assert.deepEqual(changed({ addingReplicas: [4] }).addingReplicas, [4])
    assert.deepEqual(changed({ removingReplicas: [1] }).removingReplicas, [1])
  })

  it('keeps the recovery state at -1 and sets it otherwise', () => {
    assert.equal(changed({ leaderRecoveryState: -1 }).leaderRecoveryState, 0)
    assert.equal(changed({ leaderRecoveryState: 1 }).leaderRecoveryState, 1)
  })

  it('sets replicas and directories together', () => {
    const { replicas, directories } = changed({ replicas: [2, 4], directories: [idOf(2), idOf(4)] })
    assert.deepEqual({ replicas, directories }, { replicas: [2, 4], directories: [idOf(2), idOf(4)] })
  })

  it('to other replicas without their directories is a fault', () => {
    assert.throws(() => changed({ replicas: [2, 4] }), { name: 'MetadataFault' })
  })

  it('of a partition that is not there is a fault', () => {
    assert.throws(() => imageOf([...withPartition, partitionChange(topicId, 7)]), {
      name: 'MetadataFault',
      message: 'a change of partition 7 of topic t, which is not there',
    })
  })
})

describe('Removing a topic', () => {
  const removal: MetadataRecord = { type: 'RemoveTopicRecord', topicId }

  it('removes its partitions, its name and its configs', () => {
    const config: MetadataRecord = { type: 'ConfigRecord', resourceType: 2, resourceName: 't', name: 'a', value: '1' }
    const image = imageOf([removal], imageOf([...withPartition, config]))
    assert.equal(image.topics.byId.size, 0)
    assert.equal(image.topics.byName.get('t'), undefined)
    assert.equal(configOf(image, { type: 2, name: 't' }).size, 0)
  })

  it('leaves no trace of a topic that was made in the same delta', () => {
    const delta = new MetadataDelta(emptyImage)
    for (const record of [...withPartition, removal]) delta.replay(record)
    assert.equal(delta.apply({ offset: 1, epoch: 1, appendTimeMs: 1 }).topics.byId.size, 0)
    assert.equal(delta.topics.deletedIds.size, 0)
  })

  it('and making it again gives the name to the new id', () => {
    const again: MetadataRecord = { type: 'TopicRecord', name: 't', topicId: idOf(2) }
    const image = imageOf([removal, again], imageOf(withPartition))
    assert.equal(image.topics.byName.get('t')?.id, idOf(2))
    assert.equal(image.topics.byId.has(topicId), false)
  })

  it('that is not there is a fault, also when it was removed just before', () => {
    assert.throws(() => imageOf([removal]), { name: 'MetadataFault' })
    assert.throws(() => imageOf([removal, removal], imageOf(withPartition)), { name: 'MetadataFault' })
    assert.throws(() => imageOf([removal, partitionRecord], imageOf(withPartition)), { name: 'MetadataFault' })
  })
})

describe('Clearing the ELR', () => {
  const other: readonly MetadataRecord[] = [
    { type: 'TopicRecord', name: 'u', topicId: idOf(2) },
    { ...partitionRecord, topicId: idOf(2), lastKnownElr: [7] },
    { ...partitionRecord, topicId: idOf(2), partitionId: 1, eligibleLeaderReplicas: null },
  ]

  it('of one topic empties it there, and adds 1 to those partition epochs only', () => {
    const image = imageOf([{ type: 'ClearElrRecord', topicName: 'u' }], imageOf([...withPartition, ...other]))
    assert.deepEqual(partitionOf(image, topicId, 0)?.elr, [3])
    const [first, second] = image.topics.byName.get('u')?.partitions ?? []
    assert.deepEqual([first?.elr, first?.lastKnownElr, first?.partitionEpoch], [[], [], 9])
    assert.equal(second?.partitionEpoch, 8)
  })

  it('of all topics is said by an empty name, those of the same delta included, deleted ones left out', () => {
    const image = imageOf(
      [...other, { type: 'RemoveTopicRecord', topicId }, { type: 'ClearElrRecord', topicName: '' }],
      imageOf(withPartition),
    )
    assert.equal(image.topics.byId.size, 1)
    assert.deepEqual(
      image.topics.byName.get('u')?.partitions.map(({ elr }) => elr),
      [[], []],
    )
  })

  it('reaches a topic that was not changed otherwise', () => {
    const image = imageOf([{ type: 'ClearElrRecord', topicName: '' }], imageOf(withPartition))
    assert.deepEqual(partitionOf(image, topicId, 0)?.elr, [])
  })

  it('of a topic that is being deleted changes nothing', () => {
    const records: MetadataRecord[] = [
      { type: 'RemoveTopicRecord', topicId },
      { type: 'ClearElrRecord', topicName: 't' },
    ]
    assert.equal(imageOf(records, imageOf(withPartition)).topics.byId.size, 0)
  })

  it('of a topic that is not there is a fault', () => {
    assert.throws(() => imageOf([{ type: 'ClearElrRecord', topicName: 'nobody' }]), { name: 'MetadataFault' })
  })
})

describe('A broker', () => {
  it('is registered with its listeners, features and directories', () => {
    const image = imageOf([broker])
    assert.deepEqual(image.brokers.get(1), {
      id: 1,
      epoch: 40,
      incarnationId: idOf(9),
      listeners: new Map([['PLAINTEXT', { name: 'PLAINTEXT', host: 'h', port: 9092, securityProtocol: 0 }]]),
      supportedFeatures: new Map([['metadata.version', { min: 7, max: 30 }]]),
      rack: undefined,
      fenced: true,
      inControlledShutdown: false,
      isMigratingZkBroker: false,
      directories: [idOf(5)],
      cordonedDirectories: undefined,
    })
  })

  it('is unregistered', () => {
    assert.equal(
      imageOf([{ type: 'UnregisterBrokerRecord', brokerId: 1, brokerEpoch: 40 }], imageOf([broker])).brokers.size,
      0,
    )
  })

  const change: RecordOf<'BrokerRegistrationChangeRecord'> = {
    type: 'BrokerRegistrationChangeRecord',
    brokerId: 1,
    brokerEpoch: 40,
    fenced: 0,
    inControlledShutdown: 0,
    logDirs: [],
    cordonedLogDirs: null,
  }

  it('is changed only in what the change names', () => {
    assert.deepEqual(imageOf([broker, change]).brokers.get(1), imageOf([broker]).brokers.get(1))
    assert.equal(imageOf([broker, { ...change, fenced: -1 }]).brokers.get(1)?.fenced, false)
    assert.equal(
      imageOf([
        { ...broker, fenced: false },
        { ...change, fenced: 1 },
      ]).brokers.get(1)?.fenced,
      true,
    )
    assert.equal(imageOf([broker, { ...change, inControlledShutdown: 1 }]).brokers.get(1)?.inControlledShutdown, true)
    assert.deepEqual(imageOf([broker, { ...change, logDirs: [idOf(7), idOf(6)] }]).brokers.get(1)?.directories, [
      idOf(6),
      idOf(7),
    ])
    assert.deepEqual(imageOf([broker, { ...change, cordonedLogDirs: [] }]).brokers.get(1)?.cordonedDirectories, [])
  })

  it('is fenced and unfenced by the records of old', () => {
    const unfenced = imageOf([broker, { type: 'UnfenceBrokerRecord', id: 1, epoch: 40 }])
    assert.equal(unfenced.brokers.get(1)?.fenced, false)
    assert.equal(imageOf([{ type: 'FenceBrokerRecord', id: 1, epoch: 40 }], unfenced).brokers.get(1)?.fenced, true)
  })

  for (const [what, record] of [
    ['in another epoch', { ...change, brokerEpoch: 39 }],
    ['that is not registered', { ...change, brokerId: 2 }],
    ['with a fencing that nobody knows', { ...change, fenced: 2 }],
    ['with a shutdown that nobody knows', { ...change, inControlledShutdown: 2 }],
  ] as const) {
    it(`changed ${what} is a fault`, () => {
      assert.throws(() => imageOf([broker, record]), { name: 'MetadataFault' })
    })
  }
})

describe('Features', () => {
  const level = (name: string, featureLevel: number): MetadataRecord => ({
    type: 'FeatureLevelRecord',
    name,
    featureLevel,
  })

  it('are finalized at a level, and no longer at level 0', () => {
    const image = imageOf([level('metadata.version', 30), level('group.version', 1)])
    assert.equal(featureLevel(image, 'metadata.version'), 30)
    assert.equal(featureLevel(image, 'group.version'), 1)
    assert.equal(featureLevel(imageOf([level('group.version', 0)], image), 'group.version'), 0)
    assert.equal(featureLevel(emptyImage, 'metadata.version'), 0)
  })

  it('leave kraft.version to the log', () => {
    assert.equal(imageOf([level('kraft.version', 1)]).features.levels.size, 0)
  })

  for (const unknown of [6, 31]) {
    it(`of metadata.version ${unknown} are a fault: its records cannot be read`, () => {
      assert.throws(() => imageOf([level('metadata.version', unknown)]), { name: 'MetadataFault' })
    })
  }
})

describe('Configs, quotas, ACLs, credentials, tokens', () => {
  it('of a resource go when its last one goes', () => {
    const set: MetadataRecord = { type: 'ConfigRecord', resourceType: 4, resourceName: '', name: 'a', value: '' }
    const image = imageOf([set])
    assert.deepEqual([...configOf(image, { type: 4, name: '' })], [['a', '']])
    assert.equal(imageOf([{ ...set, value: null }], image).configs.size, 0)
  })

  it('of a quota entity are found whichever order its parts come in', () => {
    const parts = [
      { entityType: 'user', entityName: null },
      { entityType: 'client-id', entityName: 'c' },
    ]
    const quota: MetadataRecord = { type: 'ClientQuotaRecord', entity: parts, key: 'k', value: 1.5, remove: false }
    const image = imageOf([quota])
    const key = quotaKey(
      new Map([
        ['client-id', 'c'],
        ['user', null],
      ]),
    )
    assert.deepEqual([...(image.quotas.get(key)?.values ?? [])], [['k', 1.5]])
    assert.equal(imageOf([{ ...quota, entity: parts.toReversed(), remove: true }], image).quotas.size, 0)
  })

  it('of an ACL that is not there cannot be removed', () => {
    assert.throws(() => imageOf([{ type: 'RemoveAccessControlEntryRecord', id: idOf(1) }]), { name: 'MetadataFault' })
  })

  it('keep no view of the batch they came in', () => {
    const salt = Buffer.from([1, 2])
    const image = imageOf([
      {
        type: 'UserScramCredentialRecord',
        name: 'u',
        mechanism: 2,
        salt,
        storedKey: salt,
        serverKey: salt,
        iterations: 4096,
      },
    ])
    salt.fill(9)
    assert.deepEqual(image.scramCredentials.get(scramKey('u', 2))?.salt, Buffer.from([1, 2]))
  })
})

describe('A history of every record type', () => {
  it('names them all', () => {
    const types = new Set(historyOf(Array.from({ length: 4_000 }, (_, index) => index * 37)).map(({ type }) => type))
    assert.equal(types.size, 23)
  })
})
