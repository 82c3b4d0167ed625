/**
 * For tests: a log driven at random beside a plain model of it, and what both must agree on after a crash.
 */
import assert from 'node:assert/strict'
import type { LogConfig } from '@gregor/config'
import { DiskError, type Random } from '@gregor/platform'
import { BatchBuilder, type CompressionType, transactionMarkerBatch } from '@gregor/protocol'
import { type SimulatedEnvironment, between, chance } from '@gregor/testkit/simulation'
import { type LogFixture, type PlainRecord, openFixture, recordsOf } from './log-fixture.ts'
import type { AbortedTransaction } from './transaction-index.ts'

interface ModelBatch {
  readonly firstOffset: number
  readonly lastOffset: number
  readonly values: readonly string[]
  readonly leaderEpoch: number
  /** -1: none. */
  readonly producerId: number
  readonly baseSequence: number
  readonly isTransactional: boolean
  readonly outcome?: 'Commit' | 'Abort'
  readonly bytes: Buffer
}

type UnplacedBatch = Omit<ModelBatch, 'firstOffset' | 'lastOffset' | 'leaderEpoch'>

const codecs: readonly CompressionType[] = ['none', 'none', 'gzip', 'snappy', 'lz4', 'zstd']

export class LogModel {
  readonly random: Random
  readonly config: Partial<LogConfig>
  fixture: LogFixture
  /** In order; what was appended and not cut again. */
  batches: ModelBatch[] = []
  /** All below was told to be durable. */
  durableOffset = 0
  /** As in a checkpoint file: not newer than the log’s own. */
  recoveryPoint = 0
  leaderEpoch = 0
  /** What is told to be cut at the end is cut durably, so that only a crash within leaves a doubt: off where there is one. */
  mayCut = false
  logStartOffset = 0
  #count = 0
  /** The first one that was refused. */
  #doubtful: UnplacedBatch | undefined
  readonly #sequences = new Map<number, number>()
  readonly #open = new Set<number>()

  private constructor(random: Random, config: Partial<LogConfig>, fixture: LogFixture) {
    this.random = random
    this.config = config
    this.fixture = fixture
  }

  static async open(environment: SimulatedEnvironment, config: Partial<LogConfig>): Promise<LogModel> {
    return new LogModel(environment.random, config, await openFixture({ environment, config }))
  }

  get endOffset(): number {
    return (this.batches.at(-1)?.lastOffset ?? -1) + 1
  }

  /** One step of whatever may happen to a log that a leader writes. */
  async step(): Promise<void> {
    const { random } = this
    const dice = random.below(this.mayCut ? 104 : 100)
    if (dice >= 102) this.deleteRecords()
    else if (dice >= 100) await this.truncate()
    else if (dice < 70) this.appendData()
    else if (dice < 80) this.endTransaction()
    else if (dice < 90) await this.sync()
    else if (dice < 92) this.leaderEpoch++
    else if (dice < 95) this.roll()
    else if (dice < 97) this.recoveryPoint = this.fixture.log.syncedOffset
    else await this.readSomewhere()
  }

