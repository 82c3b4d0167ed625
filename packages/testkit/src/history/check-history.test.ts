import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ProtocolError } from '@gregor/protocol'
import { checkHistory } from './check-history.ts'
import { type CallKind, type CallOf, History, type ReadBatch, type Results } from './history.ts'
import { finalReader } from './violation.ts'

// What each invariant of SPEC.md forbids, as the shortest history that breaks it, beside one that does not.

const partition = { topicId: 'T', partition: 0 }
const key = 'T-0'

describe('checkHistory of records', () => {
  it('accepts records where they were acknowledged, and whatever became of those that were not', () => {
    const logs = [
      ['a', 'b'],
      ['a', 'b', 'c'],
    ]
    for (const values of logs) {
      const story = new Story()
      story.produce(['a', 'b'], 0)
      story.open('produce', { kind: 'produce', producer: 'p', ...partition, values: ['c'] })
      assert.deepEqual(
        story.with((one) => one.finalLog(values)),
        [],
      )
    }
  })

  it('L1: finds what was acknowledged and is lost', () => {
    const story = new Story()
    story.produce(['a', 'b'], 0)
    assert.deepEqual(story.with((one) => one.finalLog(['a'])).filter(isOf('L1')), [
      'L1 T-0: b was acknowledged at 1; there is nothing',
    ])
    const duplicate = new Story()
    duplicate.produce(['a'], -1)
    assert.deepEqual(
      duplicate.with((one) => one.finalLog([])),
      ['L1 T-0: a was acknowledged and is lost'],
    )
  })

  it('L1: takes a loss of power for an excuse only without the sync policy, and only for what was sent before', () => {
    const story = new Story()
    story.produce(['a'], 0)
    story.node('lost power')
    story.finalLog([])
    assert.equal(checkHistory(story.history, { isSynced: true })[0]?.invariant, 'L1')
    assert.deepEqual(checkHistory(story.history, { isSynced: false }), [])
    const later = new Story()
    later.node('lost power')
    later.produce(['a'], 0)
    later.finalLog([])
    assert.equal(checkHistory(later.history, { isSynced: false })[0]?.invariant, 'L1')
  })

  it('L2: finds what is there behind what a loss of power has taken', () => {
    const story = new Story()
    story.produce(['a'], 0)
    story.produce(['b'], 1)
    story.node('lost power')
    story.finalLog(['x', 'b'], { sent: ['x'] })
    const found = checkHistory(story.history, { isSynced: false }).map(({ invariant }) => invariant)
    assert.deepEqual(found, ['L2'])
  })

  it('L3: finds what is there twice', () => {
    const story = new Story()
    story.produce(['a'], 0)
    assert.deepEqual(
      story.with((one) => one.finalLog(['a', 'a'])),
      ['L3 T-0: a is at 0 and 1'],
    )
  })

  it('L4: finds what a producer sent in another order, not what two of them did', () => {
    const story = new Story()
    story.produce(['a'], 1)
    story.produce(['b'], 0)
    assert.deepEqual(
      story.with((one) => one.finalLog(['b', 'a'])),
      ['L4 T-0: p sent a before b, which is at 0 before 1'],
    )
    const two = new Story()
    two.produce(['a'], 1, { producer: 'p' })
    two.produce(['b'], 0, { producer: 'q' })
    assert.deepEqual(
      two.with((one) => one.finalLog(['b', 'a'])),
      [],
    )
  })

  it('L5: finds what nobody sent here', () => {
    const story = new Story()
    story.open('produce', { kind: 'produce', producer: 'p', topicId: 'T', partition: 1, values: ['a'] })
    assert.deepEqual(
      story.with((one) => one.finalLog(['a'])),
      ['L5 T-0: nobody sent a, which is at 0'],
    )
  })

  it('L6: finds holes in the log, and before its end', () => {
    const story = new Story()
    story.produce(['a'], 0)
    story.produce(['b'], 2)
    const batches = [batch(0, 'a'), batch(2, 'b')]
    assert.deepEqual(
      story.with((one) => one.fetched({ reader: finalReader, batches, highWatermark: 5 })).filter(isOf('L6')),
      ['L6 T-0: nothing from 1 to 2', 'L6 T-0: nothing from 3 to the end, 5'],
    )
  })
})

