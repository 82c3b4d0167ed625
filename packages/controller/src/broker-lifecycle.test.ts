import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { BrokerRegistration, ControllerRegistration, errorName, UnregisterBroker } from '@gregor/protocol'
import { allowing, Cluster, idOf, registrationOf } from './cluster-fixture.ts'

let cluster: Cluster

beforeEach(() => {
  cluster = Cluster.active()
})

function error(errorCode: number): string {
  return errorName(errorCode)
}

function register(more: Parameters<typeof registrationOf>[1] = {}, version = 4): string {
  return error(cluster.request(BrokerRegistration, registrationOf(1, more), { version }).errorCode)
}

describe('Registering a broker', () => {
  it('gives it the offset of its record as epoch, and starts it fenced', () => {
    const offset = cluster.log.length
    const epoch = cluster.register(1, { rack: 'r' })
    assert.equal(epoch, offset)
    assert.deepEqual(cluster.records, [
      {
        type: 'RegisterBrokerRecord',
        version: 4,
        brokerId: 1,
        isMigratingZkBroker: false,
        incarnationId: idOf(101),
        brokerEpoch: offset,
        endPoints: [{ name: 'PLAINTEXT', host: 'localhost', port: 9_093, securityProtocol: 0 }],
        features: registrationOf(1).features,
        rack: 'r',
        fenced: true,
        inControlledShutdown: false,
        logDirs: [idOf(201)],
        cordonedLogDirs: null,
      },
    ])
  })

  it('again with the same incarnation amends it, and keeps epoch and state', () => {
    const epoch = cluster.addBroker(1)
    assert.equal(cluster.register(1, { logDirs: [idOf(201), idOf(301)] }), epoch)
    const broker = cluster.image.brokers.get(1)
    assert.deepEqual(
      { epoch: broker?.epoch, fenced: broker?.fenced, directories: broker?.directories },
      { epoch, fenced: false, directories: [idOf(201), idOf(301)] },
    )
  })

  it('again with another incarnation waits until the session of the first one is over', () => {
    cluster.addBroker(1)
    assert.equal(register({ incarnationId: idOf(999) }), 'DUPLICATE_BROKER_REGISTRATION')
    cluster.nowMs += 9_001
    assert.equal(register({ incarnationId: idOf(999) }), 'NONE')
    assert.equal(cluster.image.brokers.get(1)?.fenced, true)
  })

  it('again with another incarnation need not wait where the first one has shut down in order', () => {
    cluster.addBroker(1)
    assert.equal(cluster.heartbeat(1, { wantShutDown: true }).shouldShutDown, true)
    assert.equal(register({ incarnationId: idOf(999) }), 'NONE')
  })

  it('of its own process need not wait for an incarnation that was killed with the process before', () => {
    cluster.addBroker(1)
    cluster.addBroker(2)
    cluster.activate()
    assert.equal(register({ incarnationId: idOf(999) }), 'NONE')
    const other = cluster.request(BrokerRegistration, registrationOf(2, { incarnationId: idOf(998) }))
    assert.equal(error(other.errorCode), 'DUPLICATE_BROKER_REGISTRATION')
  })

  it('of its own process waits for an incarnation that was heard from', () => {
    cluster.addBroker(1)
    cluster.activate()
    cluster.heartbeat(1)
    assert.equal(register({ incarnationId: idOf(999) }), 'DUPLICATE_BROKER_REGISTRATION')
  })

  for (const [what, more, expected] of [
    ['of another cluster', { clusterId: 'other' }, 'INCONSISTENT_CLUSTER_ID'],
    ['that still lives with ZooKeeper', { isMigratingZkBroker: true }, 'BROKER_ID_NOT_REGISTERED'],
    ['without log directories', { logDirs: [] }, 'INVALID_REGISTRATION'],
    [
      'with a listener of a protocol that does not exist',
      { listeners: [{ name: 'X', host: 'h', port: 1, securityProtocol: 4 }] },
      'INVALID_REGISTRATION',
    ],
    ['with a reserved directory', { logDirs: ['AAAAAAAAAAAAAAAAAAAAAQ'] }, 'INVALID_REGISTRATION'],
    ['with a directory twice', { logDirs: [idOf(1), idOf(1)] }, 'INVALID_REGISTRATION'],
    [
      'that says nothing of metadata.version',
      {
        features: registrationOf(1).features.filter(({ name }) => name !== 'metadata.version'),
      },
      'INVALID_REGISTRATION',
    ],
    [
      'that cannot read the records',
      {
        features: [{ name: 'metadata.version', minSupportedVersion: 7, maxSupportedVersion: 29 }],
      },
      'UNSUPPORTED_VERSION',
    ],
    [
      'that does not know a feature that is finalized',
      {
        features: registrationOf(1).features.filter(({ name }) => name !== 'group.version'),
      },
      'UNSUPPORTED_VERSION',
    ],
    [
      'that does not know kraft.version',
      {
        features: registrationOf(1).features.filter(({ name }) => name !== 'kraft.version'),
      },
      'UNSUPPORTED_VERSION',
    ],
    [
      'that knows features nobody else does',
      {
        features: [
          ...registrationOf(1).features,
          { name: 'new.version', minSupportedVersion: 0, maxSupportedVersion: 9 },
        ],
      },
      'NONE',
    ],
    [
      'that demands more of a feature than is finalized',
      {
        features: [
          ...registrationOf(1).features,
          { name: 'new.version', minSupportedVersion: 1, maxSupportedVersion: 9 },
        ],
      },
      'UNSUPPORTED_VERSION',
    ],
  ] as const) {
    it(`${what} is answered with ${expected}`, () => {
      assert.equal(register(more), expected)
    })
  }

  it('with a directory that another broker has is refused', () => {
    cluster.register(2, { logDirs: [idOf(7)] })
    assert.equal(register({ logDirs: [idOf(7)] }), 'INVALID_REGISTRATION')
  })

  it('needs to be allowed', () => {
    const { errorCode } = cluster.request(BrokerRegistration, registrationOf(1), { context: allowing() })
    assert.equal(error(errorCode), 'CLUSTER_AUTHORIZATION_FAILED')
    assert.deepEqual(cluster.records, [])
  })
})

