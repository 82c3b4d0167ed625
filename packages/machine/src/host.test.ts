import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { Host } from './host.ts'
import { BatchRefusedError, BatchTooLargeError } from './errors.ts'
import { decide } from './machine.ts'
import { AccountMachine, FakeClock, MemoryLog, noRandom, WRITING_GENERATION } from './host-fixture.ts'
import type { AccountEffect, AccountEvent, AccountReply } from './host-fixture.ts'

let log: MemoryLog
let clock: FakeClock
let machine: AccountMachine
let host: Host<AccountEvent, number, AccountReply, AccountEffect>
let performed: string[]
let failures: unknown[]

function newHost(more: { waitingMax?: number; recordsPerBatchMax?: number; firstEvent?: AccountEvent } = {}) {
  return new Host<AccountEvent, number, AccountReply, AccountEffect>({
    log,
    clock,
    random: noRandom,
    perform: (effect) => performed.push(effect.text),
    onFailure: (cause) => failures.push(cause),
    ...more,
  })
}

/** What a promise has come to, once all that waited for nothing has run. */
async function settled(promise: Promise<unknown>): Promise<unknown> {
  let outcome: unknown = 'pending'
  void promise.then((value) => (outcome = value))
  for (let turn = 0; turn < 5; turn++) await Promise.resolve()
  return outcome
}

beforeEach(() => {
  log = new MemoryLog()
  clock = new FakeClock()
  machine = new AccountMachine()
  performed = []
  failures = []
  host = newHost()
  host.start(machine)
})

describe('Rule 1: one event at a time, to the end', () => {
  it('decides events in the order they were submitted', async () => {
    log.commitsAtOnce = true
    const replies = [host.submit({ type: 'Add', amounts: [5] }), host.submit({ type: 'Add', amounts: [2] })]
    assert.deepEqual(await Promise.all(replies), [5, 7])
  })

  it('handles what an effect submits only after the event that caused it', async () => {
    log.commitsAtOnce = true
    let inner: Promise<AccountReply> | undefined
    const order: string[] = []
    host = new Host<AccountEvent, number, AccountReply, AccountEffect>({
      log,
      clock,
      random: noRandom,
      perform: () => {
        inner = host.submit({ type: 'Add', amounts: [1] })
        order.push(`performed, balance ${machine.balance}`)
      },
      onFailure: (cause) => failures.push(cause),
    })
    host.start(machine)
    await host.submit({ type: 'Print', text: 'x' })
    assert.deepEqual(order, ['performed, balance 0'])
    assert.equal(await inner, 1)
  })

  it('gives the machine the clock, the epoch and the offset its first record will get', () => {
    log.epoch = 7
    clock.nowMs = 1_000
    void host.submit({ type: 'Add', amounts: [1, 1] })
    void host.submit({ type: 'Add', amounts: [1] })
    assert.deepEqual(
      machine.given.map(({ nowMs, monotonicMs, epoch, nextOffset }) => ({ nowMs, monotonicMs, epoch, nextOffset })),
      [
        { nowMs: 501_000, monotonicMs: 1_000, epoch: 7, nextOffset: 0 },
        { nowMs: 501_000, monotonicMs: 1_000, epoch: 7, nextOffset: 2 },
      ],
    )
  })
})

