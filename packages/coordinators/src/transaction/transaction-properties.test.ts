/**
 * Random producers, zombies among them, whose requests are repeated late; markers that fail, arrive twice or late;
 * coordinators that are killed at any point; clocks that jump over timeouts. What must hold is said by a plain model:
 * partitions with open records, and producers that remember what they were told.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Fate } from './transaction-leaders-fixture.ts'
import { Leaders } from './transaction-leaders-fixture.ts'
import { topicsFrom, TransactionWorld } from './transaction-fixture.ts'
import type { Producer } from './transaction-fixture.ts'
import type { MarkerResult, WriteMarkers } from './transaction-event.ts'
import { newTransaction } from './transaction.ts'
import type { Transaction } from './transaction.ts'

const ids = ['x', 'y'] as const
const [id, client] = [fc.nat(1), fc.nat(1)]
const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('init' as const), id, client, goesOn: fc.boolean() }) },
    { weight: 8, arbitrary: fc.record({ do: fc.constant('produce' as const), id, client, partition: fc.nat(2) }) },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('end' as const), id, client, isCommit: fc.boolean() }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('repeat' as const), back: fc.nat(20) }) },
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('mark' as const),
        which: fc.nat(3),
        fault: fc.constantFrom('none', 'none', 'lost', 'unheard'),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('markLate' as const), back: fc.nat(20) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(2000) }) },
    { weight: 1, arbitrary: fc.constant({ do: 'wait' as const, ms: 70_000 }) },
    { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
  ),
  { maxLength: 60, size: 'max' },
)
type Step = typeof steps extends fc.Arbitrary<readonly (infer One)[]> ? One : never

/** What one producer wrote between two ends. */
interface Written {
  readonly records: number[]
  told?: Fate
}

interface Client {
  producer: Producer | undefined
  /** What it was last, also when it has been fenced since. */
  former: Producer | undefined
  written: Written
}

class Run {
  readonly world: TransactionWorld
  readonly leaders = new Leaders()
  readonly transactions: Written[] = []
  /** Of the open transaction: what was added, by transactional id. */
  readonly #added = new Map<string, Set<string>>()
  readonly #clients = new Map<string, Client>()
  readonly #requests: (() => unknown)[] = []
  readonly #sent: WriteMarkers[] = []
  readonly outcomes = new Map<number, Fate>()
  readonly #hasEpochs: boolean
  #nextRecord = 0
  #looked = 0

  constructor({ hasEpochs, startEpoch }: { hasEpochs: boolean; startEpoch: number }) {
    this.#hasEpochs = hasEpochs
    const before = (producerId: number): Transaction => ({
      ...newTransaction({ producerId, timeoutMs: 60_000, nowMs: 0 }),
      state: 'CompleteCommit',
      producerEpoch: startEpoch,
    })
    this.world = new TransactionWorld(
      { transactionVersion: hasEpochs ? 2 : 1 },
      startEpoch === 0 ? {} : { x: before(5), y: before(6) },
    )
    this.#looked = this.world.log.length
  }

  take(step: Step): void {
    switch (step.do) {
      case 'init':
        this.#init(ids[step.id] ?? 'x', this.#client(step), step.goesOn)
        break
      case 'produce':
        this.#produce(ids[step.id] ?? 'x', this.#client(step), step.partition)
        break
      case 'end':
        this.#end(ids[step.id] ?? 'x', this.#client(step), step.isCommit ? 'Commit' : 'Abort')
        break
      case 'repeat':
        // Where the epoch stays, a late EndTxn ends whatever is open: what KIP-890 was made for.
        if (this.#hasEpochs) this.#requests.at(-1 - step.back)?.()
        break
      case 'mark':
        this.#mark(step.which, step.fault)
        break
      case 'markLate':
        if (this.#hasEpochs) this.#deliver(this.#sent.at(-1 - step.back), 'none')
        break
      case 'wait':
        this.wait(step.ms)
        break
      case 'restart':
        this.world.restart()
        break
    }
    this.#look()
  }

  wait(ms: number): void {
    this.world.advance(ms)
    for (const { transactionalId } of this.world.reservations.splice(0)) {
      const freshProducerId = this.world.nextProducerId++
      this.world.send({ type: 'ProducerIdReserved', transactionalId, freshProducerId })
    }
    this.#look()
  }

  /** Everything works from now on, until every transaction has ended. */
  heal(): void {
    for (let round = 0; round < 20; round++) {
      while (this.world.markers.length > 0) this.#mark(0, 'none')
      this.wait(round === 10 ? 70_000 : 10_000)
    }
  }

  #client(step: { readonly id: number; readonly client: number }): Client {
    const key = `${step.id}-${step.client}`
    const known = this.#clients.get(key) ?? { producer: undefined, former: undefined, written: this.#begin() }
    this.#clients.set(key, known)
    return known
  }

  #begin(): Written {
    const written: Written = { records: [] }
    this.transactions.push(written)
    return written
  }

