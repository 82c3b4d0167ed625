import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ProtocolError } from '@gregor/protocol'
import fc from 'fast-check'
import { type NumberedBatch, Sequences, sequenceAfter } from './sequences.ts'

const partition = 'events-0'

describe('Sequences', () => {
  it('sends nothing before there is an identity', () => {
    const sequences = new Sequences({ isTransactional: false })
    assert.equal(sequences.send(partition, 1), undefined)
    sequences.identify({ producerId: 7, producerEpoch: 0 })
    assert.deepEqual(numbers(sequences.send(partition, 3)), '7/0/0')
    assert.deepEqual(numbers(sequences.send('events-1', 2)), '7/0/0')
  })

  it('sends the first batch of a partition alone, as whatever comes first is taken from a producer not known there', () => {
    const sequences = identified()
    const one = first(sendMany(sequences, 1))
    assert.equal(sequences.send(partition, 1), undefined)
    sequences.answered(one, { error: 'NOT_LEADER_OR_FOLLOWER', baseOffset: -1 })
    assert.equal(sequences.resend(partition), one)
    sequences.answered(one, { error: 'NONE', baseOffset: 0 })
    assert.deepEqual(sendMany(sequences, 2).map(numbers), ['7/0/1', '7/0/2'])
  })

  it('keeps five batches of a partition unanswered, and no more', () => {
    const sequences = known()
    const sent = sendMany(sequences, 5)
    assert.equal(sequences.send(partition, 1), undefined)
    sequences.answered(first(sent), { error: 'NONE', baseOffset: 0 })
    assert.equal(numbers(sequences.send(partition, 1)), '7/0/6')
    assert.throws(() => new Sequences({ isTransactional: false, inFlightMax: 6 }), /1 to 5/)
  })

  const meanings: readonly (readonly [ProtocolError, string])[] = [
    ['NONE', 'acknowledged'],
    ['DUPLICATE_SEQUENCE_NUMBER', 'acknowledged'],
    ['NOT_LEADER_OR_FOLLOWER', 'retry'],
    ['REQUEST_TIMED_OUT', 'retry'],
    ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'retry'],
    ['UNKNOWN_PRODUCER_ID', 'retry'],
    ['MESSAGE_TOO_LARGE', 'failed'],
    ['PRODUCER_FENCED', 'failed'],
  ]
  for (const [error, kind] of meanings) {
    it(`takes ${error} for ${kind}`, () => {
      const sequences = identified()
      const [batch] = sendMany(sequences, 1)
      assert.ok(batch)
      assert.equal(sequences.answered(batch, { error, baseOffset: 9 }).kind, kind)
      assert.equal(sequences.isFenced, error === 'PRODUCER_FENCED')
    })
  }

  it('sends what was lost again before anything new, one at a time, under the same numbers', () => {
    const sequences = known()
    const [a, b] = sendMany(sequences, 2)
    assert.ok(a && b)
    sequences.lost(a)
    sequences.lost(b)
    assert.equal(sequences.send(partition, 1), undefined)
    assert.equal(sequences.resend(partition), a)
    assert.equal(numbers(a), '7/0/1')
    assert.equal(sequences.resend(partition), undefined)
    sequences.answered(a, { error: 'NONE', baseOffset: 0 })
    assert.equal(sequences.resend(partition), b)
    assert.equal(sequences.send('events-1', 1) === undefined, false)
    assert.equal(sequences.resend('nowhere'), undefined)
  })

  it('bumps the epoch when the broker misses what it has acknowledged, once the fate of all is known', () => {
    const sequences = known()
    const [a, b, c] = sendMany(sequences, 3)
    assert.ok(a && b && c)
    sequences.answered(a, { error: 'OUT_OF_ORDER_SEQUENCE_NUMBER', baseOffset: -1 })
    sequences.lost(b)
    // c is still under way.
    assert.equal(sequences.resend(partition), b)
    sequences.answered(b, { error: 'OUT_OF_ORDER_SEQUENCE_NUMBER', baseOffset: -1 })
    assert.equal(numbers(b), '7/0/2')
    sequences.answered(c, { error: 'OUT_OF_ORDER_SEQUENCE_NUMBER', baseOffset: -1 })
    assert.deepEqual([a, b, c].map(numbers), ['7/1/0', '7/1/1', '7/1/2'])
    assert.equal(sequences.resend(partition), a)
  })

  it('sends the parts of a batch that was too large under its numbers, one at a time, before what is behind it', () => {
    const sequences = known()
    const [a, b] = sendMany(sequences, 1).concat(sequences.send(partition, 5) ?? [])
    assert.ok(a && b)
    const large = sequences.split(b, [2, 3])
    assert.deepEqual(large.map(numbers), ['7/0/2', '7/0/4'])
    const c = sequences.send(partition, 1)
    assert.equal(c, undefined)
    sequences.answered(a, { error: 'NONE', baseOffset: 0 })
    assert.equal(sequences.resend(partition), large[0])
    assert.equal(sequences.resend(partition), undefined)
    sequences.answered(first(large), { error: 'NONE', baseOffset: 1 })
    assert.equal(sequences.resend(partition), large[1])
    sequences.answered(large[1] ?? b, { error: 'NONE', baseOffset: 3 })
    assert.equal(numbers(sequences.send(partition, 1)), '7/0/7')
    assert.deepEqual(sequences.split(b, [1, 4]), [])
  })

  it('lets other partitions finish under the old epoch', () => {
    const sequences = identified()
    const other = sequences.send('events-1', 4)
    const [a] = sendMany(sequences, 1)
    assert.ok(a && other)
    sequences.expire(a)
    assert.deepEqual(sequences.identity, { producerId: 7, producerEpoch: 1 })
    assert.equal(sequences.send('events-1', 1), undefined)
    sequences.answered(other, { error: 'NONE', baseOffset: 0 })
    assert.equal(numbers(other), '7/0/0')
    assert.equal(numbers(sequences.send('events-1', 1)), '7/1/0')
    assert.equal(numbers(sequences.send(partition, 1)), '7/1/0')
    assert.deepEqual(sequences.answered(a, { error: 'NONE', baseOffset: 0 }), { kind: 'forgotten' })
    assert.deepEqual(sequences.lost(a), { kind: 'forgotten' })
  })

  it('asks for a new producer id where the epochs are used up', () => {
    const sequences = new Sequences({ isTransactional: false })
    sequences.identify({ producerId: 7, producerEpoch: 32_767 })
    acknowledgeOne(sequences)
    const [a, b] = sendMany(sequences, 2)
    assert.ok(a && b)
    sequences.expire(a)
    sequences.answered(b, { error: 'OUT_OF_ORDER_SEQUENCE_NUMBER', baseOffset: -1 })
    assert.equal(sequences.identity, undefined)
    sequences.identify({ producerId: 8, producerEpoch: 0 })
    assert.equal(numbers(b), '8/0/0')
    assert.equal(sequences.resend(partition), b)
  })

  it('fails a transaction’s batches and waits for its coordinator to give an epoch', () => {
    const sequences = new Sequences({ isTransactional: true })
    sequences.identify({ producerId: 7, producerEpoch: 0 })
    const [a, b] = sendMany(sequences, 2)
    assert.ok(a && b)
    const refused = { error: 'OUT_OF_ORDER_SEQUENCE_NUMBER', baseOffset: -1 } as const
    assert.deepEqual(sequences.answered(a, refused), { kind: 'failed', error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' })
    assert.equal(sequences.identity, undefined)
    assert.equal(sequences.send('events-1', 1), undefined)
    sequences.identify({ producerId: 7, producerEpoch: 1 })
    assert.deepEqual(sequences.answered(b, { error: 'NONE', baseOffset: 3 }), { kind: 'forgotten' })
    assert.deepEqual(sequences.unacknowledged(partition), [])
    assert.equal(numbers(sequences.send(partition, 1)), '7/1/0')
  })

  it('goes on at 0 after the largest number', () => {
    assert.equal(sequenceAfter(2 ** 31 - 3, 2), 2 ** 31 - 1)
    assert.equal(sequenceAfter(2 ** 31 - 1, 1), 0)
    assert.equal(sequenceAfter(2 ** 31 - 2, 5), 3)
  })

  it('puts each batch into the log once, in order, whatever is lost on the way', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(99), { maxLength: 120 }), fc.boolean(), (choices, forgets) => {
        const world = new LossyWorld(forgets)
        for (const choice of choices) world.step(choice)
        world.finish()
        const { log, sentCount } = world
        if (!forgets)
          assert.deepEqual(
            log,
            Array.from({ length: sentCount }, (_, index) => index),
          )
        assert.deepEqual(
          log,
          [...new Set(log)].toSorted((a, b) => a - b),
        )
        for (const value of world.acknowledged) assert.ok(forgets || log.includes(value))
      }),
      { numRuns: 500 },
    )
  })
})

