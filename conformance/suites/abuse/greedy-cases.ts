/** Clients that ask for more than they take, or send more than they mean to finish. */

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

import { Fetch, Metadata, Produce } from '@gregor/protocol'

import { batchOf, filledTopic, frameOf } from './honest-client.ts'
import { type AbuseCase, type AbuseTarget, closeAll, int32, openMany, question } from './wire.ts'

const mib = 1_048_576

export const greedyCases: readonly AbuseCase[] = [
  {
    name: 'clients that ask for 1 MB over and over and never read',
    body: (server, scale) => neverReading(server, 40, repeated(fetchOf(mib), 200 * scale)),
  },
  {
    name: 'clients that ask for 50 MB at once and never read',
    body: (server, scale) => neverReading(server, 40, repeated(fetchOf(50 * mib), 5 * scale)),
  },
  {
    name: 'clients that wait for records over and over and never read',
    body: (server, scale) => neverReading(server, 40, repeated(fetchOf(mib, 300), 200 * scale)),
  },
  {
    name: 'clients that ask small questions without end and never read',
    body: (server, scale) => neverReading(server, 40, repeated(question(), 2_000 * scale)),
  },
  {
    name: 'clients that ask for all topics without end and never read',
    body: (server, scale) => {
      const all = frameOf(Metadata, 9, { topics: null })
      return neverReading(server, 40, repeated(all, 2_000 * scale))
    },
  },
  {
    name: 'clients that send small batches without end and never read',
    body: (server, scale) => {
      const produce = frameOf(Produce, 7, {
        acks: -1,
        timeoutMs: 1_000,
        topicData: [{ name: 'small', partitionData: [{ index: 0, records: batchOf('small') }] }],
      })
      return neverReading(server, 40, repeated(produce, 2_000 * scale))
    },
  },
  {
    name: 'frames of 100 MB on 40 connections that stop after 20 MB each',
    async body({ port }) {
      const sockets = await openMany(port, 40)
      const beginning = Buffer.concat([int32(100_000_000), Buffer.alloc(20_000_000)])
      for (const socket of sockets) socket.write(beginning)
      await sleep(5_000)
      const taken = sockets.reduce((sum, { bytesWritten, writableLength }) => sum + bytesWritten - writableLength, 0)
      closeAll(sockets)
      return `${Math.round(taken / 1e6)} of 800 MB were taken`
    },
  },
]

/** Each writes all of it, as far as it is taken, and reads nothing. */
async function neverReading({ port }: AbuseTarget, count: number, asked: Buffer): Promise<string> {
  const sockets = await openMany(port, count)
  for (const socket of sockets) socket.pause().write(asked)
  await sleep(3_000)
  const left = sockets.filter((socket) => !socket.destroyed).length
  assert.ok(sockets.every(({ bytesWritten }) => bytesWritten > 0))
  closeAll(sockets)
  return `${count} connections, ${left} not closed`
}

function repeated(frame: Buffer, count: number): Buffer {
  return Buffer.concat(Array.from({ length: count }, () => frame))
}

/** @param waitMs - for more than there is; 0: what is there at once. */
function fetchOf(maxBytes: number, waitMs: number = 0): Buffer {
  return frameOf(Fetch, 4, {
    maxWaitMs: waitMs,
    minBytes: waitMs === 0 ? 0 : 2 * maxBytes,
    maxBytes: waitMs === 0 ? maxBytes : 2 * maxBytes,
    topics: [{ topic: filledTopic, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: maxBytes }] }],
  })
}
