/**
 * Tests of what the hot path costs, in counted work: calls of the system, bytes that are copied, memory that is
 * allocated. Time would be noise; these are the same in each run, on any machine.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { bench, fetchFrame, memoryOf, produceFrames, type Bench } from './hot-path-fixture.ts'

describe('the hot path of Produce', () => {
  it('writes a hundred small batches of one read once, and answers them with one write', async () => {
    await using given = await bench()
    const { fixture, to, disk, connect } = given
    const socket = connect()
    socket.deliver(produceFrames(to, 100, 100))
    await fixture.advance(0)
    assert.equal(disk.writes.length, 1)
    assert.deepEqual([socket.writeCount, socket.answerCount], [1, 100])
  })

  it('writes the small batches of many connections in one turn once', async () => {
    await using given = await bench()
    const { fixture, to, disk, connect } = given
    const sockets = Array.from({ length: 20 }, connect)
    const frames = produceFrames(to, 2, 100)
    for (const socket of sockets) socket.deliver(frames)
    await fixture.advance(0)
    assert.equal(disk.writes.length, 1)
    for (const socket of sockets) assert.deepEqual([socket.writeCount, socket.answerCount], [1, 2])
  })

  it('writes large batches from where they were received, all of a read at once, and copies none of them', async (t) => {
    await using given = await bench()
    const { to, disk, connect } = given
    const frames = produceFrames(to, 5, 16_000)
    const copies = given.countCopies(t)
    const socket = connect()
    socket.deliver(frames)
    assert.equal(disk.writes.length, 1)
    assert.equal(disk.writes[0]?.length, 5)
    for (const { buffer } of disk.writes[0] ?? []) assert.equal(buffer, socket.memory)
    assert.deepEqual([socket.writeCount, socket.answerCount], [1, 5])
    // The answers, put together for one write.
    assert.ok(copies.bytes < 5 * 100, `${copies.bytes} bytes were copied`)
  })

  it('copies small batches twice: out of the receive buffer, and together for one write', async (t) => {
    await using given = await bench()
    const { fixture, to, connect } = given
    const frames = produceFrames(to, 100, 100)
    const copies = given.countCopies(t)
    const socket = connect()
    socket.deliver(frames)
    await fixture.advance(0)
    assert.equal(socket.answerCount, 100)
    assert.ok(copies.bytes > frames.length, 'what is copied is counted')
    assert.ok(copies.bytes < 2 * frames.length + 100 * 100, `${copies.bytes} bytes were copied`)
  })

  it('lets a request see what was sent before it on its connection', async () => {
    await using given = await bench()
    const { fixture, to, connect } = given
    const socket = connect()
    socket.deliver(Buffer.concat([produceFrames(to, 1, 1_000), fetchFrame(to)]))
    await fixture.advance(0)
    assert.equal(socket.answerCount, 2)
    assert.ok(socket.bytes.includes('x'.repeat(1_000)))
  })
})

describe('the hot path of Fetch', () => {
  it('reads with one call and writes with one, from the memory that was read into', async (t) => {
    await using given = await bench()
    const { fixture, to, disk, connect } = given
    const backlog = produceFrames(to, 20, 16_000)
    connect().deliver(backlog)
    await fixture.advance(0)
    const socket = connect()
    // Where batches begin must be found out once.
    socket.deliver(fetchFrame(to))
    await fixture.advance(0)
    const [readsBefore, writesBefore] = [disk.reads.length, socket.writeCount]
    const copies = given.countCopies(t)
    socket.copies = copies
    socket.deliver(fetchFrame(to))
    await fixture.advance(0)
    const largest = (socket.sent.at(-1) ?? []).toSorted((a, b) => b.length - a.length)[0] ?? Buffer.alloc(0)
    assert.ok(largest.length > 20 * 16_000)
    assert.equal(memoryOf(largest), disk.reads.at(-1)?.buffer)
    assert.ok(disk.reads.length - readsBefore <= 2, `${disk.reads.length - readsBefore} reads`)
    assert.equal(socket.writeCount - writesBefore, 1)
    // What is around the records in the answer.
    assert.ok(copies.bytes < 500, `${copies.bytes} bytes were copied`)
  })
})

describe('the heap on the hot path', () => {
  // Measured before the compiler has optimized anything, which takes nothing but away: 3.2 and 10.9 kB.
  const produceBytesMax = 4_000
  const fetchBytesMax = 13_500

  it('is little used by a Produce', async () => {
    await using given = await bench()
    const perRequest = await heapBytesPer(given, () => produceFrames(given.to, 1, 100))
    assert.ok(perRequest < produceBytesMax, `${perRequest} bytes for a request`)
  })

  it('is little used by a Fetch', async () => {
    await using given = await bench()
    given.connect().deliver(produceFrames(given.to, 2, 16_000))
    await given.fixture.advance(0)
    const perRequest = await heapBytesPer(given, () => fetchFrame(given.to))
    assert.ok(perRequest < fetchBytesMax, `${perRequest} bytes for a request`)
  })
})

/** Too little for the collector to come within a round. */
const requestCount = 20
const roundCount = 9

/** Of the rounds the one in the middle: what a compiler takes of the heap it takes now and then. */
async function heapBytesPer({ fixture, disk, connect }: Bench, frame: () => Buffer): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const frames = Buffer.concat(Array.from({ length: requestCount }, frame))
  const socket = connect()
  socket.keeps = false
  const taken: number[] = []
  for (let round = 0; round < roundCount; round++) {
    collect()
    const before = process.memoryUsage().heapUsed
    socket.deliver(frames)
    taken.push(process.memoryUsage().heapUsed - before)
    await fixture.advance(0)
    disk.writes.length = 0
    disk.reads.length = 0
  }
  return (taken.toSorted((a, b) => a - b)[Math.floor(roundCount / 2)] ?? Number.NaN) / requestCount
}
