/**
 * Two producers with one transactional id, whose requests may be answered in vain or repeated late; markers that fail,
 * arrive twice or late; a coordinator that is killed at any point; a clock that jumps over timeouts. Beside them a plain
 * model: what each producer has asked for, what it was told, and whether anything happened that may stop it.
 */
import { assert } from '@gregor/base'
import fc from 'fast-check'
import { TransactionWorld } from './transaction-fixture.ts'
import type { Producer, Said } from './transaction-fixture.ts'
import type { MarkerResult, WriteMarkers } from './transaction-event.ts'
import { Leaders } from './transaction-leaders-fixture.ts'
import type { Fate } from './transaction-leaders-fixture.ts'
import { newTransaction } from './transaction.ts'

/** What every producer asks for. */
const timeoutMs = 60_000
const client = fc.constantFrom(0, 0, 0, 1)
export const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('init' as const), client, goesOn: fc.boolean() }) },
    { weight: 16, arbitrary: fc.record({ do: fc.constant('produce' as const), client, partition: fc.nat(2) }) },
    {
      weight: 12,
      arbitrary: fc.record({
        do: fc.constant('end' as const),
        client,
        isCommit: fc.boolean(),
        isAnswerLost: fc.boolean(),
      }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('repeat' as const), back: fc.nat(20) }) },
    {
      weight: 16,
      arbitrary: fc.record({
        do: fc.constant('mark' as const),
        fault: fc.constantFrom('none', 'none', 'lost', 'unheard'),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('markLate' as const), back: fc.nat(20) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(2000) }) },
    { weight: 1, arbitrary: fc.constant({ do: 'wait' as const, ms: timeoutMs + 10_000 }) },
    { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
  ),
  { maxLength: 80, size: 'max' },
)
export type Step = typeof steps extends fc.Arbitrary<readonly (infer One)[]> ? One : never

export const setups = fc.record({ hasEpochs: fc.boolean(), startEpoch: fc.constantFrom(0, 0, 32_763) })

/** What one producer wrote between two ends. */
interface Written {
  readonly records: number[]
  readonly asked: Set<Fate>
  told?: Fate
}

interface Client {
  producer: Producer | undefined
  /** What it was last, also when it has been fenced since. */
  former: Producer | undefined
  written: Written
  begunAtMs: number | undefined
  /** It has not heard whether its transaction has ended. */
  unheard: Fate | undefined
  /** Another producer has come, or it has taken too long: it may be refused. */
  isDisturbed: boolean
}

export class Run {
  readonly world: TransactionWorld
  readonly leaders = new Leaders()
  readonly transactions: Written[] = []
  /** What went wrong, seen from outside. */
  readonly complaints: string[] = []
  readonly #clients: readonly Client[]
  readonly #added = new Set<string>()
  readonly #requests: (() => unknown)[] = []
  readonly #sent: WriteMarkers[] = []
  readonly #outcomes = new Map<number, Fate>()
  readonly #hasEpochs: boolean
  #nextRecord = 0
  #looked = 0

  constructor({ hasEpochs, startEpoch }: { readonly hasEpochs: boolean; readonly startEpoch: number }) {
    this.#hasEpochs = hasEpochs
    const transaction = newTransaction({ producerId: 5, timeoutMs, nowMs: 0 })
    const before = { ...transaction, state: 'CompleteCommit', producerEpoch: startEpoch } as const
    const transactionVersion = hasEpochs ? 2 : 1
    this.world = new TransactionWorld({ transactionVersion }, startEpoch === 0 ? {} : { x: before })
    this.#looked = this.world.log.length
    this.#clients = [this.#newClient(), this.#newClient()]
  }

  take(step: Step): void {
    switch (step.do) {
      case 'init':
        this.#init(this.#client(step.client), step.goesOn)
        break
      case 'produce':
        this.#produce(this.#client(step.client), step.partition)
        break
      case 'end':
        this.#end(this.#client(step.client), step.isCommit ? 'Commit' : 'Abort', step.isAnswerLost)
        break
      case 'repeat':
        // Where the epoch stays, a late EndTxn ends whatever is open: what KIP-890 was made for.
        if (this.#hasEpochs) this.#requests.at(-1 - step.back)?.()
        break
      case 'mark':
        this.#mark(step.fault)
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
    for (const one of this.#clients) {
      if (one.begunAtMs !== undefined && this.world.nowMs - one.begunAtMs > timeoutMs) one.isDisturbed = true
    }
    this.#look()
  }

  /** Everything works from now on, until every transaction has ended. */
  heal(): void {
    for (const one of this.#clients) one.isDisturbed = true
    for (let round = 0; round < 10; round++) {
      while (this.world.markers.length > 0) this.#mark('none')
      this.wait(round === 5 ? timeoutMs + 10_000 : 10_000)
    }
  }

  #client(index: number): Client {
    const one = this.#clients[index]
    assert(one !== undefined, 'two clients')
    return one
  }

  #newClient(): Client {
    const written = this.#begin()
    const nothing = { producer: undefined, former: undefined, begunAtMs: undefined, unheard: undefined }
    return { ...nothing, written, isDisturbed: false }
  }

  #begin(): Written {
    const written: Written = { records: [], asked: new Set() }
    this.transactions.push(written)
    return written
  }