describe('A broker that came back', () => {
  const restarted = { incarnationId: idOf(999) }

  beforeEach(() => {
    cluster = Cluster.withBrokers([1, 2, 3])
    cluster.addTopic('t', [[1, 2, 3]], { 'min.insync.replicas': '3' })
    cluster.nowMs += 10_000
    for (const brokerId of [2, 3]) cluster.heartbeat(brokerId)
  })

  it('cleanly has been as good as fenced: it is out of the ISR, and eligible', () => {
    cluster.register(1, { ...restarted, previousBrokerEpoch: cluster.image.brokers.get(1)?.epoch ?? -1 })
    assert.equal(cluster.leadership('t'), 'leader 2 isr 2,3 elr 1')
  })

  it('uncleanly may have lost what it acknowledged: it is not eligible', () => {
    cluster.register(1, restarted)
    assert.equal(cluster.leadership('t'), 'leader 2 isr 2,3 elr ')
  })

  it('uncleanly, for all that a request of an old version can say', () => {
    const previousBrokerEpoch = cluster.image.brokers.get(1)?.epoch ?? -1
    const request = registrationOf(1, { ...restarted, previousBrokerEpoch })
    cluster.request(BrokerRegistration, request, { version: 2 })
    assert.equal(cluster.leadership('t'), 'leader 2 isr 2,3 elr ')
  })

  it('uncleanly and alone leads again what it led last, and has to recover', () => {
    cluster = Cluster.withBrokers([1])
    cluster.addTopic('alone', [[1]])
    cluster.activate()
    cluster.register(1, restarted)
    assert.equal(cluster.leadership('alone'), 'leader -1 isr  elr  last 1')
    cluster.heartbeat(1)
    assert.equal(cluster.leadership('alone'), 'leader 1 isr 1 elr ')
    assert.equal(cluster.partition('alone').leaderRecoveryState, 1)
  })

  it('has its registration written last', () => {
    cluster.register(1, restarted)
    assert.deepEqual(
      cluster.records.map(({ type }) => type),
      ['PartitionChangeRecord', 'RegisterBrokerRecord'],
    )
    assert.equal(cluster.image.brokers.get(1)?.epoch, cluster.log.length - 1)
  })
})