  roll(): void {
    try {
      this.fixture.log.roll(this.#nowMs)
    } catch (error) {
      assert.ok(error instanceof DiskError)
    }
  }

  appendData(): void {
    const { random } = this
    const producerId = chance(random, 50) ? 100 + random.below(3) : -1
    const isTransactional = producerId === 101
    const baseSequence = producerId < 0 ? -1 : (this.#sequences.get(producerId) ?? 0)
    const compression = codecs[random.below(codecs.length)] ?? 'none'
    const builder = new BatchBuilder({
      compression,
      ...(producerId < 0 ? {} : { producerId, producerEpoch: 0, baseSequence, isTransactional }),
    })
    const values = Array.from(
      { length: between(random, 1, 4) },
      () => `value ${this.#count++} ${'x'.repeat(random.below(80))}`,
    )
    for (const value of values) builder.append(null, Buffer.from(value), [], this.#nowMs - random.below(1000))
    const bytes = builder.build()
    const result = this.fixture.log.append(bytes, {
      leaderEpoch: this.leaderEpoch,
      origin: 'client',
      nowMs: this.#nowMs,
    })
    const batch = { values, producerId, baseSequence, isTransactional, bytes }
    if (result.error !== 'NONE') {
      this.#refused(batch)
      return
    }
    assert.equal(result.baseOffset, this.endOffset)
    if (producerId >= 0) this.#sequences.set(producerId, baseSequence + values.length)
    if (isTransactional) this.#open.add(producerId)
    this.#appended(batch)
  }

  async truncate(): Promise<void> {
    const { log, environment } = this.fixture
    const batch = this.batches[this.random.below(this.batches.length + 1)]
    if (batch === undefined || batch.firstOffset < this.logStartOffset) return
    await environment.time.run(log.truncateTo(batch.firstOffset))
    this.batches = this.batches.filter(({ lastOffset }) => lastOffset < batch.firstOffset)
    this.durableOffset = Math.min(this.durableOffset, this.endOffset)
    this.recoveryPoint = Math.min(this.recoveryPoint, this.endOffset)
    this.#learn()
  }

  deleteRecords(): void {
    const { log } = this.fixture
    log.setHighWatermark(log.logEndOffset)
    const offset = between(this.random, this.logStartOffset, Math.min(log.logEndOffset, this.logStartOffset + 10))
    assert.equal(log.deleteRecordsBefore(offset).error, 'NONE')
    this.logStartOffset = offset
  }

  endTransaction(): void {
    const [producerId] = this.#open
    if (producerId === undefined) return
    const outcome = chance(this.random, 50) ? 'Abort' : 'Commit'
    const bytes = transactionMarkerBatch({
      producerId,
      producerEpoch: 0,
      coordinatorEpoch: 0,
      outcome,
      timestamp: this.#nowMs,
    })
    const given = { leaderEpoch: this.leaderEpoch, origin: 'coordinator', nowMs: this.#nowMs } as const
    const batch = { values: [], producerId, baseSequence: -1, isTransactional: true, outcome, bytes } as const
    if (this.fixture.log.append(bytes, given).error !== 'NONE') {
      this.#refused(batch)
      return
    }
    this.#open.delete(producerId)
    this.#appended(batch)
  }

  /** An error is no promise that it is not there. */
  #refused(batch: UnplacedBatch): void {
    this.#doubtful ??= batch
  }

  #appended(batch: UnplacedBatch): void {
    const firstOffset = this.endOffset
    const count = batch.outcome === undefined ? batch.values.length : 1
    this.batches.push({ ...batch, firstOffset, lastOffset: firstOffset + count - 1, leaderEpoch: this.leaderEpoch })
  }

  async sync(): Promise<void> {
    const { log, environment } = this.fixture
    const endOffset = log.logEndOffset
    const isDone = await environment.time.run(
      log.sync().then(
        () => true,
        () => false,
      ),
    )
    if (isDone) this.durableOffset = Math.max(this.durableOffset, endOffset)
  }

  async readSomewhere(): Promise<void> {
    const { log, environment } = this.fixture
    if (log.logEndOffset === this.logStartOffset || log.failure !== undefined) return
    const fetchOffset = between(this.random, this.logStartOffset, log.logEndOffset - 1)
    const request = { fetchOffset, maxBytes: between(this.random, 1, 2000), upTo: log.logEndOffset, minOneBatch: true }
    const result = await environment.time.run(Promise.resolve(log.read(request)))
    if (result.error !== 'NONE') return
    const holder = this.batches.find(({ lastOffset }) => lastOffset >= fetchOffset)
    assert.equal(result.firstOffset, holder?.firstOffset)
  }

  /** Opens the log again, as after a crash or a clean stop. What the log lost the model forgets. */
  async reopen(options: { isClean: boolean }): Promise<void> {
    const { environment } = this.fixture
    const { recoveryPoint, config, logStartOffset } = this
    this.fixture = await openFixture({ environment, config, options: { ...options, recoveryPoint, logStartOffset } })
    const { logEndOffset } = this.fixture.log
    if (logEndOffset > this.endOffset && this.#doubtful !== undefined) this.#appended(this.#doubtful)
    this.#doubtful = undefined
    assert.ok(logEndOffset >= this.durableOffset, `${logEndOffset} is below ${this.durableOffset}, which was durable`)
    assert.ok(logEndOffset <= this.endOffset, `${logEndOffset} is above ${this.endOffset}, which was appended`)
    this.batches = this.batches.filter(({ lastOffset }) => lastOffset < logEndOffset)
    assert.equal(this.endOffset, logEndOffset, 'the log ends with a batch')
    this.durableOffset = Math.min(this.durableOffset, logEndOffset)
    this.recoveryPoint = Math.min(this.recoveryPoint, this.fixture.log.syncedOffset)
    this.#learn()
  }

  #learn(): void {
    this.#sequences.clear()
    this.#open.clear()
    for (const { producerId, baseSequence, values, isTransactional, outcome } of this.batches) {
      if (producerId >= 0 && baseSequence >= 0) this.#sequences.set(producerId, baseSequence + values.length)
      if (isTransactional && outcome === undefined) this.#open.add(producerId)
      if (outcome !== undefined) this.#open.delete(producerId)
    }
  }

  /** Records, epochs, producers, aborted transactions, times: all as the model says. */
  async check(): Promise<void> {
    const { fixture } = this
    const { log } = fixture
    assert.deepEqual(await recordsOf(fixture, { maxBytes: between(this.random, 1, 5000) }), this.#records())
    assert.deepEqual(log.epochs.entries, this.#epochs())
    const aborted = log.abortedTransactions(this.logStartOffset, log.logEndOffset)
    // What began before the log start is known only as long as nobody asks the log itself.
    const expected = this.#aborted()
    const ends = new Set(expected.map(({ lastOffset }) => lastOffset))
    assert.deepEqual(
      aborted.filter(({ lastOffset }) => ends.has(lastOffset)),
      expected,
    )
    this.#checkProducers()
    await this.#checkTimes()
  }

  /** Markers are read as well: version 0 and coordinator epoch 0. */
  #records(): readonly PlainRecord[] {
    const records = this.batches.flatMap(({ firstOffset, values, outcome }) =>
      outcome === undefined
        ? values.map((value, index) => ({ offset: firstOffset + index, value }))
        : [{ offset: firstOffset, value: '\0'.repeat(6) }],
    )
    return records.filter(({ offset }) => offset >= this.logStartOffset)
  }

  #epochs(): readonly { epoch: number; startOffset: number }[] {
    const entries: { epoch: number; startOffset: number }[] = []
    for (const { leaderEpoch: epoch, firstOffset: startOffset } of this.batches) {
      if (epoch > (entries.at(-1)?.epoch ?? -1)) entries.push({ epoch, startOffset })
    }
    const { logStartOffset } = this
    const first = entries.findLastIndex(({ startOffset }) => startOffset <= logStartOffset)
    const kept = entries.slice(Math.max(0, first))
    const moved = kept.map(({ epoch, startOffset }) => ({ epoch, startOffset: Math.max(startOffset, logStartOffset) }))
    return moved.filter(({ startOffset }) => startOffset < this.endOffset)
  }

  #aborted(): readonly AbortedTransaction[] {
    const begun = new Map<number, number>()
    const aborted: AbortedTransaction[] = []
    for (const { producerId, firstOffset, lastOffset, isTransactional, outcome } of this.batches) {
      if (!isTransactional) continue
      const first = begun.get(producerId)
      if (outcome === undefined) begun.set(producerId, first ?? firstOffset)
      else begun.delete(producerId)
      if (outcome === 'Abort' && first !== undefined && first >= this.logStartOffset) {
        aborted.push({ producerId, firstOffset: first, lastOffset, lastStableOffset: lastOffset + 1 })
      }
    }
    return aborted
  }

  /** The last five batches of each producer are known again. */
  #checkProducers(): void {
    for (const producerId of [100, 101, 102]) {
      const written = this.batches.filter((batch) => batch.producerId === producerId && batch.baseSequence >= 0)
      for (const { bytes, firstOffset, lastOffset } of written.slice(-5)) {
        if (firstOffset < this.logStartOffset) continue
        const check = this.fixture.log.producers.check(bytes, 0, { origin: 'client' })
        assert.equal(check.outcome, 'duplicate')
        if (check.outcome !== 'duplicate') continue
        assert.deepEqual([check.firstOffset, check.lastOffset], [firstOffset, lastOffset])
      }
    }
  }

  async #checkTimes(): Promise<void> {
    const { log, environment } = this.fixture
    const found = await environment.time.run(log.offsetForTimestamp(0))
    assert.equal(found?.offset, log.logEndOffset === log.logStartOffset ? undefined : log.logStartOffset)
  }

  get #nowMs(): number {
    return this.fixture.environment.clock.wallMs()
  }
}
