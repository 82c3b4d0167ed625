/** Written-out answers of the Java client’s classes; thousands more are compared in the conformance suite client-vectors. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { TopicPartition } from '../partition-set.ts'
import type { AssignableMember, AssignableTopics, Assignor } from './assignor.ts'
import { type AssignorName, assignorFactory, assignorNames } from './named-assignors.ts'
import { encodeStickyUserData } from './sticky-user-data.ts'

/** A count, or for each partition the racks of its replicas, a letter each. */
type Topics = Readonly<Record<string, number | readonly string[]>>

interface Given {
  readonly topics: string
  readonly instanceId?: string
  readonly rack?: string
  /** `a-0 a-1`. With `sticky` it is told in the user data. */
  readonly owned?: string
  readonly generationId?: number
}

interface Case {
  readonly name: AssignorName
  readonly it: string
  readonly topics: Topics
  readonly members: Readonly<Record<string, Given>>
  readonly expected: Readonly<Record<string, string>>
}

const abcd = { topics: 'a b c d' }

const cases: readonly Case[] = [
  {
    name: 'range',
    it: 'gives neighbours of each topic, the first members one more',
    topics: { a: 3, b: 3 },
    members: { m1: { topics: 'a b' }, m2: { topics: 'a b' } },
    expected: { m1: 'a-0 a-1 b-0 b-1', m2: 'a-2 b-2' },
  },
  {
    name: 'range',
    it: 'takes static members first, and leaves unknown topics out',
    topics: { a: 3, b: 2 },
    members: { m1: { topics: 'a b' }, m2: { topics: 'a' }, m0: { topics: 'b gone', instanceId: 'z' } },
    expected: { m0: 'b-0', m1: 'a-0 a-1 b-1', m2: 'a-2' },
  },
  {
    name: 'range',
    it: 'gives members what is near to them',
    topics: { a: ['x', 'x', 'y', 'y'] },
    members: { m1: { topics: 'a', rack: 'y' }, m2: { topics: 'a', rack: 'x' } },
    expected: { m1: 'a-2 a-3', m2: 'a-0 a-1' },
  },
  {
    name: 'range',
    it: 'keeps partitions of like topics together when they are near',
    topics: { a: ['x', 'y', 'z'], b: ['x', 'y', 'z'] },
    members: {
      m1: { topics: 'a b', rack: 'z' },
      m2: { topics: 'a b', rack: 'x' },
      m3: { topics: 'a b', rack: 'y' },
    },
    expected: { m1: 'a-2 b-2', m2: 'a-0 b-0', m3: 'a-1 b-1' },
  },
  {
    name: 'range',
    it: 'keeps partitions of like topics together rather than near',
    topics: { a: ['x', 'y'], b: ['y', 'y'] },
    members: { m1: { topics: 'a b', rack: 'x' }, m2: { topics: 'a b', rack: 'y' } },
    expected: { m1: 'a-0 b-0', m2: 'a-1 b-1' },
  },
  {
    name: 'range',
    it: 'does not look at racks that have everything',
    topics: { a: ['xy', 'xy'] },
    members: { m1: { topics: 'a', rack: 'y' }, m2: { topics: 'a', rack: 'x' } },
    expected: { m1: 'a-0', m2: 'a-1' },
  },
  {
    name: 'range',
    it: 'keeps ranges of like topics where nobody says where it is',
    topics: { a: ['x', 'y'], b: ['x', 'y'], c: ['x', 'y'] },
    members: { m1: { topics: 'a b' }, m2: { topics: 'a b' }, m3: { topics: 'c', rack: 'y' } },
    expected: { m1: 'a-0 b-0', m2: 'a-1 b-1', m3: 'c-0 c-1' },
  },
  {
    name: 'roundrobin',
    it: 'deals all partitions out in turn',
    topics: { a: 3, b: 2 },
    members: { m1: { topics: 'a b' }, m2: { topics: 'a b' } },
    expected: { m1: 'a-0 a-2 b-1', m2: 'a-1 b-0' },
  },
  {
    name: 'roundrobin',
    it: 'passes over members that do not want a topic',
    topics: { a: 1, b: 2, c: 3 },
    members: { m1: { topics: 'a' }, m2: { topics: 'a b' }, m3: { topics: 'a b c' } },
    expected: { m1: 'a-0', m2: 'b-0', m3: 'b-1 c-0 c-1 c-2' },
  },
  {
    name: 'roundrobin',
    it: 'takes static members first',
    topics: { a: 3 },
    members: { m1: { topics: 'a' }, m2: { topics: 'a', instanceId: 'i2' }, m3: { topics: 'a', instanceId: 'i1' } },
    expected: { m1: 'a-2', m2: 'a-1', m3: 'a-0' },
  },
  {
    name: 'sticky',
    it: 'begins level',
    topics: { a: 2, b: 2, c: 2, d: 2 },
    members: { m0: abcd, m1: abcd, m2: abcd },
    expected: { m0: 'a-0 b-1 d-0', m1: 'a-1 c-0 d-1', m2: 'b-0 c-1' },
  },
  {
    name: 'sticky',
    it: 'leaves the others what they have when one goes',
    topics: { a: 2, b: 2, c: 2, d: 2 },
    members: {
      m0: { ...abcd, owned: 'a-0 b-1 d-0', generationId: 1 },
      m2: { ...abcd, owned: 'b-0 c-1', generationId: 1 },
    },
    expected: { m0: 'a-0 d-0 b-1 a-1', m2: 'b-0 c-1 c-0 d-1' },
  },
  {
    name: 'sticky',
    it: 'is level where members want different topics',
    topics: { a: 1, b: 2, c: 3 },
    members: { m1: { topics: 'a' }, m2: { topics: 'a b' }, m3: { topics: 'a b c' } },
    expected: { m1: 'a-0', m2: 'b-0 b-1', m3: 'c-0 c-1 c-2' },
  },
  {
    name: 'sticky',
    it: 'gives back what a member had that was away',
    topics: { a: 4, b: 4 },
    members: {
      m1: { topics: 'a b', owned: 'a-0 a-1 a-2 a-3 b-0', generationId: 3 },
      m2: { topics: 'b', owned: 'b-1 b-2 b-3', generationId: 3 },
      m3: { topics: 'a b', owned: 'a-1 b-0', generationId: 2 },
    },
    expected: { m1: 'a-0 a-2 a-3', m2: 'b-1 b-2 b-3', m3: 'a-1 b-0' },
  },
  {
    name: 'sticky',
    it: 'takes as much as needed from who has too much',
    topics: { a: 5 },
    members: {
      m1: { topics: 'a' },
      m2: { topics: 'a' },
      m3: { topics: 'a', owned: 'a-0 a-1 a-2 a-3 a-4', generationId: 1 },
    },
    expected: { m1: 'a-2 a-4', m2: 'a-3', m3: 'a-0 a-1' },
  },
  {
    name: 'sticky',
    it: 'brings partitions to members near to them',
    topics: { a: ['x', 'y', 'x', 'y'] },
    members: {
      m1: { topics: 'a', rack: 'x', owned: 'a-0 a-1', generationId: 1 },
      m2: { topics: 'a', rack: 'y', owned: 'a-2 a-3', generationId: 1 },
    },
    expected: { m1: 'a-0 a-2', m2: 'a-3 a-1' },
  },
  {
    name: 'sticky',
    it: 'is level rather than near where members want different topics',
    topics: { a: ['x', 'y', 'x'], b: ['y'] },
    members: {
      m1: { topics: 'a b', rack: 'x', owned: 'a-0 a-1', generationId: 1 },
      m2: { topics: 'a', rack: 'y' },
    },
    expected: { m1: 'a-2 b-0', m2: 'a-1 a-0' },
  },
  {
    name: 'cooperative-sticky',
    it: 'gives nobody what another one has not given up yet',
    topics: { a: 3 },
    members: { m1: { topics: 'a', owned: 'a-0 a-1 a-2', generationId: 1 }, m2: { topics: 'a' } },
    expected: { m1: 'a-0 a-1', m2: '' },
  },
  {
    name: 'cooperative-sticky',
    it: 'takes from both what two claim in one generation',
    topics: { a: 3 },
    members: {
      m1: { topics: 'a', owned: 'a-0 a-1', generationId: 2 },
      m2: { topics: 'a', owned: 'a-1 a-2', generationId: 2 },
    },
    expected: { m1: 'a-0', m2: 'a-2' },
  },
  {
    name: 'cooperative-sticky',
    it: 'believes the newer generation where two claim the same',
    topics: { a: 3 },
    members: {
      m1: { topics: 'a', owned: 'a-0 a-1', generationId: 1 },
      m2: { topics: 'a', owned: 'a-1 a-2', generationId: 2 },
    },
    expected: { m1: 'a-0', m2: 'a-1 a-2' },
  },
  {
    name: 'cooperative-sticky',
    it: 'moves in two steps where members want different topics, too',
    topics: { a: 3, b: 2 },
    members: { m1: { topics: 'a b', owned: 'a-0 a-1 a-2 b-0 b-1', generationId: 1 }, m2: { topics: 'a' } },
    expected: { m1: 'a-2 b-0 b-1', m2: '' },
  },
  {
    name: 'cooperative-sticky',
    it: 'leaves members without a partition where there are too few',
    topics: { a: 1 },
    members: { m1: { topics: 'a' }, m2: { topics: 'a' }, m3: { topics: 'a', owned: 'a-0', generationId: 4 } },
    expected: { m1: '', m2: '', m3: 'a-0' },
  },
  {
    name: 'cooperative-sticky',
    it: 'gives what is near to nobody to who has too few',
    topics: { a: ['x', 'x', 'y', 'y', ''] },
    members: { m1: { topics: 'a', rack: 'x' }, m2: { topics: 'a', rack: 'y' }, m3: { topics: 'a' } },
    expected: { m1: 'a-0 a-1', m2: 'a-2 a-3', m3: 'a-4' },
  },
]