describe('A heartbeat', () => {
  it('of a broker that is behind its own registration leaves it fenced', () => {
    const epoch = cluster.register(1)
    const { isCaughtUp, isFenced, shouldShutDown } = cluster.heartbeat(1, { currentMetadataOffset: epoch - 1 })
    assert.deepEqual(
      { isCaughtUp, isFenced, shouldShutDown },
      { isCaughtUp: false, isFenced: true, shouldShutDown: false },
    )
  })

  it('of a broker that wants to stay fenced says that it is caught up', () => {
    const epoch = cluster.register(1)
    const { isCaughtUp, isFenced } = cluster.heartbeat(1, { currentMetadataOffset: epoch, wantFence: true })
    assert.deepEqual({ isCaughtUp, isFenced }, { isCaughtUp: true, isFenced: true })
    assert.deepEqual(cluster.records, [])
  })

  it('of a broker that is caught up lets it in', () => {
    const epoch = cluster.register(1)
    assert.equal(cluster.heartbeat(1, { currentMetadataOffset: epoch }).isFenced, false)
    assert.deepEqual(cluster.records, [
      {
        type: 'BrokerRegistrationChangeRecord',
        version: 0,
        brokerId: 1,
        brokerEpoch: epoch,
        fenced: -1,
        inControlledShutdown: 0,
        logDirs: [],
        cordonedLogDirs: null,
      },
    ])
  })

  it('writes nothing when nothing changes', () => {
    cluster.addBroker(1)
    cluster.heartbeat(1)
    assert.deepEqual(cluster.records, [])
  })

  it('after the registration was amended must have passed the amendment', () => {
    const epoch = cluster.addBroker(1)
    cluster.heartbeat(1, { wantFence: true })
    cluster.register(1, { logDirs: [idOf(201), idOf(301)] })
    assert.equal(cluster.heartbeat(1, { currentMetadataOffset: epoch }).isCaughtUp, false)
  })

  it('with an old epoch, or of a stranger, is stale', () => {
    const epoch = cluster.addBroker(1)
    assert.equal(error(cluster.heartbeat(1, { brokerEpoch: epoch - 1 }).errorCode), 'STALE_BROKER_EPOCH')
    assert.equal(error(cluster.heartbeat(9).errorCode), 'STALE_BROKER_EPOCH')
  })

  it('of a broker that wants to be fenced fences it, and moves its leaderships', () => {
    cluster = Cluster.withBrokers([1, 2])
    cluster.addTopic('t', [[1, 2]])
    assert.equal(cluster.heartbeat(1, { wantFence: true }).isFenced, true)
    assert.equal(cluster.leadership('t'), 'leader 2 isr 2 elr ')
    assert.equal(cluster.image.brokers.get(1)?.fenced, true)
  })

  it('reports cordoned directories once', () => {
    cluster.addBroker(1)
    cluster.heartbeat(1, { cordonedLogDirs: [idOf(201)] })
    assert.deepEqual(cluster.image.brokers.get(1)?.cordonedDirectories, [idOf(201)])
    cluster.heartbeat(1, { cordonedLogDirs: [idOf(201)] })
    assert.deepEqual(cluster.records, [])
  })

  it('reports directories that failed: what lies there loses its leader, the rest stays', () => {
    cluster.addBroker(1, { logDirs: [idOf(50), idOf(51)] })
    cluster.addBroker(2)
    cluster.addTopic('t', [
      [1, 2],
      [1, 2],
    ])
    cluster.assign(1, idOf(50), 't', 0)
    cluster.assign(1, idOf(51), 't', 1)
    cluster.heartbeat(1, { offlineLogDirs: [idOf(50)] })
    assert.equal(cluster.leadership('t', 0), 'leader 2 isr 2 elr ')
    assert.equal(cluster.leadership('t', 1), 'leader 1 isr 1,2 elr ')
    assert.deepEqual(cluster.image.brokers.get(1)?.directories, [idOf(51)])
    cluster.heartbeat(1, { offlineLogDirs: [idOf(50)] })
    assert.deepEqual(cluster.records, [])
  })
})