/** A broker that remembers five batches, behind a connection that may break with whatever is on it. */
class LossyWorld {
  readonly acknowledged: number[] = []
  log: number[] = []
  sentCount = 0
  readonly #forgets: boolean
  readonly #sequences = identified()
  readonly #values = new Map<NumberedBatch, number>()
  #toBroker: { readonly batch: NumberedBatch; readonly copy: NumberedBatch; readonly value: number }[] = []
  #toClient: { readonly batch: NumberedBatch; readonly error: ProtocolError; readonly baseOffset: number }[] = []
  #remembered: { readonly sequence: number; readonly baseOffset: number }[] = []
  #epoch = -1
  #next: number | undefined

  constructor(forgets: boolean) {
    this.#forgets = forgets
  }

  step(choice: number): void {
    if (choice < 35) this.#send(true)
    else if (choice < 40) this.#refuse()
    else if (choice < 60) this.#arrive()
    else if (choice < 85) this.#answer()
    else if (choice < 97 || !this.#forgets) this.#breakConnection()
    else this.#losePower()
  }

  finish(): void {
    for (let round = 0; round < 2_000; round++) {
      this.#send(false)
      this.#arrive()
      this.#answer()
    }
    assert.equal(this.acknowledged.length, this.sentCount)
  }

  #send(mayBeNew: boolean): void {
    let batch = this.#sequences.resend(partition)
    if (batch === undefined && mayBeNew) {
      batch = this.#sequences.send(partition, 1)
      if (batch !== undefined) this.#values.set(batch, this.sentCount++)
    }
    if (batch !== undefined) this.#toBroker.push({ batch, copy: { ...batch }, value: this.#values.get(batch) ?? -1 })
  }