describe('checkHistory of reads', () => {
  it('R1: finds what was read from behind the high watermark', () => {
    const story = new Story()
    story.fetched({ batches: [batch(0, 'a')], highWatermark: 0 })
    assert.deepEqual(story.found(), ['R1 T-0, read from 0 by c: 0 is behind the high watermark, 0'])
  })

  it('R2: finds what was read from behind the last stable offset, by who asked for committed records', () => {
    const read = { batches: [batch(0, 'a')], highWatermark: 1, lastStableOffset: 0 }
    const story = new Story()
    story.fetched({ ...read, isolation: 'read_committed' })
    assert.deepEqual(story.found(), ['R2 T-0, read from 0 by c: 0 is behind the last stable offset, 0'])
    const other = new Story()
    other.fetched(read)
    assert.deepEqual(other.found(), [])
  })

  it('R3: finds a hole in an answer', () => {
    const story = new Story()
    story.fetched({ batches: [batch(1, 'b')], highWatermark: 2 })
    assert.deepEqual(story.found(), ['R3 T-0, read from 0 by c: nothing from 0 to 1'])
  })

  it('R4: finds another record where one was read before', () => {
    const story = new Story()
    story.fetched({ batches: [batch(0, 'a')], highWatermark: 1 })
    story.fetched({ batches: [batch(0, 'b')], highWatermark: 1 })
    assert.deepEqual(story.found(), ['R4 T-0: a was at 0, c read b'])
  })

  it('R4: lets a loss of power change what is there without the sync policy', () => {
    const story = new Story()
    story.fetched({ batches: [batch(0, 'a')], highWatermark: 1 })
    story.node('lost power')
    story.fetched({ batches: [batch(0, 'b')], highWatermark: 1 })
    assert.deepEqual(checkHistory(story.history, { isSynced: false }), [])
    assert.deepEqual(story.found(), ['R4 T-0: a was at 0, c read b'])
  })

  it('R5: finds a high watermark that goes back, or is below what was acknowledged', () => {
    const story = new Story()
    story.fetched({ highWatermark: 3 })
    story.fetched({ highWatermark: 2 })
    assert.deepEqual(story.found(), ['R5 T-0: 3 was the high watermark, then c was told 2'])
    const acknowledged = new Story()
    acknowledged.produce(['a'], 0)
    acknowledged.fetched({ highWatermark: 0 })
    assert.deepEqual(acknowledged.found(), ['R5 T-0: 1 was acknowledged, then c was told 0'])
  })

  it('R5: says nothing of answers that were under way at the same time', () => {
    const story = new Story()
    const slow = story.begin('fetch', fetchCall({}))
    story.fetched({ highWatermark: 3 })
    slow(fetchResult({ highWatermark: 2 }))
    assert.deepEqual(story.found(), [])
  })

  it('R6: finds committed records that a reader went past', () => {
    const story = new Story()
    story.produce(['a'], 0)
    story.produce(['b'], 1)
    story.fetched({ batches: [{ ...batch(0, 'a'), records: [] }, batch(1, 'b')], highWatermark: 2 })
    assert.deepEqual(
      story.with((one) => one.finalLog(['a', 'b'])),
      ['R6 T-0: c read past a at 0, and did not get it'],
    )
  })
})

