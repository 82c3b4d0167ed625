/** What a process has cost so far, as the operating system counts it. Linux only: elsewhere there is nothing to say. */

import { existsSync, readFileSync } from 'node:fs'

/** Of `/proc`: the same on every Linux. */
const ticksPerSecond = 100

/** User and system time of all its threads; `undefined` where the system does not tell. */
export function cpuSeconds(pid: number): number | undefined {
  const file = `/proc/${pid}/stat`
  if (!existsSync(file)) return undefined
  const text = readFileSync(file, 'latin1')
  // The second field is the command in parentheses, and may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

/** Resident memory, in MiB. */
export function residentMiB(pid: number): number | undefined {
  const file = `/proc/${pid}/status`
  if (!existsSync(file)) return undefined
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(file, 'latin1')) ?? []
  return kibibytes === undefined ? undefined : Number(kibibytes) / 1024
}
