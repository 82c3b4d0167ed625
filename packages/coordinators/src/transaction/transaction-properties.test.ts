import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { topicsFrom, TransactionWorld } from './transaction-fixture.ts'
import { setups, steps, told } from './transaction-run-fixture.ts'
import type { Transaction } from './transaction.ts'

const runs = { numRuns: 500 }

describe('Whatever producers do and whatever fails,', () => {
  it('a transaction is committed or aborted as a whole, as its producer asked and was told', () => {
    fc.assert(
      fc.property(setups, steps, (setup, all) => {
        const run = told(setup, all)
        run.heal()
        assert.deepEqual(run.complaints, [])
        assert.deepEqual(run.leaders.openRecords, [])
        for (const { records, asked, told: outcome } of run.transactions) {
          const fates = new Set(records.map((record) => run.leaders.fates.get(record)))
          assert.ok(fates.size <= 1, 'torn')
          if (outcome !== undefined && records.length > 0) assert.deepEqual([...fates], [outcome])
          if (fates.has('Commit')) assert.ok(asked.has('Commit'), 'nobody asked to commit it')
        }
        assert.deepEqual(run.world.refused, [])
      }),
      runs,
    )
  })

  it('epochs never fall, and a producer id that was left never comes back', () => {
    fc.assert(
      fc.property(setups, steps, (setup, all) => {
        const { world } = told(setup, all)
        const left = new Set<number>()
        let before: Transaction | undefined
        for (const { transaction } of world.log) {
          assert.ok(transaction)
          if (before?.producerId === transaction.producerId) {
            assert.ok(transaction.producerEpoch >= before.producerEpoch)
          } else if (before !== undefined) left.add(before.producerId)
          assert.ok(!left.has(transaction.producerId))
          before = transaction
        }
      }),
      runs,
    )
  })

  it('each state follows one that may be before it', () => {
    const allowed: Record<string, readonly (string | undefined)[]> = {
      Empty: [undefined, 'Empty', 'CompleteCommit', 'CompleteAbort'],
      Ongoing: ['Empty', 'Ongoing', 'CompleteCommit', 'CompleteAbort'],
      PrepareCommit: ['Ongoing'],
      PrepareAbort: ['Ongoing', 'Empty', 'CompleteCommit', 'CompleteAbort'],
      CompleteCommit: ['PrepareCommit'],
      CompleteAbort: ['PrepareAbort'],
    }
    fc.assert(
      fc.property(setups, steps, (setup, all) => {
        const states = told(setup, all).world.log.map(({ transaction }) => transaction?.state ?? 'none')
        const first = setup.startEpoch === 0 ? 0 : 1
        for (const [offset, state] of states.entries()) {
          if (offset >= first) assert.ok(allowed[state]?.includes(states[offset - 1]), `${state} at ${offset}`)
        }
      }),
      runs,
    )
  })

  it('a coordinator that was killed at any point comes back with what was written, and ends what was ending', () => {
    fc.assert(
      fc.property(setups, steps, (setup, all) => {
        const { world } = told(setup, all)
        for (let offset = 0; offset <= world.log.length; offset++) {
          const { transactions } = world.rebuilt(offset)
          const expected = new Map<string, Transaction>()
          for (const { transactionalId, transaction } of world.log.slice(0, offset)) {
            if (transaction !== undefined) expected.set(transactionalId, { ...transaction, lastProducerEpoch: -1 })
          }
          assert.deepEqual(transactions, expected)

          const revived = new TransactionWorld(world.config, Object.fromEntries(transactions))
          revived.answerMarkers()
          for (const [transactionalId, { state }] of transactions) {
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
