import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Cluster } from './cluster-fixture.ts'

/**
 * States of a broker × what its heartbeat says. Written as the next state; `-` keeps it.
 * A broker in controlled shutdown may go when it leads nothing and the others know: see broker-lifecycle.test.ts.
 */
const states = [
  'fenced, behind',
  'fenced',
  'unfenced, leads',
  'unfenced, leads nothing',
  'controlled shutdown, leads',
] as const
type State = (typeof states)[number]
type Wish = 'nothing' | 'fence' | 'shut down' | 'fence and shut down'
type Next = 'fenced' | 'unfenced' | 'controlled shutdown' | 'shutdown'

const expected: Record<State, Record<Wish, Next>> = {
  'fenced, behind': { nothing: 'fenced', fence: 'fenced', 'shut down': 'shutdown', 'fence and shut down': 'shutdown' },
  fenced: { nothing: 'unfenced', fence: 'fenced', 'shut down': 'shutdown', 'fence and shut down': 'shutdown' },
  'unfenced, leads': {
    nothing: 'unfenced',
    fence: 'fenced',
    'shut down': 'controlled shutdown',
    'fence and shut down': 'shutdown',
  },
  'unfenced, leads nothing': {
    nothing: 'unfenced',
    fence: 'fenced',
    'shut down': 'shutdown',
    'fence and shut down': 'shutdown',
  },
  // Once it is going it goes, whatever it says.
  'controlled shutdown, leads': {
    nothing: 'controlled shutdown',
    fence: 'controlled shutdown',
    'shut down': 'controlled shutdown',
    'fence and shut down': 'controlled shutdown',
  },
}

/** Broker 1 in that state, beside broker 2. */
function clusterIn(state: State): Cluster {
  const cluster = Cluster.withBrokers([2], {
    bootstrapRecords: [{ type: 'FeatureLevelRecord', name: 'metadata.version', featureLevel: 30 }],
  })
  cluster.register(1)
  if (state.startsWith('fenced')) return cluster
  cluster.heartbeat(1)
  if (state === 'unfenced, leads nothing') return cluster
  cluster.addTopic('t', [[1, 2]])
  if (state === 'unfenced, leads') return cluster
  // Broker 2 does not hear of it.
  cluster.heartbeat(2, { currentMetadataOffset: 0 })
  cluster.heartbeat(1, { wantShutDown: true })
  return cluster
}

function nextOf(state: State, wish: Wish): Next {
  const cluster = clusterIn(state)
  const { isFenced, shouldShutDown } = cluster.heartbeat(1, {
    currentMetadataOffset: state === 'fenced, behind' ? 0 : cluster.log.length,
    wantFence: wish.includes('fence'),
    wantShutDown: wish.includes('shut down'),
  })
  if (shouldShutDown) return 'shutdown'
  if (isFenced) return 'fenced'
  return cluster.image.brokers.get(1)?.inControlledShutdown === true ? 'controlled shutdown' : 'unfenced'
}

describe('A broker', () => {
  for (const state of states) {
    for (const wish of Object.keys(expected[state]) as Wish[]) {
      it(`that is ${state} and wants to ${wish === 'nothing' ? 'do nothing special' : wish} becomes ${expected[state][wish]}`, () => {
        assert.equal(nextOf(state, wish), expected[state][wish])
      })
    }
  }
})
