import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FindCoordinator } from '@gregor/protocol'
import { joinAlone } from '../apis/group-member-fixture.ts'
import { BrokerFixture } from '../broker-fixture.ts'
import { groupsAnswer } from './group-pages.ts'

const port = 9404
const properties = {
  'gregor.monitoring.address': `127.0.0.1:${port}`,
  'offsets.topic.num.partitions': '2',
  'group.initial.rebalance.delay.ms': '0',
}

interface Event {
  readonly at: string
  readonly kind: string
  readonly memberId?: string
  readonly tookMs?: number
}

async function pageOf<Page>({ environment }: BrokerFixture, path: string): Promise<{ status: number; page: Page }> {
  const { status, contentType, body } = await environment.http.get(port, path)
  assert.equal(contentType, 'application/json')
  return { status, page: JSON.parse(String(body)) as Page }
}

async function withGroup(groupId: string): Promise<BrokerFixture> {
  const node = await BrokerFixture.start({ properties })
  await node.call(FindCoordinator, { keyType: 0, coordinatorKeys: ['g'] })
  await joinAlone(node, groupId)
  return node
}

describe('/groups', () => {
  it('lists the groups of this node with what happened to them last', async () => {
    await using node = await withGroup('b')
    await joinAlone(node, 'a')
    const { page } = await pageOf<{ groups: readonly { group: string; lastEvent: Event }[] }>(node, '/groups')
    assert.deepEqual(
      page.groups.map(({ lastEvent, ...group }) => ({ ...group, lastEvent: lastEvent.kind })),
      ['a', 'b'].map((group) => {
        return { group, state: 'Stable', type: 'classic', protocolType: 'consumer', lastEvent: 'Assigned' }
      }),
    )
  })

  it('tells what happened in a group, whatever its name is, and how long it took', async () => {
    const name = 'a/group with 100 %'
    await using node = await withGroup(name)
    const path = `/groups/${encodeURIComponent(name)}/events`
    const { status, page } = await pageOf<{ group: string; events: readonly Event[] }>(node, path)
    assert.deepEqual([status, page.group], [200, name])
    assert.deepEqual(
      page.events.map(({ kind }) => kind),
      ['Joined', 'RebalanceStarted', 'RebalanceCompleted', 'Assigned'],
    )
    assert.match(page.events[0]?.at ?? '', /^\d{4}-\d\d-\d\dT/)
    assert.equal(page.events[2]?.tookMs, 0)
    assert.equal(page.events[3]?.memberId, page.events[0]?.memberId)
  })

  it('knows nothing of a group that is not there', async () => {
    await using node = await withGroup('g')
    assert.deepEqual((await pageOf(node, '/groups/none/events')).page, { group: 'none', events: [] })
  })

  it('answers 503 before there is a node, and where another node coordinates the group', async () => {
    await using node = await BrokerFixture.start({ properties })
    assert.deepEqual(await pageOf(node, '/groups/g/events'), { status: 503, page: { error: 'NOT_COORDINATOR' } })
    assert.equal((await groupsAnswer('/groups', undefined)).status, 503)
  })
})