describe('checkHistory of transactions', () => {
  it('T1: finds records of transactions that are open, or aborted', () => {
    for (const [end, state] of [
      [undefined, 'open'],
      ['abort', 'aborted'],
    ] as const) {
      const story = new Story()
      story.produce(['a'], 0, { transaction: 't' })
      if (end !== undefined) story.end('t', end)
      const read = { batches: [batch(0, 'a')], highWatermark: 1, lastStableOffset: 1 }
      story.fetched({ ...read, isolation: 'read_committed' })
      assert.deepEqual(story.found(), [`T1 T-0: c read a at 0 of t, which is ${state}`])
      const other = new Story()
      other.produce(['a'], 0, { transaction: 't' })
      other.fetched(read)
      assert.deepEqual(other.found(), [])
    }
  })

  it('T1: accepts them from the moment when the commit was asked for', () => {
    const story = new Story()
    story.produce(['a'], 0, { transaction: 't' })
    story.open('end transaction', { kind: 'end transaction', transaction: 't', outcome: 'commit' })
    story.fetched({ isolation: 'read_committed', batches: [batch(0, 'a')], highWatermark: 1, lastStableOffset: 1 })
    assert.deepEqual(story.found(), [])
  })

  it('T1: says nothing of what is read after a loss of power without the sync policy', () => {
    const story = new Story()
    story.produce(['a'], 0, { transaction: 't' })
    story.end('t', 'abort')
    story.node('lost power')
    story.fetched({ isolation: 'read_committed', batches: [batch(0, 'a')], highWatermark: 1, lastStableOffset: 1 })
    assert.deepEqual(checkHistory(story.history, { isSynced: false }), [])
    assert.deepEqual(story.found(), ['T1 T-0: c read a at 0 of t, which is aborted'])
  })

  it('T2: finds a part of a committed transaction missing', () => {
    const story = new Story()
    story.produce(['a'], 0, { transaction: 't' })
    story.end('t', 'commit')
    story.finalLog(['a'], { committed: [''] })
    assert.deepEqual(story.found().filter(isOf('T2')), [
      'T2 t: a in T-0 is not there, and the commit was answered well',
    ])
  })

  it('T3: finds a transaction torn whose end is not known, and accepts it whole or gone', () => {
    const torn = (committed: string[]): readonly string[] => {
      const story = new Story()
      story.produce(['a'], 0, { transaction: 't' })
      story.produce(['b'], 1, { transaction: 't' })
      story.open('end transaction', { kind: 'end transaction', transaction: 't', outcome: 'commit' })
      story.finalLog(['a', 'b'], { committed })
      return story.found()
    }
    assert.deepEqual(torn(['', 'b']), ['T3 t: a in T-0 is not there, b in T-0 is'])
    assert.deepEqual(torn(['a', 'b']), [])
    assert.deepEqual(torn(['', '']), [])
  })

  it('T4: finds a transaction that stays open', () => {
    const story = new Story()
    story.fetched({ reader: finalReader, batches: [{ ...batch(0, ''), records: [] }], highWatermark: 1 })
    story.fetched({ reader: finalReader, isolation: 'read_committed', highWatermark: 1, lastStableOffset: 0 })
    assert.deepEqual(story.found(), ['T4 T-0: a transaction is open at 0, the log ends at 1'])
  })
})

describe('checkHistory of committed offsets', () => {
  it('accepts what was committed last, and what may have been', () => {
    const story = new Story()
    story.commit(3)
    story.open('commit offsets', commitCall(5))
    story.offset(3)
    story.offset(5)
    assert.deepEqual(story.found(), [])
  })

  it('O1: finds what was never committed, was refused, or was committed only later', () => {
    const story = new Story()
    story.commit(4, { error: 'ILLEGAL_GENERATION' })
    story.offset(4)
    story.commit(4)
    assert.deepEqual(story.found(), ['O1 g T-0: 4 was never committed'])
  })

  it('O1: finds an offset of a transaction that was aborted, or whose commit nobody asked for', () => {
    for (const end of ['abort', undefined] as const) {
      const story = new Story()
      story.commit(4, { transaction: 't' })
      if (end !== undefined) story.end('t', end)
      story.offset(4)
      assert.deepEqual(story.found(), ['O1 g T-0: 4 was never committed'])
    }
  })

  it('O2: finds what is below an accepted commit, in a transaction from when that is committed', () => {
    const story = new Story()
    story.commit(3)
    story.commit(5)
    story.offset(3)
    assert.deepEqual(story.found(), ['O2 g T-0: 5 was committed, then 3 was read'])
    const transactional = new Story()
    transactional.commit(5, { transaction: 't' })
    transactional.offset(undefined)
    transactional.end('t', 'commit')
    transactional.offset(undefined)
    assert.deepEqual(transactional.found(), ['O2 g T-0: 5 was committed, then none was read'])
  })

  it('O2: forgets with the group', () => {
    const story = new Story()
    story.commit(5)
    story.begin('delete group', { kind: 'delete group', group: 'g' })({ error: 'NONE' })
    story.offset(undefined)
    assert.deepEqual(story.found(), [])
  })

  it('O3: finds what goes back behind what was read', () => {
    const story = new Story()
    story.open('commit offsets', commitCall(3))
    story.open('commit offsets', commitCall(5))
    story.offset(5)
    story.offset(3)
    assert.deepEqual(story.found(), ['O3 g T-0: 5 was read, then 3'])
  })
})

