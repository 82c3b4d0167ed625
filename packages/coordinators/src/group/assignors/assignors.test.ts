import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Assignment } from '../consumer/partition-epochs.ts'
import type { Assignor, AssignorInput, AssignorMember } from './assignor.ts'
import { assignRanges } from './range.ts'
import { assignUniformly } from './uniform.ts'

type Counts = Readonly<Record<string, number>>

function idOf(topic: string): string {
  return Buffer.from(topic.padEnd(16, '.')).toString('base64url')
}

function nameOf(topicId: string): string {
  return Buffer.from(topicId, 'base64url').toString().replaceAll('.', '')
}

interface MemberInput {
  readonly id: string
  readonly instance?: string
  readonly topics: readonly string[]
  readonly has?: Readonly<Record<string, readonly number[]>>
}

function inputOf(counts: Counts, members: readonly MemberInput[]): AssignorInput {
  const subscriptions = new Set(members.map(({ topics }) => topics.toSorted().join()))
  return {
    members: members.map(({ id, instance, topics, has = {} }) => ({
      memberId: id,
      instanceId: instance ?? null,
      topicIds: new Set(topics.map(idOf)),
      assignment: new Map(Object.entries(has).map(([topic, some]) => [idOf(topic), new Set(some)])),
    })),
    isHomogeneous: subscriptions.size <= 1,
    partitionCount: (topicId) => counts[nameOf(topicId)] ?? 0,
  }
}

/** Partitions by topic, by member: `t0 t1 u0`. */
function assigned(assign: Assignor, counts: Counts, members: readonly MemberInput[]): Readonly<Record<string, string>> {
  const result = assign(inputOf(counts, members))
  return Object.fromEntries(members.map(({ id }) => [id, textOf(result.get(id))]))
}

function textOf(assignment: Assignment | undefined): string {
  const partitions = [...(assignment ?? [])].flatMap(([id, some]) => [...some].map((one) => `${nameOf(id)}${one}`))
  return partitions.toSorted().join(' ')
}

describe('The assignor range', () => {
  it('gives everybody a range of each topic, the first ones one more', () => {
    const members = ['a', 'b', 'c'].map((id) => ({ id, topics: ['t', 'u'] }))
    assert.deepEqual(assigned(assignRanges, { t: 7, u: 2 }, members), {
      a: 't0 t1 t2 u0',
      b: 't3 t4 u1',
      c: 't5 t6',
    })
  })

  it('cuts a topic among those that read it', () => {
    const members = [
      { id: 'a', topics: ['t'] },
      { id: 'b', topics: ['t', 'u'] },
      { id: 'c', topics: ['u'] },
    ]
    assert.deepEqual(assigned(assignRanges, { t: 3, u: 3 }, members), { a: 't0 t1', b: 't2 u0 u1', c: 'u2' })
  })

  it('goes by instances first, and then by ids', () => {
    const members = [
      { id: 'a', topics: ['t'] },
      { id: 'z', instance: 'i1', topics: ['t'] },
      { id: 'y', instance: 'i2', topics: ['t'] },
    ]
    assert.deepEqual(assigned(assignRanges, { t: 3 }, members), { a: 't2', z: 't0', y: 't1' })
  })

  it('gives nothing to nobody', () => {
    assert.deepEqual(assigned(assignRanges, { t: 3 }, []), {})
    assert.deepEqual(assigned(assignRanges, {}, [{ id: 'a', topics: [] }]), { a: '' })
  })
})