describe('Rule 2: records are appended as one batch and applied at once', () => {
  it('appends the records of one decision as one batch', () => {
    void host.submit({ type: 'Add', amounts: [1, 2, 3] })
    assert.deepEqual(log.batches, [{ records: [1, 2, 3] }])
  })

  it('applies records before the next event is decided, though they are not committed', () => {
    void host.submit({ type: 'Add', amounts: [1, 2, 3] })
    assert.equal(machine.balance, 6)
    assert.equal(log.committedOffset, 0)
  })

  it('hands the producer of a transactional batch to the log', () => {
    void host.submit({ type: 'Add', amounts: [1], producer: { producerId: 9, producerEpoch: 2 } })
    assert.deepEqual(log.batches, [{ records: [1], producer: { producerId: 9, producerEpoch: 2 } }])
  })

  it('refuses a decision that is too large, and applies none of it', async () => {
    host = newHost({ recordsPerBatchMax: 2 })
    host.start(machine)
    await assert.rejects(host.submit({ type: 'Add', amounts: [1, 2, 3] }), {
      name: 'BatchTooLargeError',
      message: 'a batch of 3 records is more than the 2 allowed',
    })
    assert.equal(machine.balance, 0)
    assert.equal(host.state, 'running')
  })

  it('gives the reply that the machine has for a decision that is too large', async () => {
    log.commitsAtOnce = true
    log.recordsMax = 2
    const tooLarge = { action: 'refuse', reply: 'TOO_LARGE' } as const
    assert.equal(await host.submit({ type: 'Add', amounts: [1, 2, 3], tooLarge }), 'TOO_LARGE')
    assert.deepEqual(log.batches, [])
  })

  it('goes on after a batch that the log refuses, and applies none of it', async () => {
    log.fault = new BatchRefusedError('fenced')
    await assert.rejects(host.submit({ type: 'Add', amounts: [1] }), log.fault)
    assert.equal(host.state, 'running')
    assert.equal(machine.balance, 0)
    log.fault = undefined
    log.commitsAtOnce = true
    assert.equal(await host.submit({ type: 'Add', amounts: [2] }), 2)
  })

  it('changes what is not logged once the records are written, and never where they were refused', async () => {
    const lastOffsets: number[] = []
    const afterwards = (lastOffset: number): void => void lastOffsets.push(lastOffset)
    log.fault = new BatchRefusedError('no room')
    await assert.rejects(host.submit({ type: 'Add', amounts: [1], afterwards }), log.fault)
    log.fault = undefined
    log.recordsMax = 2
    const tooLarge = { action: 'refuse', reply: 'TOO_LARGE' } as const
    void host.submit({ type: 'Add', amounts: [1, 2, 3], tooLarge, afterwards })
    assert.deepEqual(lastOffsets, [])
    void host.submit({ type: 'Add', amounts: [1, 2], afterwards })
    assert.deepEqual([lastOffsets, machine.balance], [[log.endOffset - 1], 3])
  })

  it('lets a timer come up again whose records are too large for a batch', async () => {
    log.commitsAtOnce = true
    await host.submit({ type: 'Wake', delayMs: 10, generation: WRITING_GENERATION })
    log.recordsMax = 0
    clock.advance(500)
    assert.deepEqual([machine.fired.length, machine.balance], [1, 0])
    log.recordsMax = 1
    clock.advance(1_000)
    assert.deepEqual([machine.fired.length, machine.balance, failures], [2, 1, []])
  })

  it('lets a timer come up again whose batch the log refused', async () => {
    log.commitsAtOnce = true
    await host.submit({ type: 'Wake', delayMs: 10, generation: WRITING_GENERATION })
    log.fault = new BatchRefusedError('no room')
    clock.advance(2_500)
    assert.deepEqual([machine.fired.length, machine.balance], [3, 0])
    log.fault = undefined
    clock.advance(5_000)
    assert.deepEqual([machine.fired.length, machine.balance], [4, 1])
    assert.deepEqual(failures, [])
  })

  it('splits a decision that allows it, and keeps the order', async () => {
    host = newHost({ recordsPerBatchMax: 4 })
    host.start(machine)
    log.recordsMax = 2
    log.commitsAtOnce = true
    const amounts = [1, 2, 3, 4, 5, 6, 7]
    assert.equal(await host.submit({ type: 'Add', amounts, tooLarge: { action: 'split' } }), 28)
    assert.deepEqual(
      log.batches.flatMap(({ records }) => records),
      amounts,
    )
    assert.ok(log.batches.every(({ records }) => records.length <= 2))
  })

  it('refuses a single record that is too large, also where it may split', async () => {
    log.recordsMax = 0
    const answer = host.submit({ type: 'Add', amounts: [1, 2], tooLarge: { action: 'split' } })
    await assert.rejects(answer, BatchTooLargeError)
    assert.equal(host.state, 'running')
  })
})