for (const name of assignorNames) {
  describe(name, () => {
    for (const { it: sentence, topics, members, expected } of cases.filter((one) => one.name === name)) {
      it(sentence, () => assert.deepEqual(assigned(assignorFor(name), topics, members), expected))
    }

    it('gives nobody anything where no topic is known', () => {
      assert.deepEqual(assigned(assignorFor(name), {}, { m1: { topics: 'a' } }), { m1: '' })
    })

    it('gives each partition to one that wants it, whatever members claim, once all is given up', () => {
      const claim = fc.record({
        wanted: fc.subarray(['a', 'b', 'c'], { minLength: 1 }),
        claimed: fc.subarray([...all]),
        age: fc.nat(3),
      })
      fc.assert(
        fc.property(fc.array(claim, { minLength: 1, maxLength: 6 }), (claims) => {
          const members: Record<string, Given> = {}
          for (const [index, { wanted, claimed, age }] of claims.entries()) {
            const owned = claimed.filter((one) => wanted.includes(one.charAt(0))).join(' ')
            members[`m${index}`] = { topics: wanted.join(' '), owned, generationId: age }
          }
          const given = Object.entries(assigned(assignorFor(name), sizes, members))
          const partitions = given.flatMap(([, text]) => text.split(' ').filter((one) => one !== ''))
          assert.equal(new Set(partitions).size, partitions.length)
          for (const [memberId, text] of given)
            for (const one of text.split(' ')) assert.ok(members[memberId]?.topics.includes(one.charAt(0)))
          if (name === 'cooperative-sticky') return
          const wanted = new Set(claims.flatMap((one) => one.wanted))
          assert.equal(partitions.length, all.filter((one) => wanted.has(one.charAt(0))).length)
        }),
      )
    })
  })
}