describe('Controlled shutdown', () => {
  beforeEach(() => {
    cluster = Cluster.withBrokers([1, 2])
    cluster.addTopic('t', [[1, 2]])
  })

  it('moves leaderships first, and ends when every other broker has heard of it', () => {
    const first = cluster.heartbeat(1, { wantShutDown: true })
    assert.deepEqual([first.shouldShutDown, first.isFenced], [false, false])
    assert.equal(cluster.leadership('t'), 'leader 2 isr 2 elr ')
    assert.equal(cluster.image.brokers.get(1)?.inControlledShutdown, true)

    const { length } = cluster.log
    cluster.heartbeat(2, { currentMetadataOffset: length - 2 })
    assert.equal(cluster.heartbeat(1, { wantShutDown: true }).shouldShutDown, false)

    cluster.heartbeat(2, { currentMetadataOffset: length - 1 })
    const last = cluster.heartbeat(1, { wantShutDown: true })
    assert.deepEqual([last.shouldShutDown, last.isFenced], [true, true])
    assert.equal(cluster.image.brokers.get(1)?.fenced, true)
  })

  it('begins with the heartbeat whose records the log has room for', () => {
    cluster.isLogFull = true
    cluster.heartbeat(1, { wantShutDown: true })
    cluster.isLogFull = false
    cluster.heartbeat(2, { currentMetadataOffset: cluster.log.length - 1 })
    // Nothing was moved away: it may not go yet, however far the others are.
    assert.equal(cluster.heartbeat(1, { wantShutDown: true }).shouldShutDown, false)
    assert.equal(cluster.leadership('t'), 'leader 2 isr 2 elr ')
  })

  it('is over at once for a broker that leads nothing', () => {
    const { shouldShutDown, isFenced } = cluster.heartbeat(2, { wantShutDown: true })
    assert.deepEqual([shouldShutDown, isFenced], [true, true])
  })

  it('is over at once for a broker that is fenced, or wants to be', () => {
    assert.equal(cluster.heartbeat(1, { wantShutDown: true, wantFence: true }).shouldShutDown, true)
    assert.equal(cluster.heartbeat(1, { wantShutDown: true }).shouldShutDown, true)
    assert.deepEqual(cluster.records, [])
  })

  it('does not end while a partition cannot be moved', () => {
    cluster.addTopic('alone', [[1]])
    cluster.heartbeat(1, { wantShutDown: true })
    assert.equal(cluster.leadership('alone'), 'leader -1 isr  elr 1 last 1')
  })

  it('places no new replicas on the broker that goes', () => {
    cluster.heartbeat(1, { wantShutDown: true })
    cluster.placeTopic('new', 1)
    assert.deepEqual(cluster.partition('new').replicas, [2])
  })
})