describe('Rule 3: replies and effects leave when all they were computed from is committed', () => {
  it('holds a reply until its records are committed', async () => {
    const reply = host.submit({ type: 'Add', amounts: [1, 2] })
    log.commit(1)
    host.committed()
    assert.equal(await settled(reply), 'pending')
    log.commit(2)
    host.committed()
    assert.equal(await settled(reply), 3)
  })

  it('holds a read that saw an uncommitted record, until that one is committed', async () => {
    void host.submit({ type: 'Add', amounts: [5] })
    const read = host.submit({ type: 'Read' })
    assert.equal(await settled(read), 'pending')
    log.commit(1)
    host.committed()
    assert.equal(await settled(read), 5)
  })

  it('answers a read at once when nothing is uncommitted', async () => {
    assert.equal(await settled(host.submit({ type: 'Read' })), 0)
  })

  it('tells whoever has handed an event in, without a promise, in order, and once', () => {
    const told: string[] = []
    const answer = (name: string) => ({
      resolve: (reply: unknown) => void told.push(`${name} ${String(reply)}`),
      reject: (reason: Error) => void told.push(`${name} ${reason.message}`),
    })
    host.hand({ type: 'Add', amounts: [5] }, answer('first'))
    host.hand({ type: 'Read' }, answer('second'))
    assert.deepEqual(told, [])
    log.commit(1)
    host.committed()
    assert.deepEqual(told, ['first 5', 'second 5'])
    host.hand({ type: 'Add', amounts: [5] }, answer('third'))
    host.close()
    host.hand({ type: 'Read' }, answer('fourth'))
    assert.equal(told.length, 4)
    assert.match(told[2] ?? '', /^third .*closed/)
    assert.match(told[3] ?? '', /^fourth .*closed/)
  })

  it('hands the reply itself to whoever asks where it leaves at once', () => {
    log.commitsAtOnce = true
    assert.equal(host.ask({ type: 'Add', amounts: [5] }), 5)
    assert.equal(host.ask({ type: 'Read' }), 5)
  })

  it('hands a promise to whoever asks for what is not committed, and for what is refused', async () => {
    const late = host.ask({ type: 'Add', amounts: [5] })
    assert(late instanceof Promise)
    log.commit(1)
    host.committed()
    assert.equal(await late, 5)
    host.close()
    const refused = host.ask({ type: 'Read' })
    assert(refused instanceof Promise)
    await assert.rejects(refused, { reason: 'closed' })
  })

  it('performs effects when the reply leaves, not before', () => {
    void host.submit({ type: 'Add', amounts: [1] })
    void host.submit({ type: 'Print', text: 'done' })
    assert.deepEqual(performed, [])
    assert.equal(host.heldCount, 2)
    log.commit(1)
    host.committed()
    assert.deepEqual(performed, ['done'])
    assert.equal(host.heldCount, 0)
  })

  it('answers in order', async () => {
    const order: string[] = []
    const answers = [
      host.submit({ type: 'Add', amounts: [1] }).then(() => order.push('first')),
      host.submit({ type: 'Read' }).then(() => order.push('second')),
      host.submit({ type: 'Add', amounts: [1] }).then(() => order.push('third')),
    ]
    log.commit(2)
    host.committed()
    await Promise.all(answers)
    assert.deepEqual(order, ['first', 'second', 'third'])
  })

  it('refuses an event over the bound on what waits, and takes the next one when there is room', async () => {
    host = newHost({ waitingMax: 3 })
    host.start(machine)
    void host.submit({ type: 'Add', amounts: [1] })
    void host.submit({ type: 'Add', amounts: [1] })
    await assert.rejects(host.submit({ type: 'Read' }), { name: 'HostError', reason: 'overloaded' })
    log.commit(2)
    host.committed()
    assert.equal(await host.submit({ type: 'Read' }), 2)
  })
})

