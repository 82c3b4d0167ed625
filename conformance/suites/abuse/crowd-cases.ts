/** Many connections, slow ones, and such that are never done. */

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

import { askOnce, openFiles, untilFilesAreClosed } from './watch.ts'
import { type AbuseCase, type AbuseTarget, closeAll, int32, open, openMany, outcome, question } from './wire.ts'

export const crowdCases: readonly AbuseCase[] = [
  {
    name: 'slow-loris: 200 connections that send a byte now and then stay, and cost nothing',
    async body({ port }, scale) {
      const sockets = await openMany(port, 200)
      const bytes = question()
      for (let index = 0; index < Math.min(bytes.length - 1, 10 * scale); index++) {
        for (const socket of sockets) socket.write(bytes.subarray(index, index + 1))
        await sleep(100)
      }
      assert.ok(sockets.every((socket) => !socket.destroyed))
      closeAll(sockets)
    },
  },
  {
    name: 'half-open connections: closed when they are done, and their descriptors are given back',
    async body(server) {
      const before = openFiles(server)
      const halves = await Promise.all(Array.from({ length: 100 }, () => open(server.port, { allowHalfOpen: true })))
      for (const socket of halves) socket.end(question())
      const left = await untilFilesAreClosed(server, before + 5)
      assert.ok(left <= before + 5, `${left} open files instead of ${before}`)
      closeAll(halves)
    },
  },
  {
    name: '1,000 idle connections',
    async body(server) {
      const sockets = await openMany(server.port, 1_000)
      const slowest = Math.max(...(await Promise.all(Array.from({ length: 10 }, () => askOnce(server)))))
      assert.ok(sockets.every((socket) => !socket.destroyed))
      closeAll(sockets)
      return `ten questions at once beside them within ${Math.round(slowest)} ms`
    },
  },
  {
    name: 'connections that come and go: their descriptors are given back',
    async body(server, scale) {
      const before = openFiles(server)
      for (let round = 0; round < 40 * scale; round++) closeAll(await openMany(server.port, 50))
      const left = await untilFilesAreClosed(server, before + 5)
      assert.ok(left <= before + 5, `${left} open files instead of ${before}`)
      return `${2_000 * scale} connections`
    },
  },
]

/** With `connections.max.idle.ms` of 1.5 s. */
export async function idleOnesAreClosed({ port }: AbuseTarget): Promise<void> {
  const [quiet, busy, half, dripping] = await openMany(port, 4)
  assert.ok(quiet !== undefined && busy !== undefined && half !== undefined && dripping !== undefined)
  const closed = new Set<string>()
  for (const [name, socket] of Object.entries({ quiet, half, dripping })) {
    socket.resume().once('close', () => closed.add(name))
  }
  half.write(Buffer.concat([int32(1_000), Buffer.alloc(500)]))
  dripping.write(int32(1_000))
  for (let round = 0; round < 10; round++) {
    assert.equal(await outcome(busy, question(), 5_000), 'answered')
    if (!dripping.destroyed) dripping.write(Buffer.alloc(1))
    await sleep(400)
  }
  assert.deepEqual([...closed].toSorted(), ['dripping', 'half', 'quiet'])
  busy.destroy()
}

/** With `max.connections.per.ip` of 20. */
export async function oneMoreOfAnAddressIsClosed(server: AbuseTarget): Promise<string> {
  const sockets = await openMany(server.port, 20)
  const linesBefore = server.output().split('Refused a connection').length
  for (let round = 0; round < 10; round++) {
    const more = await openMany(server.port, 20)
    const outcomes = await Promise.all(more.map((socket) => outcome(socket, question(), 5_000)))
    assert.ok(outcomes.every((how) => how === 'closed'))
  }
  for (const socket of sockets) assert.equal(await outcome(socket, question(), 5_000), 'answered')
  closeAll(sockets)
  await sleep(300)
  await askOnce(server)
  const lines = server.output().split('Refused a connection').length - linesBefore
  assert.ok(lines > 0 && lines <= 33, `${lines} lines for 200 refusals`)
  return `200 refused, ${lines} lines`
}

/** With `max.connections` of 20: as in Apache Kafka, who comes then waits for one to leave. */
export async function oneMoreOfAllWaits({ port }: AbuseTarget): Promise<void> {
  const sockets = await openMany(port, 20)
  for (const socket of sockets) assert.equal(await outcome(socket, question(), 5_000), 'answered')
  const waiting = await openMany(port, 200)
  const [first] = waiting
  assert.ok(first !== undefined)
  assert.equal(await outcome(first, question(), 500), 'silent')
  for (const socket of sockets) assert.equal(await outcome(socket, question(), 5_000), 'answered')
  const answered = new Promise((resolve) => first.once('data', resolve))
  closeAll(sockets)
  await Promise.race([answered, sleep(5_000).then(() => assert.fail('who waited is not served, though there is room'))])
  closeAll(waiting)
}