  #init(transactionalId: string, one: Client, goesOn: boolean): void {
    const { error, producerId, producerEpoch } = this.world.init(transactionalId, goesOn ? (one.former ?? {}) : {})
    one.written = this.#begin()
    const isNew = error === 'NONE' && producerId !== undefined && producerEpoch !== undefined
    one.producer = isNew ? { producerId, producerEpoch } : undefined
    if (isNew) one.former = one.producer
  }

  #produce(transactionalId: string, one: Client, partition: number): void {
    const { producer } = one
    if (producer === undefined) return
    const add = (): string => {
      const error = this.world.add(transactionalId, producer, { t: [partition] }, this.#hasEpochs ? 5 : 3)
      if (error === 'NONE') this.#addedTo(transactionalId).add(`t-${partition}`)
      return error
    }
    this.#requests.push(add)
    const error = add()
    if (error === 'NONE') {
      const record = this.#nextRecord++
      if (this.leaders.append('t', partition, producer, record)) one.written.records.push(record)
      else one.producer = undefined
    } else if (error !== 'CONCURRENT_TRANSACTIONS') one.producer = undefined
  }

  #end(transactionalId: string, one: Client, outcome: Fate): void {
    const { producer } = one
    if (producer === undefined) return
    const ask = (): ReturnType<TransactionWorld['end']> =>
      this.world.end(transactionalId, producer, outcome, this.#hasEpochs ? 5 : 4)
    this.#requests.push(ask)
    const { error, producerId, producerEpoch } = ask()
    if (error === 'NONE') {
      one.written.told = outcome
      one.written = this.#begin()
      if (producerId !== undefined && producerEpoch !== undefined) one.producer = { producerId, producerEpoch }
      one.former = one.producer
    } else if (error !== 'CONCURRENT_TRANSACTIONS' && one.written.records.length > 0) one.producer = undefined
  }

  /** Of the markers that wait, these go to their leaders. */
  #mark(which: number, fault: string): void {
    const { markers } = this.world
    const [marker] = markers.splice(which % Math.max(1, markers.length), 1)
    if (marker !== undefined) this.#sent.push(marker)
    this.#deliver(marker, fault)
  }

  /** `lost`: every second partition gets nothing. `unheard`: it has its marker, and nobody hears of it. */
  #deliver(marker: WriteMarkers | undefined, fault: string): void {
    if (marker === undefined) return
    const { transactionalId, decisionOffset, topics, ...what } = marker
    const results = topics.flatMap(({ name, partitions }) =>
      partitions.map((partition, index): MarkerResult => {
        if (fault === 'lost' && index % 2 === 0) return { topic: name, partition, result: 'NETWORK_EXCEPTION' }
        const result = this.leaders.mark(name, partition, { transactionalId, decisionOffset, ...what })
        return { topic: name, partition, result: fault === 'unheard' ? 'REQUEST_TIMED_OUT' : result }
      }),
    )
    this.world.send({ type: 'MarkersWritten', transactionalId, decisionOffset, results })
  }

  #addedTo(transactionalId: string): Set<string> {
    const added = this.#added.get(transactionalId) ?? new Set()
    this.#added.set(transactionalId, added)
    return added
  }

  /** What was written since the last look is compared with the model. */
  #look(): void {
    for (const { transactionalId, transaction } of this.world.log.slice(this.#looked)) {
      if (transaction?.state === 'PrepareCommit' || transaction?.state === 'PrepareAbort') {
        const added = [...(this.#added.get(transactionalId) ?? [])]
        const marked = transaction.topics.flatMap(({ name, partitions }) => partitions.map((one) => `${name}-${one}`))
        assert.deepEqual(marked.toSorted(), added.toSorted(), `${transactionalId}: markers for what was added`)
        this.#added.delete(transactionalId)
      }
    }
    this.#looked = this.world.log.length
    for (const { decisionOffset, outcome } of this.world.markers) {
      assert.equal(this.outcomes.get(decisionOffset) ?? outcome, outcome, 'one outcome for each decision')
      this.outcomes.set(decisionOffset, outcome)
    }
  }
}

const setup = fc.record({ hasEpochs: fc.boolean(), startEpoch: fc.constantFrom(0, 0, 32_763) })
const runsMax = { numRuns: 400 }

function told(given: { hasEpochs: boolean; startEpoch: number }, all: readonly Step[]): Run {
  const run = new Run(given)
  for (const step of all) run.take(step)
  return run
}

describe('Whatever producers do and whatever fails,', () => {
  it('a transaction is committed or aborted as a whole, and as its producer was told', () => {
    fc.assert(
      fc.property(setup, steps, (given, all) => {
        const run = told(given, all)
        run.heal()
        assert.deepEqual(run.leaders.openRecords, [])
        for (const { records, told: outcome } of run.transactions) {
          const fates = new Set(records.map((record) => run.leaders.fates.get(record)))
          assert.ok(fates.size <= 1, 'torn')
          if (outcome !== undefined && records.length > 0) assert.deepEqual([...fates], [outcome])
        }
        assert.deepEqual(run.world.refused, [])
      }),
      runsMax,
    )
  })

  it('epochs never fall, and a producer id that was left never comes back', () => {
    fc.assert(
      fc.property(setup, steps, (given, all) => {
        const { world } = told(given, all)
        for (const id of ids) {
          const left = new Set<number>()
          let before: Transaction | undefined
          for (const { transactionalId, transaction } of world.log) {
            if (transactionalId !== id || transaction === undefined) continue
            if (before?.producerId === transaction.producerId) {
              assert.ok(transaction.producerEpoch >= before.producerEpoch)
            } else if (before !== undefined) left.add(before.producerId)
            assert.ok(!left.has(transaction.producerId))
            before = transaction
          }
        }
      }),
      runsMax,
    )
  })

  it('each state follows one that may be before it', () => {
    const before: Record<string, readonly (string | undefined)[]> = {
      Empty: [undefined, 'Empty', 'CompleteCommit', 'CompleteAbort'],
      Ongoing: ['Empty', 'Ongoing', 'CompleteCommit', 'CompleteAbort'],
      PrepareCommit: ['Ongoing'],
      PrepareAbort: ['Ongoing', 'Empty', 'CompleteCommit', 'CompleteAbort'],
      CompleteCommit: ['PrepareCommit'],
      CompleteAbort: ['PrepareAbort'],
    }
    fc.assert(
      fc.property(setup, steps, (given, all) => {
        const { world } = told(given, all)
        const states = new Map<string, string>()
        for (const [offset, { transactionalId, transaction }] of world.log.entries()) {
          const { state } = transaction ?? { state: 'Empty' }
          const isGiven = given.startEpoch !== 0 && offset < 2
          if (!isGiven) assert.ok(before[state]?.includes(states.get(transactionalId)), `${state} at ${offset}`)
          states.set(transactionalId, state)
        }
      }),
      runsMax,
    )
  })

  it('a coordinator that was killed at any point comes back with what was written, and ends what was ending', () => {
    fc.assert(
      fc.property(setup, steps, (given, all) => {
        const { world } = told(given, all)
        for (let offset = 0; offset <= world.log.length; offset++) {
          const machine = world.rebuilt(offset)
          const expected = new Map<string, Transaction>()
          for (const { transactionalId, transaction } of world.log.slice(0, offset)) {
            if (transaction !== undefined) expected.set(transactionalId, { ...transaction, lastProducerEpoch: -1 })
          }
          assert.deepEqual(machine.transactions, expected)

          const revived = new TransactionWorld(world.config, Object.fromEntries(machine.transactions))
          revived.answerMarkers()
          for (const [transactionalId, { state }] of machine.transactions) {
            assert.equal(revived.stateOf(transactionalId), state.replace('Prepare', 'Complete'))
          }
        }
      }),
      { numRuns: 100 },
    )
  })
})

describe('The partitions of a transaction', () => {
  it('are what was added to it, in any portions', () => {
    const portions = fc.array(fc.dictionary(fc.constantFrom('t', 'u', 'v'), fc.uniqueArray(fc.nat(5))), {
      maxLength: 6,
    })
    fc.assert(
      fc.property(portions, (all) => {
        const world = new TransactionWorld()
        const producer = world.producer('x')
        const expected = new Set<string>()
        for (const topics of all) {
          assert.equal(world.add('x', producer, topics), 'NONE')
          for (const { name, partitions } of topicsFrom(topics)) {
            for (const partition of partitions) expected.add(`${name}-${partition}`)
          }
        }
        world.end('x', producer, all.length === 0 ? 'Abort' : 'Commit')
        const marked = world.markers.flatMap(({ topics }) =>
          topics.flatMap(({ name, partitions }) => partitions.map((one) => `${name}-${one}`)),
        )
        assert.deepEqual(marked.toSorted(), [...expected].toSorted())
        world.answerMarkers()
        assert.equal(world.stateOf('x'), all.length === 0 ? 'CompleteAbort' : 'CompleteCommit')
      }),
    )
  })
})
