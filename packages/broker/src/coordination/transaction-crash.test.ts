/** Tests of a node that crashes, in each state of a transaction: what was acknowledged holds, and readers see all or nothing. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  committedOffset,
  FixtureProducer,
  fewPartitions,
  readCommitted,
  transactionState,
} from '../apis/transaction-fixture.ts'
import { SimulatedWorld, type SimulatedNode } from '@gregor/testkit/simulation'
import { BrokerFixture } from '../broker-fixture.ts'
import type { SentTo } from '../produce-fixture.ts'

type State = 'Empty' | 'Ongoing' | 'PrepareCommit' | 'PrepareAbort' | 'CompleteCommit' | 'CompleteAbort'

interface Expected {
  /** After the restart. */
  readonly state: State
  /** Of the partition with one record of the transaction, once another producer has taken over the id. */
  readonly read: { readonly lastStableOffset: number; readonly isAborted: boolean }
  /** Of the group whose offset 7 is in the transaction. */
  readonly groupOffset: number
}

const nothing = { lastStableOffset: 0, isAborted: false }
const committed: Omit<Expected, 'state'> = { read: { lastStableOffset: 2, isAborted: false }, groupOffset: 7 }
const aborted: Omit<Expected, 'state'> = { read: { lastStableOffset: 2, isAborted: true }, groupOffset: -1 }

const expected: Readonly<Record<State, Expected>> = {
  Empty: { state: 'Empty', read: nothing, groupOffset: -1 },
  Ongoing: { state: 'Ongoing', ...aborted },
  PrepareCommit: { state: 'CompleteCommit', ...committed },
  PrepareAbort: { state: 'CompleteAbort', ...aborted },
  CompleteCommit: { state: 'CompleteCommit', ...committed },
  CompleteAbort: { state: 'CompleteAbort', ...aborted },
}

/** How a node may end without being asked to. */
const crashes: Readonly<
  Record<string, { properties: Readonly<Record<string, string>>; crash: (node: SimulatedNode) => void }>
> = {
  'kill -9': { properties: fewPartitions, crash: (node) => node.kill() },
  'a power cut': {
    properties: { ...fewPartitions, 'log.flush.interval.messages': '1' },
    crash(node) {
      node.losePower()
      node.restart()
    },
  },
}

async function driveTo(state: State, fixture: BrokerFixture, topic: SentTo, bumpsEpoch: boolean): Promise<void> {
  const producer = new FixtureProducer(fixture, 'x', { bumpsEpoch })
  await fixture.run(fixture.broker.services.internalTopics.groupTopic())
  await fixture.advance(50)
  assert.equal(await producer.init(), 'NONE')
  if (state !== 'Empty') {
    assert.equal(await producer.send(topic, ['a']), 'NONE')
    assert.equal(await producer.sendOffset('g', 't', 7), 'NONE')
  }
  if (state === 'PrepareCommit' || state === 'PrepareAbort') hold(fixture)
  if (state.endsWith('Commit')) assert.equal(await producer.end('commit'), 'NONE')
  if (state.endsWith('Abort')) assert.equal(await producer.end('abort'), 'NONE')
  assert.equal(await transactionState(fixture, 'x'), state)
}

/** Markers do not get into the log. */
function hold(fixture: BrokerFixture): void {
  const partition = fixture.broker.services.replicas.leader('t', 0)
  assert.ok(typeof partition !== 'string')
  partition.holdAppends()
}

for (const [name, { properties, crash }] of Object.entries(crashes)) {
  describe(`After ${name}`, () => {
    for (const state of Object.keys(expected) as State[]) {
      for (const bumpsEpoch of [false, true]) {
        const client = bumpsEpoch ? 'a new client' : 'an old client'
        const wanted = expected[state]
        it(`in state ${state} of ${client} the transaction is ${wanted.state}, read whole or not at all`, async () => {
          const node = new SimulatedWorld({ seed: 1 }).node('node')
          const first = await BrokerFixture.start({ properties, environment: node.environment })
          const topicId = await first.createTopic('t')
          const topic = { topic: 't', topicId }
          await driveTo(state, first, topic, bumpsEpoch)
          crash(node)
          await using fixture = await BrokerFixture.start({ properties, environment: node.environment })
          await fixture.advance(500)
          assert.equal(await transactionState(fixture, 'x'), wanted.state)
          const heir = new FixtureProducer(fixture, 'x', { bumpsEpoch })
          assert.equal(await heir.init(), 'NONE')
          await fixture.advance(100)
          const { lastStableOffset, aborted: list } = await readCommitted(fixture, topic)
          assert.deepEqual({ lastStableOffset, isAborted: list.length > 0 }, wanted.read)
          const offset = await committedOffset(fixture, { groupId: 'g', topicId, requireStable: true })
          assert.equal(offset, wanted.groupOffset)
          assert.equal(await heir.send(topic, ['b']), 'NONE')
          assert.equal(await heir.end('commit'), 'NONE')
          assert.equal((await readCommitted(fixture, topic)).lastStableOffset, wanted.read.lastStableOffset + 2)
        })
      }
    }
  })
}