describe('The assignor uniform', () => {
  it('shares all partitions of all topics', () => {
    const members = ['a', 'b', 'c'].map((id) => ({ id, topics: ['t', 'u'] }))
    assert.deepEqual(assigned(assignUniformly, { t: 4, u: 3 }, members), {
      a: 't0 t1',
      b: 't2 t3',
      c: 'u0 u1 u2',
    })
  })

  it('leaves what everybody has as it is, and takes from who has too much', () => {
    const members = [
      { id: 'a', topics: ['t'], has: { t: [0, 1, 2] } },
      { id: 'b', topics: ['t'], has: { t: [3, 4] } },
      { id: 'c', topics: ['t'] },
    ]
    assert.deepEqual(assigned(assignUniformly, { t: 6 }, members), { a: 't0 t1', b: 't3 t4', c: 't2 t5' })
  })

  it('lets those keep one more who have it already', () => {
    const members = [
      { id: 'a', topics: ['t'], has: { t: [0] } },
      { id: 'b', topics: ['t'], has: { t: [1, 2] } },
    ]
    assert.deepEqual(assigned(assignUniformly, { t: 3 }, members), { a: 't0', b: 't1 t2' })
  })

  it('takes away what a member does not read any more', () => {
    const members = [
      { id: 'a', topics: ['u'], has: { t: [0], u: [0] } },
      { id: 'b', topics: ['u'], has: { t: [1] } },
    ]
    assert.deepEqual(assigned(assignUniformly, { t: 2, u: 2 }, members), { a: 'u0', b: 'u1' })
    const mixed = [
      { id: 'a', topics: ['u'], has: { t: [0], u: [0] } },
      { id: 'b', topics: ['t'], has: { u: [1] } },
    ]
    assert.deepEqual(assigned(assignUniformly, { t: 2, u: 2 }, mixed), { a: 'u0 u1', b: 't0 t1' })
  })

  it('levels those who read several topics with those who read one', () => {
    const members = [
      { id: 'a', topics: ['t', 'u'] },
      { id: 'b', topics: ['u'] },
    ]
    assert.deepEqual(assigned(assignUniformly, { t: 2, u: 4 }, members), { a: 't0 t1 u3', b: 'u0 u1 u2' })
  })

  it('moves what there is to where it is missing', () => {
    const members = [
      { id: 'a', topics: ['t', 'u'], has: { t: [0, 1, 2], u: [0] } },
      { id: 'b', topics: ['t'] },
    ]
    assert.deepEqual(assigned(assignUniformly, { t: 3, u: 1 }, members), { a: 't0 u0', b: 't1 t2' })
  })

  it('gives nothing where there are no topics', () => {
    assert.deepEqual(assigned(assignUniformly, {}, [{ id: 'a', topics: [] }]), { a: '' })
    assert.deepEqual(assigned(assignUniformly, {}, []), {})
  })
})

const topics = ['t', 'u', 'v', 'w']

const worlds = fc
  .record({
    counts: fc.record(Object.fromEntries(topics.map((topic) => [topic, fc.integer({ min: 1, max: 12 })]))),
    subscriptions: fc.oneof(
      fc.nat(8).map((count) => Array.from({ length: count + 1 }, () => topics)),
      fc.array(fc.subarray(topics), { minLength: 1, maxLength: 9 }),
    ),
    /** Who has each partition before; beyond the members: nobody. */
    owners: fc.array(fc.nat(10), { minLength: 48, maxLength: 48 }),
  })
  .map(({ counts, subscriptions, owners }) => {
    const members = subscriptions.map((some, index) => {
      const has = Object.fromEntries(
        topics.map((topic, at) => {
          const partitions = Array.from({ length: counts[topic] ?? 0 }, (_, partition) => partition)
          return [topic, partitions.filter((partition) => owners[at * 12 + partition] === index)]
        }),
      )
      return { id: `m${index}`, topics: some, has }
    })
    return inputOf(counts, members)
  })

/** Every partition of every topic that is read has one owner, who reads it. */
function checkComplete({ members, partitionCount }: AssignorInput, result: ReturnType<Assignor>): void {
  const owners = new Map<string, string>()
  for (const { memberId, topicIds } of members) {
    for (const [topicId, some] of result.get(memberId) ?? []) {
      assert.ok(topicIds.has(topicId))
      for (const partition of some) {
        assert.ok(partition < partitionCount(topicId))
        assert.ok(!owners.has(`${topicId}${partition}`))
        owners.set(`${topicId}${partition}`, memberId)
      }
    }
  }
  const read = new Set(members.flatMap(({ topicIds }) => [...topicIds]))
  const total = [...read].reduce((sum, topicId) => sum + partitionCount(topicId), 0)
  assert.equal(owners.size, total)
}