describe('A broker that falls silent', () => {
  beforeEach(() => {
    cluster = Cluster.withBrokers([1, 2])
    cluster.addTopic('t', [[1, 2]])
    cluster.nowMs += 9_000
    cluster.heartbeat(2)
  })

  it('is fenced when its session is over, and not before', () => {
    cluster.tick('FenceStaleBroker')
    assert.deepEqual(cluster.records, [])
    cluster.nowMs += 1
    cluster.tick('FenceStaleBroker')
    assert.equal(cluster.leadership('t'), 'leader 2 isr 2 elr ')
    assert.equal(cluster.image.brokers.get(1)?.fenced, true)
  })

  it('is fenced later where the log has no room for it now', () => {
    cluster.nowMs += 1
    cluster.isLogFull = true
    cluster.tick('FenceStaleBroker')
    assert.equal(cluster.image.brokers.get(1)?.fenced, false)
    cluster.isLogFull = false
    cluster.tick('FenceStaleBroker')
    assert.equal(cluster.image.brokers.get(1)?.fenced, true)
  })

  it('is looked for again at once after one was found, else after an eighth of a session', () => {
    cluster.nowMs += 1
    cluster.tick('FenceStaleBroker')
    assert.deepEqual(cluster.effects, [{ type: 'SetTimer', key: 'FenceStaleBroker', delayMs: 0, generation: 1 }])
    cluster.tick('FenceStaleBroker')
    assert.deepEqual(cluster.effects, [{ type: 'SetTimer', key: 'FenceStaleBroker', delayMs: 1_125, generation: 1 }])
  })

  it('and comes back keeps its epoch, and gets its partitions back', () => {
    cluster.nowMs += 1
    cluster.tick('FenceStaleBroker')
    const epoch = cluster.image.brokers.get(1)?.epoch
    assert.equal(cluster.heartbeat(1).isFenced, false)
    assert.equal(cluster.image.brokers.get(1)?.epoch, epoch)
  })

  it('has a fresh session after a failover of the controller', () => {
    cluster.nowMs += 1
    cluster.activate()
    cluster.tick('FenceStaleBroker', 2)
    assert.deepEqual(cluster.records, [])
  })
})

describe('Unregistering a broker', () => {
  it('takes it out of every ISR and ELR', () => {
    cluster = Cluster.withBrokers([1, 2, 3])
    cluster.addTopic('t', [[1, 2, 3]], { 'min.insync.replicas': '2' })
    cluster.addTopic('u', [[3, 1]], { 'min.insync.replicas': '2' })
    cluster.heartbeat(1, { wantFence: true })
    assert.equal(cluster.leadership('u'), 'leader 3 isr 3 elr 1')
    const { errorCode } = cluster.request(UnregisterBroker, { brokerId: 3 })
    assert.equal(error(errorCode), 'NONE')
    assert.equal(cluster.leadership('t'), 'leader 2 isr 2 elr 3')
    assert.equal(cluster.image.brokers.has(3), false)
    cluster.checkReplay()
  })

  it('that is not there is refused', () => {
    const { errorCode, errorMessage } = cluster.request(UnregisterBroker, { brokerId: 9 })
    assert.equal(error(errorCode), 'BROKER_ID_NOT_REGISTERED')
    assert.equal(errorMessage, 'Broker ID 9 is not currently registered')
  })
})

describe('Registering a controller', () => {
  it('writes down where it is and what it supports', () => {
    const { errorCode } = cluster.request(ControllerRegistration, {
      controllerId: 5,
      incarnationId: idOf(5),
      zkMigrationReady: false,
      listeners: [{ name: 'CONTROLLER', host: 'c', port: 9_093, securityProtocol: 0 }],
      features: [{ name: 'metadata.version', minSupportedVersion: 7, maxSupportedVersion: 30 }],
    })
    assert.equal(error(errorCode), 'NONE')
    assert.equal(cluster.image.controllers.get(5)?.listeners.get('CONTROLLER')?.port, 9_093)
  })

  it('needs a security protocol that exists', () => {
    const { errorCode } = cluster.request(ControllerRegistration, {
      controllerId: 5,
      incarnationId: idOf(5),
      zkMigrationReady: false,
      listeners: [{ name: 'CONTROLLER', host: 'c', port: 9_093, securityProtocol: -1 }],
      features: [],
    })
    assert.equal(error(errorCode), 'INVALID_REGISTRATION')
    assert.deepEqual(cluster.records, [])
  })

  it('is not possible under a metadata.version that knows none', () => {
    cluster = Cluster.active({
      bootstrapRecords: [{ type: 'FeatureLevelRecord', name: 'metadata.version', featureLevel: 14 }],
    })
    const { errorCode } = cluster.request(ControllerRegistration, {
      controllerId: 5,
      incarnationId: idOf(5),
      zkMigrationReady: false,
      listeners: [],
      features: [],
    })
    assert.equal(error(errorCode), 'UNSUPPORTED_VERSION')
  })
})
