import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resourceTypeCodes } from '@gregor/config'
import { ListConfigResources, errorCode } from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'

async function namesOf(fixture: BrokerFixture, resourceTypes: readonly number[]): Promise<readonly string[]> {
  const answer = await fixture.call(ListConfigResources, { resourceTypes })
  assert.equal(answer.errorCode, 0)
  return answer.configResources.map(({ resourceName }) => resourceName)
}

describe('ListConfigResources', () => {
  it('lists what has configs, of the types that were asked for', async () => {
    await using fixture = await BrokerFixture.start()
    await fixture.createTopic('t')
    assert.deepEqual(await namesOf(fixture, [resourceTypeCodes.topic]), ['t'])
    assert.deepEqual(await namesOf(fixture, [resourceTypeCodes.broker]), ['1'])
    assert.deepEqual(await namesOf(fixture, []), ['1', '1', 't'])
  })

  it('refuses types that the version does not know', async () => {
    await using fixture = await BrokerFixture.start()
    const answer = await fixture.call(ListConfigResources, { resourceTypes: [99] })
    assert.equal(answer.errorCode, errorCode('UNSUPPORTED_VERSION'))
    const older = await fixture.call(ListConfigResources, {}, { version: 0 })
    assert.deepEqual([older.errorCode, older.configResources], [0, []])
  })
})