  #init(one: Client, goesOn: boolean): void {
    for (const each of this.#clients) each.isDisturbed = true
    const { error, ...said } = this.world.init('x', goesOn ? (one.former ?? {}) : {})
    one.written = this.#begin()
    one.begunAtMs = undefined
    one.unheard = undefined
    one.producer = error === 'NONE' ? producerFrom(said) : undefined
    one.former = one.producer ?? one.former
    one.isDisturbed = one.producer === undefined
  }

  #produce(one: Client, partition: number): void {
    const { producer } = one
    if (producer === undefined) return this.#init(one, false)
    if (one.unheard !== undefined) return this.#end(one, one.unheard, false)
    const add = (): string => {
      const error = this.world.add('x', producer, { t: [partition] }, this.#hasEpochs ? 5 : 3)
      if (error === 'NONE') this.#added.add(`t-${partition}`)
      return error
    }
    this.#requests.push(add)
    one.begunAtMs ??= this.world.nowMs
    const error = add()
    if (error === 'CONCURRENT_TRANSACTIONS') return
    const record = this.#nextRecord++
    const isTaken = error === 'NONE' && this.leaders.append('t', partition, producer, record)
    if (isTaken) one.written.records.push(record)
    else this.#stop(one, `adding: ${error}`)
  }

  #end(one: Client, wanted: Fate, isAnswerLost: boolean): void {
    const { producer, unheard, written } = one
    const outcome = unheard ?? wanted
    if (producer === undefined || (written.records.length === 0 && !this.#hasEpochs)) return
    if (written.records.length === 0 && outcome === 'Commit' && unheard === undefined) return
    const ask = (): Said => this.world.end('x', producer, outcome, this.#hasEpochs ? 5 : 4)
    this.#requests.push(ask)
    written.asked.add(outcome)
    one.unheard = outcome
    const { error, ...said } = ask()
    if (isAnswerLost || error === 'CONCURRENT_TRANSACTIONS') return
    if (error !== 'NONE') return this.#stop(one, `${outcome}: ${error}`)
    written.told = outcome
    one.written = this.#begin()
    one.begunAtMs = undefined
    one.unheard = undefined
    one.producer = producerFrom(said) ?? producer
    one.former = one.producer
  }

  #stop(one: Client, why: string): void {
    if (!one.isDisturbed) this.complaints.push(`a producer that did nothing wrong was refused ${why}`)
    one.producer = undefined
  }

  #mark(fault: string): void {
    const marker = this.world.markers.shift()
    if (marker !== undefined) this.#sent.push(marker)
    this.#deliver(marker, fault)
  }

  /** `lost`: every second partition gets nothing. `unheard`: it has its marker, and nobody hears of it. */
  #deliver(marker: WriteMarkers | undefined, fault: string): void {
    if (marker === undefined) return
    const { transactionalId, decisionOffset, topics } = marker
    const results = topics.flatMap(({ name, partitions }) =>
      partitions.map((partition, index): MarkerResult => {
        if (fault === 'lost' && index % 2 === 0) return { topic: name, partition, result: 'NETWORK_EXCEPTION' }
        const result = this.leaders.mark(name, partition, marker)
        return { topic: name, partition, result: fault === 'unheard' ? 'REQUEST_TIMED_OUT' : result }
      }),
    )
    // Who asked may be gone: nobody else is told.
    if (marker.coordinatorEpoch === this.world.epoch) {
      this.world.send({ type: 'MarkersWritten', transactionalId, decisionOffset, results })
    }
  }

  /** What has happened since the last look is compared with the model. */
  #look(): void {
    for (const { transaction } of this.world.log.slice(this.#looked)) {
      if (transaction?.state !== 'PrepareCommit' && transaction?.state !== 'PrepareAbort') continue
      const marked = transaction.topics.flatMap(({ name, partitions }) => partitions.map((one) => `${name}-${one}`))
      const added = [...this.#added]
      if (marked.toSorted().join() !== added.toSorted().join()) {
        this.complaints.push(`${added.join()} were added, ${marked.join()} get markers`)
      }
      this.#added.clear()
    }
    this.#looked = this.world.log.length
    for (const { decisionOffset, outcome } of this.world.markers) {
      const known = this.#outcomes.get(decisionOffset) ?? outcome
      if (known !== outcome) this.complaints.push(`two outcomes of ${decisionOffset}`)
      this.#outcomes.set(decisionOffset, outcome)
    }
    for (const one of this.#clients) this.#lookAt(one)
  }

  #lookAt({ written, isDisturbed }: Client): void {
    for (const record of written.records) {
      const fate = this.leaders.fates.get(record)
      if (fate === 'Commit' && !written.asked.has('Commit'))
        this.complaints.push(`${record}: nobody asked to commit it`)
      if (fate === 'Abort' && !written.asked.has('Abort') && !isDisturbed) {
        this.complaints.push(`${record}: nobody asked to abort it`)
      }
    }
  }
}

function producerFrom({ producerId, producerEpoch }: Partial<Producer>): Producer | undefined {
  return producerId === undefined || producerEpoch === undefined ? undefined : { producerId, producerEpoch }
}

/** A run of these steps from the start. */
export function told(setup: { readonly hasEpochs: boolean; readonly startEpoch: number }, all: readonly Step[]): Run {
  const run = new Run(setup)
  for (const step of all) run.take(step)
  return run
}