  #arrive(): void {
    const arrived = this.#toBroker.shift()
    if (arrived === undefined) return
    this.#toClient.push({ batch: arrived.batch, ...this.#append(arrived.copy, arrived.value) })
  }

  /** For what passes: the leader is another for a moment. */
  #refuse(): void {
    const arrived = this.#toBroker.shift()
    if (arrived === undefined) return
    this.#toClient.push({ batch: arrived.batch, error: 'NOT_LEADER_OR_FOLLOWER', baseOffset: -1 })
  }

  #append(batch: NumberedBatch, value: number): { error: ProtocolError; baseOffset: number } {
    if (batch.producerEpoch < this.#epoch) return { error: 'INVALID_PRODUCER_EPOCH', baseOffset: -1 }
    const isNewEpoch = batch.producerEpoch > this.#epoch
    const known = isNewEpoch ? undefined : this.#remembered.find(({ sequence }) => sequence === batch.baseSequence)
    if (known !== undefined) return { error: 'NONE', baseOffset: known.baseOffset }
    const isNext = this.#next === undefined || batch.baseSequence === (isNewEpoch ? 0 : this.#next)
    if (!isNext) return { error: 'OUT_OF_ORDER_SEQUENCE_NUMBER', baseOffset: -1 }
    if (isNewEpoch) this.#remembered = []
    this.#epoch = batch.producerEpoch
    this.#next = batch.baseSequence + 1
    const baseOffset = this.log.push(value) - 1
    this.#remembered = [...this.#remembered, { sequence: batch.baseSequence, baseOffset }].slice(-5)
    return { error: 'NONE', baseOffset }
  }

  #answer(): void {
    const answer = this.#toClient.shift()
    if (answer === undefined) return
    const verdict = this.#sequences.answered(answer.batch, answer)
    if (verdict.kind === 'acknowledged') this.acknowledged.push(this.#values.get(answer.batch) ?? -1)
    else assert.equal(verdict.kind, 'retry')
  }

  #breakConnection(): void {
    for (const { batch } of [...this.#toClient, ...this.#toBroker]) this.#sequences.lost(batch)
    this.#toBroker = []
    this.#toClient = []
  }

  /** The last batch was not synced. */
  #losePower(): void {
    this.#breakConnection()
    if (this.log.length < 2) return
    this.log.pop()
    this.#remembered.pop()
    this.#next = (this.#remembered.at(-1)?.sequence ?? -1) + 1
  }
}

function identified(): Sequences {
  const sequences = new Sequences({ isTransactional: false })
  sequences.identify({ producerId: 7, producerEpoch: 0 })
  return sequences
}

/** Its first batch is there: several may be under way. */
function known(): Sequences {
  const sequences = identified()
  acknowledgeOne(sequences)
  return sequences
}

function acknowledgeOne(sequences: Sequences): void {
  sequences.answered(first(sendMany(sequences, 1)), { error: 'NONE', baseOffset: 0 })
}

function sendMany(sequences: Sequences, count: number): readonly NumberedBatch[] {
  return Array.from({ length: count }, () => {
    const batch = sequences.send(partition, 1)
    assert.ok(batch)
    return batch
  })
}

function first(batches: readonly NumberedBatch[]): NumberedBatch {
  const [batch] = batches
  assert.ok(batch)
  return batch
}

function numbers(batch: NumberedBatch | undefined): string {
  return batch === undefined ? 'none' : `${batch.producerId}/${batch.producerEpoch}/${batch.baseSequence}`
}
