import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { emptyImage } from '@gregor/metadata'
import { errorCode, UpdateFeatures } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'
import { finalizableFeatures, unservedFeatureWarnings } from './served-features.ts'

describe('features that are not served', () => {
  it('are named where a cluster has finalized them', () => {
    const levels = new Map([
      ['group.version', 1],
      ['share.version', 1],
      ['transaction.version', 0],
    ])
    assert.deepEqual(unservedFeatureWarnings({ ...emptyImage, features: { metadataVersion: 30, levels } }), [
      'share.version is finalized at 1, by another server: this one keeps its records and does not serve the feature',
    ])
  })

  it('cannot be finalized here', async () => {
    assert.deepEqual(finalizableFeatures().get('share.version'), { min: 0, max: 0 })
    assert.deepEqual(finalizableFeatures().get('group.version'), { min: 0, max: 1 })
    await using fixture = await BrokerFixture.start()
    const featureUpdates = [{ feature: 'share.version', maxVersionLevel: 1 }]
    const answer = await fixture.call(UpdateFeatures, { featureUpdates })
    assert.equal(answer.errorCode, errorCode('INVALID_UPDATE_VERSION'))
  })
})