function loadOf(result: ReturnType<Assignor>, { memberId }: AssignorMember): number {
  return [...(result.get(memberId)?.values() ?? [])].reduce((sum, some) => sum + some.size, 0)
}

function withResult(input: AssignorInput, result: ReturnType<Assignor>): AssignorInput {
  const members = input.members.map((member) => ({ ...member, assignment: result.get(member.memberId) ?? new Map() }))
  return { ...input, members }
}

describe('An assignment', () => {
  for (const [name, assign] of [
    ['range', assignRanges],
    ['uniform', assignUniformly],
  ] as const) {
    it(`by ${name} gives every partition to one member that reads it`, () => {
      fc.assert(fc.property(worlds, (input) => checkComplete(input, assign(input))))
    })

    it(`by ${name} does not change when nothing has changed`, () => {
      fc.assert(
        fc.property(worlds, (input) => {
          const once = assign(input)
          const twice = assign(withResult(input, once))
          for (const { memberId } of input.members)
            assert.equal(textOf(twice.get(memberId)), textOf(once.get(memberId)))
        }),
      )
    })
  }

  it('by uniform differs by one partition at most where all read the same', () => {
    fc.assert(
      fc.property(worlds, (input) => {
        fc.pre(input.isHomogeneous)
        const result = assignUniformly(input)
        const loads = input.members.map((member) => loadOf(result, member))
        assert.ok(Math.max(...loads) - Math.min(...loads) <= 1)
      }),
    )
  })

  it('by uniform leaves nobody two partitions more than another one who could take one of them', () => {
    fc.assert(
      fc.property(worlds, (input) => {
        const result = assignUniformly(input)
        for (const giver of input.members) {
          for (const taker of input.members) {
            const common = [...(result.get(giver.memberId) ?? [])].some(
              ([id, some]) => some.size > 0 && taker.topicIds.has(id),
            )
            if (common) assert.ok(loadOf(result, giver) - loadOf(result, taker) <= 1)
          }
        }
      }),
    )
  })

  it('by uniform keeps as much as the quotas allow where all read the same', () => {
    fc.assert(
      fc.property(worlds, (input) => {
        fc.pre(input.isHomogeneous)
        const result = assignUniformly(input)
        const kept = input.members.map(({ memberId, assignment }) => keptOf(assignment, result.get(memberId)))
        assert.equal(
          kept.reduce((sum, count) => sum + count, 0),
          mostThatCanBeKept(input),
        )
      }),
    )
  })

  it('by uniform for 1,000 members and 10,000 partitions is a matter of moments', () => {
    const counts = { t: 5000, u: 5000 }
    const members = Array.from({ length: 1000 }, (_, index) => ({
      id: `m${index}`,
      topics: index % 2 === 0 ? ['t', 'u'] : ['t'],
    }))
    const input = inputOf(counts, members)
    const result = assignUniformly(input)
    checkComplete(input, result)
    const loads = input.members.map((member) => loadOf(result, member))
    assert.equal(Math.max(...loads) - Math.min(...loads), 0)
  })
})

function keptOf(before: Assignment, after: Assignment | undefined): number {
  return [...before].reduce((sum, [topicId, some]) => sum + (after?.get(topicId)?.intersection(some).size ?? 0), 0)
}

/** Everybody keeps up to its quota; the places beyond it go to those who can fill them. */
function mostThatCanBeKept({ members, partitionCount }: AssignorInput): number {
  const topicIds = members[0]?.topicIds ?? new Set<string>()
  const total = [...topicIds].reduce((sum, topicId) => sum + partitionCount(topicId), 0)
  const [quota, extras] = [Math.floor(total / members.length), total % members.length]
  const had = members.map(({ assignment }) => {
    return [...assignment].filter(([id]) => topicIds.has(id)).reduce((sum, [, some]) => sum + some.size, 0)
  })
  const atQuota = had.reduce((sum, count) => sum + Math.min(count, quota), 0)
  return atQuota + Math.min(extras, had.filter((count) => count > quota).length)
}
