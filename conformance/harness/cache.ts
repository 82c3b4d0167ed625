/**
 * Where downloads stay between runs, in the user's cache folder, and how they get there: with retries, as the network
 * of a build machine has its moments; what cannot be had in the end makes its suite unavailable.
 */

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { Unavailable } from './suite.ts'

const retryDelaysMs = [3_000, 15_000]

export interface Download {
  /** Part of the folder's name: `python-kcat`. */
  readonly name: string
  /** The files that say what is wanted: another content is another folder. */
  readonly lockedBy: readonly string[]
  /** Fills the folder. A run that throws is repeated, from an empty folder. */
  readonly fill: (folder: string) => Promise<unknown>
}

/** The folder of what was downloaded before or is downloaded now. Throws `Unavailable` when all attempts failed. */
export async function cached({ name, lockedBy, fill }: Download): Promise<string> {
  const hash = createHash('sha256')
  for (const file of lockedBy) hash.update(readFileSync(file))
  const folder = join(cacheFolder(), `${name}-${hash.digest('hex').slice(0, 12)}`)
  const complete = join(folder, '.complete')
  if (existsSync(complete)) return folder
  await withRetries(name, async () => {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    await fill(folder)
  })
  writeFileSync(complete, '')
  return folder
}

export async function withRetries(name: string, attempt: () => Promise<unknown>): Promise<void> {
  for (const delayMs of [...retryDelaysMs, undefined]) {
    try {
      await attempt()
      return
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      if (delayMs === undefined) throw new Unavailable(`${name}: ${reason}`, { cause: error })
      process.stdout.write(`  ${name}: ${reason.split('\n', 1)[0] ?? ''}; again in ${delayMs / 1000} s\n`)
      await sleep(delayMs)
    }
  }
}

function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'gregor', 'conformance')
}
