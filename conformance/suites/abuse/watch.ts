/** Watches a server while it is abused: its memory, its open files, and how soon it answers somebody else meanwhile. */

import { readFileSync, readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

import { type AbuseTarget, open, outcome, question } from './wire.ts'

const pauseMs = 20
const answerMsMax = 10_000

export interface Watched {
  /** The most memory that it had. */
  readonly residentMiB: number
  /** Of an honest client, on a connection that it holds and on a new one. */
  readonly medianMs: number
  readonly slowestMs: number
}

/** Throws when an honest client was not answered while `doing` went on. */
export async function watched(server: AbuseTarget, doing: () => Promise<void>): Promise<Watched> {
  let most = residentMiB(server)
  const tookMs: number[] = []
  let isDone = false
  let failure: unknown
  const watching = (async () => {
    const held = await open(server.port)
    do {
      tookMs.push(await askOn(held), await askOnce(server))
      most = Math.max(most, residentMiB(server))
      await sleep(pauseMs)
    } while (!isDone)
    held.destroy()
  })().catch((error: unknown) => {
    failure = error
  })
  try {
    await doing()
  } finally {
    isDone = true
    await watching
  }
  if (failure instanceof Error) throw failure
  const sorted = tookMs.toSorted((one, other) => one - other)
  return { residentMiB: most, medianMs: sorted[sorted.length >> 1] ?? 0, slowestMs: sorted.at(-1) ?? 0 }
}

/** A question on a connection of its own. Returns how long it took. */
export async function askOnce(server: AbuseTarget): Promise<number> {
  const began = performance.now()
  const socket = await open(server.port)
  await askOn(socket)
  socket.destroy()
  return performance.now() - began
}

async function askOn(socket: Awaited<ReturnType<typeof open>>): Promise<number> {
  const began = performance.now()
  const how = await outcome(socket, question(), answerMsMax)
  if (how !== 'answered') throw new Error(`an honest client is ${how} after ${answerMsMax} ms`)
  return performance.now() - began
}

export function residentMiB({ pid }: AbuseTarget): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  if (kibibytes === undefined) throw new Error(`process ${pid} has no memory`)
  return Number(kibibytes) / 1024
}

export function openFiles({ pid }: AbuseTarget): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

/** Connections that were closed are let go of a moment later. */
export async function untilFilesAreClosed(server: AbuseTarget, countMax: number): Promise<number> {
  for (let attempt = 0; attempt < 100 && openFiles(server) > countMax; attempt++) await sleep(50)
  return openFiles(server)
}
