import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  defaultFeatureLevel,
  featureNamed,
  features,
  metadataVersionName,
  metadataVersionNamed,
  recordsDifferBetween,
} from './features.ts'
import { isImageFeature } from './metadata-image.ts'

function defaults(metadataVersion: number): Record<string, number> {
  return Object.fromEntries(features.map((feature) => [feature.name, defaultFeatureLevel(feature, metadataVersion)]))
}

describe('Features', () => {
  it('start a new cluster of 4.3 as Kafka’s own tool formats it', () => {
    assert.deepEqual(defaults(30), {
      'metadata.version': 30,
      'kraft.version': 1,
      'transaction.version': 2,
      'group.version': 1,
      'eligible.leader.replicas.version': 1,
      'share.version': 1,
      'streams.version': 1,
    })
  })

  it('start a new cluster of 4.0 without ELR, share and streams groups', () => {
    assert.deepEqual(defaults(25), {
      'metadata.version': 25,
      'kraft.version': 1,
      'transaction.version': 2,
      'group.version': 1,
      'eligible.leader.replicas.version': 0,
      'share.version': 0,
      'streams.version': 0,
    })
  })

  it('have a name each', () => {
    assert.equal(featureNamed('group.version')?.range.max, 1)
    assert.equal(featureNamed('nothing.version'), undefined)
    assert.equal(isImageFeature('group.version'), true)
    assert.equal(isImageFeature('kraft.version'), false)
  })

  it('name a metadata.version by release, and find it by its name or the release alone', () => {
    assert.equal(metadataVersionName(30), '4.3-IV0')
    assert.equal(metadataVersionName(31), undefined)
    assert.equal(metadataVersionNamed('3.7-IV2'), 17)
    assert.equal(metadataVersionNamed('3.7'), 19)
    assert.equal(metadataVersionNamed('9.9'), undefined)
  })

  it('tell whether a downgrade would lose something', () => {
    assert.equal(recordsDifferBetween(29, 23), false)
    assert.equal(recordsDifferBetween(30, 29), true)
    assert.equal(recordsDifferBetween(23, 22), true)
    assert.equal(recordsDifferBetween(22, 23), true)
    assert.equal(recordsDifferBetween(40, 30), true)
    assert.equal(recordsDifferBetween(30, 30), false)
  })
})