const sizes: Readonly<Record<string, number>> = { a: 4, b: 1, c: 3 }
const all: readonly string[] = Object.entries(sizes).flatMap(([topic, count]) =>
  Array.from({ length: count }, (_, index) => `${topic}-${index}`),
)

describe('a member of sticky', () => {
  it('says nothing before it was given anything, then what and when', () => {
    const member = assignorFor('sticky')
    assert.equal(member.subscriptionUserData?.([]), null)
    const partitions = partitionsOf('a-0 b-1 d-0')
    member.onAssignment?.({ partitions, userData: null }, 5)
    const expected = 'AAAAAwABYQAAAAEAAAAAAAFiAAAAAQAAAAEAAWQAAAABAAAAAAAAAAU='
    assert.equal(member.subscriptionUserData?.([])?.toString('base64'), expected)
  })

  it('names topics in the order of Java’s maps', () => {
    // These three meet in one bucket, into whose front each new one goes.
    const data = encodeStickyUserData(partitionsOf('t-9-0 payments.v2-0 t-9-1 a-0'), 1)
    const text = data.toString('latin1')
    assert.ok(
      text.indexOf('\0\u0001a') < text.indexOf('payments.v2') && text.indexOf('payments.v2') < text.indexOf('t-9'),
    )
  })

  const one = { topics: 'a' }
  const without = { m1: 'a-0', m2: 'a-1' }
  const swapped = { m1: 'a-1', m2: 'a-0' }
  /** What the members get when the first says that, and the second nothing. */
  const outcome = (userData: Buffer): object =>
    assigned(assignorFor('sticky'), { a: 2 }, { m1: one, m2: one }, new Map([['m1', userData]]))

  it('may be of the version that says no generation', () => {
    assert.deepEqual(outcome(encodeStickyUserData(partitionsOf('a-1'), 7)), swapped)
    assert.deepEqual(outcome(encodeStickyUserData(partitionsOf('a-1'), 7).subarray(0, -4)), swapped)
  })

  it('is taken to say nothing where that cannot be read', () => {
    const data = encodeStickyUserData(partitionsOf('a-1'), 7)
    assert.deepEqual(outcome(data.subarray(0, 9)), without)
    assert.deepEqual(outcome(Buffer.from('ffffffff', 'hex')), without)
    assert.deepEqual(outcome(Buffer.from('00000001ffff000000', 'hex')), without)
  })

  it('is not believed about partitions that are gone', () => {
    assert.deepEqual(outcome(encodeStickyUserData(partitionsOf('a-9 b-0 a-1'), 7)), swapped)
  })
})

