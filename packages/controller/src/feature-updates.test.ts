import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { configOf, featureLevel, features } from '@gregor/metadata'
import { ControllerRegistration, errorName, UpdateFeatures } from '@gregor/protocol'
import type { MetadataRecordInput } from '@gregor/protocol'
import { Cluster, idOf } from './cluster-fixture.ts'

const [upgrade, safeDowngrade, unsafeDowngrade] = [1, 2, 3]
const prefix = 'The update failed for all features since the following feature had an error: '

let cluster: Cluster

beforeEach(() => {
  cluster = Cluster.withBrokers([1])
})

function at(level: number, ...more: MetadataRecordInput[]): Cluster {
  return Cluster.active({
    bootstrapRecords: [{ type: 'FeatureLevelRecord', name: 'metadata.version', featureLevel: level }, ...more],
  })
}

type Wanted = readonly [feature: string, level: number, type?: number]

function update(wanted: readonly Wanted[], more: { version?: number; validateOnly?: boolean } = {}) {
  const { version = 2, validateOnly = false } = more
  const featureUpdates = wanted.map(([feature, maxVersionLevel, upgradeType = upgrade]) => ({
    feature,
    maxVersionLevel,
    upgradeType,
  }))
  const { errorCode, errorMessage, results } = cluster.request(
    UpdateFeatures,
    { featureUpdates, validateOnly },
    { version },
  )
  return { error: errorName(errorCode), message: errorMessage?.replace(prefix, '') ?? null, results }
}

function level(name: string): number {
  return featureLevel(cluster.image, name)
}

describe('UpdateFeatures', () => {
  it('raises a level', () => {
    assert.deepEqual(update([['transaction.version', 2]]), { error: 'NONE', message: null, results: [] })
    assert.equal(level('transaction.version'), 2)
    cluster.checkReplay()
  })

  it('lowers a level when it is told to', () => {
    assert.equal(update([['group.version', 0, safeDowngrade]]).error, 'NONE')
    assert.equal(level('group.version'), 0)
  })

  it('names each feature in the answers of version 1', () => {
    assert.deepEqual(update([['transaction.version', 1]], { version: 1 }).results, [
      { feature: 'transaction.version', errorCode: 0, errorMessage: null },
    ])
  })

  it('understands the downgrade flag of version 0', () => {
    const featureUpdates = [{ feature: 'group.version', maxVersionLevel: 0, allowDowngrade: true }]
    assert.equal(cluster.request(UpdateFeatures, { featureUpdates }, { version: 0 }).errorCode, 0)
    assert.equal(level('group.version'), 0)
  })

  it('only checks when it is told to', () => {
    assert.equal(update([['transaction.version', 2]], { validateOnly: true }).error, 'NONE')
    assert.deepEqual(cluster.records, [])
  })

  it('makes all updates or none', () => {
    assert.equal(
      update([
        ['transaction.version', 2],
        ['share.version', 9],
      ]).error,
      'INVALID_UPDATE_VERSION',
    )
    assert.equal(level('transaction.version'), 0)
  })

  const refusals: Readonly<Record<string, readonly [Wanted, string]>> = {
    'a downgrade that is not called one': [
      ['group.version', 0],
      "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade.",
    ],
    'a downgrade upwards': [['transaction.version', 1, safeDowngrade], "Can't downgrade to a newer version."],
    'an update nobody knows the type of': [
      ['group.version', 1, 9],
      'The controller does not support the given upgrade type.',
    ],
    'a level below 0': [['group.version', -1], 'A feature version cannot be less than 0.'],
    'a level that this node does not support': [['group.version', 2], 'Local controller 1 only supports versions 0-1'],
    'a feature nobody knows': [['no.version', 1], 'Local controller 1 does not support this feature.'],
    'the absence of a feature nobody knows': [['no.version', 0], 'Feature no.version not found.'],
    'a downgrade of the quorum': [['kraft.version', 0, safeDowngrade], "Can't downgrade the version of this feature."],
  }
  for (const [what, [wanted, message]] of Object.entries(refusals)) {
    it(`refuses ${what}`, () => {
      assert.deepEqual(update([wanted]), {
        error: 'INVALID_UPDATE_VERSION',
        message: `Invalid update version ${wanted[1]} for feature ${wanted[0]}. ${message}`,
        results: [],
      })
      assert.deepEqual(cluster.records, [])
    })
  }

  it('writes nothing for the level that the quorum has', () => {
    assert.equal(update([['kraft.version', 1]]).error, 'NONE')
    assert.deepEqual([cluster.records, cluster.upgrades], [[], []])
  })

  it('has the log raise the level of the quorum, and a record to wait for', () => {
    cluster = Cluster.active({ kraftVersion: () => 0 })
    assert.equal(update([['kraft.version', 1]], { validateOnly: true }).error, 'NONE')
    assert.deepEqual([cluster.records, cluster.upgrades], [[], []])
    assert.equal(update([['kraft.version', 1]]).error, 'NONE')
    assert.deepEqual(
      cluster.records.map(({ type }) => type),
      ['NoOpRecord'],
    )
    assert.deepEqual(cluster.upgrades, [{ type: 'UpgradeKraftVersion', level: 1 }])
  })

  it('refuses a level that a broker does not support', () => {
    const others = features.filter(({ name }) => name !== 'transaction.version')
    cluster.addBroker(7, {
      features: others.map(({ name, range }) => ({
        name,
        minSupportedVersion: range.min,
        maxSupportedVersion: range.max,
      })),
    })
    assert.equal(
      update([['transaction.version', 1]]).message,
      'Invalid update version 1 for feature transaction.version. Broker 7 does not support this feature.',
    )
  })

  it('refuses a level that another controller does not support, or says nothing of', () => {
    cluster = Cluster.active({ voterIds: () => [1, 5] })
    const refused = () => update([['transaction.version', 1]]).message?.split('transaction.version. ')[1]
    assert.equal(refused(), 'controller 5 has not registered, and may not support this feature')
    cluster.request(ControllerRegistration, {
      controllerId: 5,
      incarnationId: idOf(5),
      zkMigrationReady: false,
      listeners: [],
      features: [],
    })
    assert.equal(refused(), 'Controller 5 does not support this feature.')
  })
})