describe('Rule 4: a failed append drops the machine, or rolls it back', () => {
  it('goes to standby when the log refuses a batch, and tells who waits', async () => {
    const held = host.submit({ type: 'Add', amounts: [1] })
    log.fault = new Error('disk on fire')
    const refused = host.submit({ type: 'Add', amounts: [2] })
    await assert.rejects(held, { name: 'HostError', reason: 'failed' })
    await assert.rejects(refused, { name: 'HostError', reason: 'failed', cause: log.fault })
    assert.equal(host.state, 'standby')
    assert.deepEqual(failures, [log.fault])
  })

  it('rolls a revertible machine back to what is committed', () => {
    void host.submit({ type: 'Add', amounts: [1, 2] }).catch(() => undefined)
    void host.submit({ type: 'Add', amounts: [4] }).catch(() => undefined)
    log.commit(2)
    host.committed()
    host.failed(new Error('leadership has moved on'))
    assert.equal(machine.balance, 3)
  })

  it('drops a machine that cannot go back, and runs the one built anew from the log', async () => {
    const { handle, apply } = machine
    host = newHost()
    host.start({ handle: handle.bind(machine), apply: apply.bind(machine) })
    void host.submit({ type: 'Add', amounts: [1, 2] }).catch(() => undefined)
    host.failed(new Error('the partition has moved'))
    assert.equal(machine.balance, 3, 'left as it was: nobody uses it any more')
    log.truncate(0)
    const rebuilt = new AccountMachine()
    host.start(rebuilt)
    assert.equal(await host.submit({ type: 'Read' }), 0)
  })

  it('rolls back to what it started with where the log had begun the epoch with a record of its own', () => {
    log.endOffset = 3
    log.commit(2)
    host = newHost()
    host.start(machine)
    void host.submit({ type: 'Add', amounts: [4] }).catch(() => undefined)
    host.failed(new Error('leadership has moved on'))
    assert.equal(machine.balance, 0)
  })

  it('refuses events in standby', async () => {
    host.failed(new Error('leadership has moved on'))
    await assert.rejects(host.submit({ type: 'Read' }), { name: 'HostError', reason: 'standby' })
  })

  it('does nothing when told of a failure in standby', () => {
    host.failed(new Error('one'))
    host.failed(new Error('two'))
    assert.equal(failures.length, 1)
  })

  it('performs no effect and fires no timer of what was lost', () => {
    void host.submit({ type: 'Add', amounts: [1] }).catch(() => undefined)
    void host.submit({ type: 'Print', text: 'never' }).catch(() => undefined)
    void host.submit({ type: 'Wake', delayMs: 10, generation: 1 }).catch(() => undefined)
    host.failed(new Error('leadership has moved on'))
    log.truncate(0)
    host.start(machine)
    clock.advance(100)
    assert.deepEqual(performed, [])
    assert.deepEqual(machine.fired, [])
  })

  it('treats a machine that throws like a failed append', async () => {
    await assert.rejects(host.submit({ type: 'Throw' }), { name: 'HostError', reason: 'failed' })
    assert.equal(host.state, 'standby')
    assert.equal((failures[0] as Error).message, 'a bug')
  })

  it('closes when a machine cannot apply its own record: the log has it, the machine has not', async () => {
    await assert.rejects(host.submit({ type: 'Add', amounts: [13] }), { name: 'HostError', reason: 'failed' })
    assert.equal(host.state, 'closed')
    assert.equal((failures[0] as Error).message, 'poison')
    await assert.rejects(host.submit({ type: 'Read' }), { reason: 'closed' })
  })

  it('keeps only the marks that a rollback may need', () => {
    for (let count = 0; count < 5; count++) void host.submit({ type: 'Add', amounts: [1] })
    log.commit(3)
    host.committed()
    assert.deepEqual(machine.markedOffsets, [3, 4, 5])
  })
})

describe('Rule 5: timers are effects and come back as events', () => {
  it('fires with the generation it was set with', async () => {
    await host.submit({ type: 'Wake', delayMs: 10, generation: 4 })
    clock.advance(10)
    assert.deepEqual(machine.fired, [{ type: 'TimerFired', key: 'wake', generation: 4 }])
  })

  it('is set only when what asked for it is committed', () => {
    void host.submit({ type: 'Add', amounts: [1] })
    void host.submit({ type: 'Wake', delayMs: 10, generation: 1 })
    clock.advance(50)
    assert.deepEqual(machine.fired, [])
    log.commit(1)
    host.committed()
    clock.advance(10)
    assert.equal(machine.fired.length, 1)
  })

  it('comes up again later while the host is full', async () => {
    host = newHost({ waitingMax: 2 })
    host.start(machine)
    await host.submit({ type: 'Wake', delayMs: 10, generation: 1 })
    void host.submit({ type: 'Add', amounts: [1] })
    clock.advance(10)
    assert.deepEqual(machine.fired, [])
    log.commit(1)
    host.committed()
    clock.advance(100)
    assert.equal(machine.fired.length, 1)
  })

  it('handles the first event at every start', () => {
    host = newHost({ firstEvent: { type: 'Print', text: 'started' } })
    host.start(machine)
    host.failed(new Error('leadership has moved on'))
    host.start(machine)
    assert.deepEqual(performed, ['started', 'started'])
  })
})

describe('closing', () => {
  it('refuses what waits and what comes', async () => {
    const held = host.submit({ type: 'Add', amounts: [1] })
    const cause = new Error('shutting down')
    host.close(cause)
    host.close()
    await assert.rejects(held, { reason: 'closed', cause })
    await assert.rejects(host.submit({ type: 'Read' }), { reason: 'closed' })
    assert.equal(host.state, 'closed')
  })

  it('starts only from standby', () => {
    assert.throws(() => host.start(machine), { name: 'InvariantViolation' })
  })
})

describe('decide', () => {
  it('makes a decision of a reply alone', () => {
    assert.deepEqual(decide('NONE'), { records: [], effects: [], reply: 'NONE' })
  })
})
