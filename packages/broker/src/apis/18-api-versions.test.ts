import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ApiVersions, errorCode } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

describe('ApiVersions', () => {
  it('tells every api that is served with its versions, and the features', async () => {
    await using fixture = await BrokerFixture.start()
    const answer = await fixture.call(ApiVersions, { clientSoftwareName: 'me', clientSoftwareVersion: '1.0' })
    assert.equal(answer.errorCode, 0)
    const own = answer.apiKeys.find(({ apiKey }) => apiKey === ApiVersions.key)
    assert.deepEqual([own?.minVersion, own?.maxVersion], [0, 4])
    assert.equal(new Set(answer.apiKeys.map(({ apiKey }) => apiKey)).size, answer.apiKeys.length)
    const finalized = answer.finalizedFeatures.find(({ name }) => name === 'metadata.version')
    const supported = answer.supportedFeatures.find(({ name }) => name === 'metadata.version')
    assert.equal(finalized?.maxVersionLevel, supported?.maxVersion)
    assert.ok(answer.finalizedFeaturesEpoch >= 0)
  })

  it('answers a version from the future in version 0, so that the client can ask again (KIP-511)', async () => {
    await using fixture = await BrokerFixture.start()
    // Key 18, version 99, correlation id 7, no client id, no tags, and what nobody here can read.
    const frame = Buffer.from([0, 18, 0, 99, 0, 0, 0, 7, 0xff, 0xff, 0, 1, 2, 3])
    const answer = await fixture.exchange(frame)
    assert.ok(Buffer.isBuffer(answer))
    assert.equal(answer.readInt32BE(0), 7)
    assert.equal(answer.readInt16BE(4), errorCode('UNSUPPORTED_VERSION'))
    assert.equal(answer.readInt32BE(6), 1)
    assert.deepEqual([answer.readInt16BE(10), answer.readInt16BE(12), answer.readInt16BE(14)], [18, 0, 4])
  })

  it('refuses software names that would not be safe to log', async () => {
    await using fixture = await BrokerFixture.start()
    for (const clientSoftwareName of ['', '-x', 'a b', 'a\nb']) {
      const answer = await fixture.call(ApiVersions, { clientSoftwareName, clientSoftwareVersion: '1' })
      assert.equal(answer.errorCode, errorCode('INVALID_REQUEST'), clientSoftwareName)
    }
  })

  it('keeps ranges that start at 0 from clients that cannot decode them', async () => {
    await using fixture = await BrokerFixture.start()
    const request = { clientSoftwareName: 'me', clientSoftwareVersion: '1' }
    const older = await fixture.call(ApiVersions, request, { version: 3 })
    const newer = await fixture.call(ApiVersions, request, { version: 4 })
    assert.ok(older.supportedFeatures.every(({ minVersion }) => minVersion > 0))
    assert.ok(newer.supportedFeatures.length > older.supportedFeatures.length)
  })
})
