import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { UpdateFeatures, errorCode } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

const upgrade = 1
const safeDowngrade = 2

async function update(
  fixture: BrokerFixture,
  feature: string,
  maxVersionLevel: number,
  upgradeType: number,
): Promise<number> {
  const { errorCode: code } = await fixture.call(UpdateFeatures, {
    featureUpdates: [{ feature, maxVersionLevel, upgradeType }],
  })
  return code
}

describe('UpdateFeatures', () => {
  it('lowers a feature where that is asked for, and raises it again', async () => {
    await using fixture = await BrokerFixture.start()
    const levelOf = (): number | undefined =>
      fixture.broker.services.metadata.image.features.levels.get('group.version')
    const before = levelOf()
    assert.equal(await update(fixture, 'group.version', 0, safeDowngrade), 0)
    assert.notEqual(levelOf(), before)
    assert.equal(await update(fixture, 'group.version', before ?? 1, upgrade), 0)
    assert.equal(levelOf(), before)
  })

  it('refuses to lower by accident, and features that are not known', async () => {
    await using fixture = await BrokerFixture.start()
    assert.notEqual(await update(fixture, 'group.version', 0, upgrade), 0)
    assert.equal(await update(fixture, 'odd.version', 1, upgrade), errorCode('INVALID_UPDATE_VERSION'))
  })
})