describe('a member of cooperative-sticky', () => {
  it('always says its generation, -1 at first', () => {
    const member = assignorFor('cooperative-sticky')
    assert.deepEqual(member.subscriptionUserData?.([]), Buffer.from('ffffffff', 'hex'))
    member.onAssignment?.({ partitions: [], userData: null }, 258)
    assert.deepEqual(member.subscriptionUserData?.([]), Buffer.from('00000102', 'hex'))
  })

  it('of an older version says it in its user data', () => {
    const members = { m1: { topics: 'a', owned: 'a-0 a-1' }, m2: { topics: 'a', owned: 'a-0', generationId: 3 } }
    const generation = (text: string): ReadonlyMap<string, Buffer> => new Map([['m1', Buffer.from(text, 'hex')]])
    const outcome = (text: string): object =>
      assigned(assignorFor('cooperative-sticky'), { a: 2 }, members, generation(text))
    assert.deepEqual(outcome('00000002'), { m1: 'a-1', m2: 'a-0' })
    assert.deepEqual(outcome('00'), { m1: 'a-1', m2: 'a-0' })
  })
})

describe('an assignor', () => {
  it('is found by its name, and by its class in the Java client', () => {
    assert.equal(assignorFactory('range')?.().name, 'range')
    assert.equal(
      assignorFactory('org.apache.kafka.clients.consumer.CooperativeStickyAssignor')?.().supportsCooperative,
      true,
    )
    assert.equal(assignorFactory('org.apache.kafka.clients.consumer.StickyAssignor')?.().supportsCooperative, false)
    assert.equal(assignorFactory('mine'), undefined)
  })
})

function assignorFor(name: AssignorName): Assignor {
  const factory = assignorFactory(name)
  assert.ok(factory)
  return factory()
}

function assigned(
  assignor: Assignor,
  topics: Topics,
  members: Readonly<Record<string, Given>>,
  userData: ReadonlyMap<string, Buffer> = new Map(),
): Readonly<Record<string, string>> {
  const list = Object.entries(members).map(([memberId, given]) => member(assignor.name, memberId, given, userData))
  const given = [...assignor.assign(lookup(topics), list)].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(
    given.map(([memberId, { partitions }]) => [
      memberId,
      partitions.map(({ topic, partition }) => `${topic}-${partition}`).join(' '),
    ]),
  )
}

function member(
  name: string,
  memberId: string,
  { topics, instanceId, rack, owned = '', generationId = -1 }: Given,
  userData: ReadonlyMap<string, Buffer>,
): AssignableMember {
  const partitions = partitionsOf(owned)
  const said = name === 'sticky' && owned !== '' ? encodeStickyUserData(partitions, generationId) : null
  return {
    memberId,
    instanceId: instanceId ?? null,
    topics: topics.split(' ').filter((topic) => topic !== ''),
    owned: partitions,
    generationId: name === 'sticky' ? -1 : generationId,
    rack: rack ?? null,
    userData: userData.get(memberId) ?? said,
  }
}

function lookup(topics: Topics): AssignableTopics {
  const replicasOf = (topic: string): readonly string[] => {
    const known = topics[topic] ?? 0
    return typeof known === 'number' ? Array.from({ length: known }, () => '') : known
  }
  return {
    partitionCount: (topic) => replicasOf(topic).length,
    racks: (topic, partition) => (replicasOf(topic)[partition] ?? '').split(''),
  }
}

function partitionsOf(text: string): readonly TopicPartition[] {
  return text
    .split(' ')
    .filter((one) => one !== '')
    .map((one) => {
      const [topic = '', partition] = one.split(/-(?=\d+$)/)
      return { topic, partition: Number(partition) }
    })
}