describe('checkHistory of membership', () => {
  it('accepts one owner after the other', () => {
    const story = new Story()
    story.own('a', 1)
    story.beat('a', 1)
    story.disown('a', 1)
    story.own('b', 2)
    story.beat('b', 2)
    story.disown('b', 2)
    story.own('a', 3)
    story.beat('a', 3)
    assert.deepEqual(story.found(), [])
  })

  it('M1: finds two owners in one generation, but for those who stand for one another', () => {
    const story = new Story()
    story.own('a', 1)
    story.own('b', 1)
    assert.deepEqual(story.found(), ['M1 g#0.0 T-0: a and b own it in epoch 1'])
    const fixed = new Story()
    fixed.own('a', 1, 'i')
    fixed.own('b', 1, 'i')
    assert.deepEqual(fixed.found(), [])
  })

  it('M1: begins anew with a group that was deleted', () => {
    const story = new Story()
    story.own('a', 1)
    story.begin('delete group', { kind: 'delete group', group: 'g' })({ error: 'NONE' })
    story.own('b', 1)
    assert.deepEqual(story.found(), [])
  })

  it('M1: begins anew with a group that was replaced by one of the other protocol', () => {
    const story = new Story()
    story.own('a', 1)
    story.own('b', 1, undefined, 'consumer')
    story.own('c', 1)
    assert.deepEqual(story.found(), [])
  })

  it('M2: finds an owner who is told that all is well when another one was given the same', () => {
    const story = new Story()
    story.own('a', 1)
    story.own('b', 2)
    story.beat('a', 1)
    assert.deepEqual(story.found(), ['M2 g#0.0 T-0: b was given it in epoch 2 while a had it'])
    const fenced = new Story()
    fenced.own('a', 1)
    fenced.own('b', 2)
    fenced.beat('a', 1, 'FENCED_MEMBER_EPOCH')
    assert.deepEqual(fenced.found(), [])
  })

  it('M2: says nothing of an answer that was under way when the other one was given the partition', () => {
    const story = new Story()
    const asked = story.history.mark()
    story.own('a', 1)
    story.own('b', 2, undefined, 'classic', asked)
    story.beat('a', 1)
    assert.deepEqual(story.found(), [])
  })

  it('M2: finds a commit that is accepted from who does not own any more', () => {
    const story = new Story()
    story.own('a', 1)
    story.own('b', 2)
    story.commit(3, { member: 'a', epoch: 1 })
    assert.deepEqual(story.found(), ['M2 g#0.0 T-0: b was given it in epoch 2 while a had it'])
  })
})

describe('checkHistory of copies', () => {
  it('accepts a copy of each record, in order', () => {
    assert.deepEqual(copied(['a', 'b'], ['a>1', 'b>2']), [])
  })

  it('E1: finds what was copied twice, or not at all', () => {
    assert.deepEqual(copied(['a', 'b'], ['a>1', 'a>2', 'b>3']), ['E1 T-0: a has 2 copies'])
    assert.deepEqual(copied(['a', 'b'], ['b>1']), ['E1 T-0: a has 0 copies'])
  })

  it('E2: finds copies in another order', () => {
    assert.deepEqual(copied(['a', 'b'], ['b>1', 'a>2']), ['E2 T-0: a was copied behind b, which came later'])
  })

  function copied(originals: string[], copies: string[]): readonly string[] {
    const story = new Story()
    story.produce(originals, 0)
    story.finalLog(originals)
    const place = { topicId: 'copies', partition: 0 }
    story.begin('produce', { kind: 'produce', producer: 'q', ...place, values: copies })({
      error: 'NONE',
      baseOffset: 0,
    })
    const highWatermark = copies.length
    const batches = copies.map((value, offset) => batch(offset, value))
    for (const isolation of ['read_uncommitted', 'read_committed'] as const) {
      const call = { kind: 'fetch', reader: finalReader, isolation, ...place, fetchOffset: 0 } as const
      story.begin('fetch', call)(fetchResult({ batches, highWatermark, lastStableOffset: highWatermark }))
    }
    return story.found()
  }
})

/** A history in the making. */
class Story {
  readonly history = new History()

  begin<Kind extends CallKind>(kind: Kind, call: CallOf<Kind>): (result: Results[Kind]) => void {
    assert.equal(call.kind, kind)
    return this.history.begin<Kind>(call)
  }