describe('metadata.version', () => {
  it('goes up', () => {
    cluster = at(25)
    assert.equal(update([['metadata.version', 30]]).error, 'NONE')
    assert.equal(level('metadata.version'), 30)
  })

  it('goes down where the records are the same', () => {
    cluster = at(29)
    assert.equal(update([['metadata.version', 23, safeDowngrade]]).error, 'NONE')
    assert.equal(level('metadata.version'), 23)
  })

  it('does not go down where something would be lost', () => {
    assert.equal(
      update([['metadata.version', 29, safeDowngrade]]).message,
      'Unsupported metadata.version downgrade from 30 to 29. Refusing to perform the requested downgrade because it might delete metadata information.',
    )
    assert.equal(
      update([['metadata.version', 29, unsafeDowngrade]]).message,
      'Unsupported metadata.version downgrade from 30 to 29. Unsafe metadata downgrade is not supported in this version.',
    )
  })

  it('of a level nobody knows is refused', () => {
    assert.equal(
      update([['metadata.version', 31]]).message,
      'Invalid update version 31 for feature metadata.version. Local controller 1 only supports versions 7-30',
    )
  })

  it('must be there before what depends on it', () => {
    cluster = at(22)
    assert.equal(
      update([['eligible.leader.replicas.version', 1]]).message,
      'Invalid update version 1 for feature eligible.leader.replicas.version. eligible.leader.replicas.version could not be set to 1 because it depends on metadata.version level 23',
    )
    assert.equal(
      update([
        ['metadata.version', 26],
        ['eligible.leader.replicas.version', 1],
      ]).error,
      'NONE',
    )
  })
})

describe('Turning ELR on', () => {
  it('writes down one min.insync.replicas for all brokers, and takes away those of single ones', () => {
    const own: MetadataRecordInput = {
      type: 'ConfigRecord',
      resourceType: 4,
      resourceName: '1',
      name: 'min.insync.replicas',
      value: '2',
    }
    cluster = at(30, own)
    update([['eligible.leader.replicas.version', 1]])
    assert.deepEqual([...configOf(cluster.image, { type: 4, name: '' })], [['min.insync.replicas', '1']])
    assert.equal(configOf(cluster.image, { type: 4, name: '1' }).size, 0)
  })

  it('leaves the one that is set', () => {
    cluster = at(30, {
      type: 'ConfigRecord',
      resourceType: 4,
      resourceName: '',
      name: 'min.insync.replicas',
      value: '2',
    })
    update([['eligible.leader.replicas.version', 1]])
    assert.deepEqual([...configOf(cluster.image, { type: 4, name: '' })], [['min.insync.replicas', '2']])
  })
})