  /** Never answered. */
  open<Kind extends CallKind>(kind: Kind, call: CallOf<Kind>): void {
    this.begin(kind, call)
  }

  produce(values: string[], baseOffset: number, more: { producer?: string; transaction?: string } = {}): void {
    const { producer = 'p', ...rest } = more
    const call = { kind: 'produce', producer, ...partition, values, ...rest } as const
    this.begin('produce', call)({ error: 'NONE', baseOffset })
  }

  end(transaction: string, outcome: 'commit' | 'abort'): void {
    this.begin('end transaction', { kind: 'end transaction', transaction, outcome })({ error: 'NONE' })
  }

  fetched(given: Fetched): void {
    this.begin('fetch', fetchCall(given))(fetchResult(given))
  }

  /** The last reading: a value for each offset; committed, where it is another: '' stands for none. */
  finalLog(values: string[], { committed = values, sent = [] }: { committed?: string[]; sent?: string[] } = {}): void {
    for (const value of sent) this.open('produce', { kind: 'produce', producer: 'q', ...partition, values: [value] })
    const highWatermark = values.length
    const read = { reader: finalReader, highWatermark, lastStableOffset: highWatermark }
    this.fetched({ ...read, batches: values.map((value, offset) => batch(offset, value)) })
    const visible = committed.map((value, offset) =>
      value === '' ? { ...batch(offset, value), records: [] } : batch(offset, value),
    )
    this.fetched({ ...read, isolation: 'read_committed', batches: visible })
  }

  node(event: 'lost power' | 'killed'): void {
    this.history.note({ kind: 'node', event })
  }

  commit(
    offset: number,
    { error = 'NONE', ...more }: { error?: ProtocolError; transaction?: string; member?: string; epoch?: number } = {},
  ): void {
    this.begin('commit offsets', { ...commitCall(offset), ...more })({ errors: [error] })
  }

  offset(offset: number | undefined): void {
    const offsets = offset === undefined ? [] : [{ ...partition, offset }]
    this.begin('fetch offsets', { kind: 'fetch offsets', group: 'g' })({ error: 'NONE', asked: [partition], offsets })
  }

  own(
    member: string,
    epoch: number,
    instance?: string,
    protocol: 'classic' | 'consumer' = 'classic',
    asked: number = this.history.mark(),
  ): void {
    const of = { group: 'g', member, epoch, partitions: [partition], protocol, asked } as const
    this.history.note({ kind: 'own', ...of, ...(instance === undefined ? {} : { instance }) })
  }

  disown(member: string, epoch: number): void {
    this.history.note({ kind: 'disown', group: 'g', member, epoch, partitions: [partition] })
  }

  beat(member: string, epoch: number, error: ProtocolError = 'NONE'): void {
    const protocol = 'classic'
    this.begin('beat', { kind: 'beat', group: 'g', member, epoch, owned: [partition], protocol })({ error })
  }

  with(end: (story: Story) => void): readonly string[] {
    end(this)
    return this.found()
  }

  found(): readonly string[] {
    return checkHistory(this.history, { isSynced: true }).map(({ invariant, message }) => `${invariant} ${message}`)
  }
}

interface Fetched {
  readonly reader?: string
  readonly isolation?: 'read_uncommitted' | 'read_committed'
  readonly batches?: readonly ReadBatch[]
  readonly highWatermark?: number
  readonly lastStableOffset?: number
}

function fetchCall({ reader = 'c', isolation = 'read_uncommitted' }: Fetched): CallOf<'fetch'> {
  return { kind: 'fetch', reader, isolation, ...partition, fetchOffset: 0 }
}

function fetchResult({ batches = [], highWatermark = 0, lastStableOffset = -1 }: Fetched): Results['fetch'] {
  return { error: 'NONE', highWatermark, lastStableOffset, logStartOffset: 0, batches }
}

function commitCall(offset: number): CallOf<'commit offsets'> {
  return { kind: 'commit offsets', group: 'g', member: 'm', epoch: -1, offsets: [{ ...partition, offset }] }
}

function batch(offset: number, value: string): ReadBatch {
  return { baseOffset: offset, lastOffset: offset, isControl: false, records: [{ offset, value }] }
}

function isOf(invariant: string): (line: string) => boolean {
  return (line) => line.startsWith(`${invariant} ${key}:`) || line.startsWith(`${invariant} t:`)
}
