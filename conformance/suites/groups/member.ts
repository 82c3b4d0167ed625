/**
 * A member of a group, as a process of its own that can be killed and stopped: each client's program stands in `members/`
 * and is given `BOOTSTRAP TOPIC GROUP PROTOCOL SESSION_MS`. It reads all that is assigned to it, commits, and prints one
 * JSON object a line: `{"assigned": [all its partitions]}` when that changes, `{"consumed": [[partition, offset], …]}`.
 * It leaves the group when its input ends.
 */

import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ChildProcess } from 'node:child_process'

import type { Program } from '../../clients/driver.ts'
import { background, collect, ended } from '../../harness/process.ts'

export type GroupProtocol = 'classic' | 'consumer'

export interface Membership {
  readonly bootstrap: string
  readonly topic: string
  readonly group: string
  readonly protocol: GroupProtocol
  readonly sessionTimeoutMs: number
  /** More configs. Java only. */
  readonly properties?: Readonly<Record<string, string>>
}

export class GroupMember {
  readonly #child: ChildProcess
  readonly #stderr: () => string
  readonly #ended: Promise<unknown>
  #assigned: readonly number[] = []
  readonly #consumed: (readonly [partition: number, offset: number])[] = []

  private constructor(child: ChildProcess) {
    this.#child = child
    this.#stderr = collect(child, 'stderr')
    this.#ended = ended(child)
    if (child.stdout === null) throw new Error('a member has no standard output')
    child.stdin?.on('error', () => child.stdin?.destroy())
    createInterface({ input: child.stdout, crlfDelay: Infinity }).on('line', (line) => this.#hear(line))
  }

  static start(
    { command, given, environment }: Program,
    { bootstrap, topic, group, protocol, sessionTimeoutMs, properties = {} }: Membership,
  ): GroupMember {
    const more = Object.entries(properties).map(([name, value]) => `${name}=${value}`)
    const own = [...given, bootstrap, topic, group, protocol, String(sessionTimeoutMs), ...more]
    return new GroupMember(background(command, own, { ...(environment !== undefined && { environment }) }))
  }

  get assigned(): readonly number[] {
    return this.#assigned
  }

  /** In the order in which it was read; what was read twice is here twice. */
  get consumed(): readonly (readonly [partition: number, offset: number])[] {
    return this.#consumed
  }

  /** What it has complained of. */
  get complaints(): string {
    return this.#stderr().trim().slice(-1_000)
  }

  /** SIGKILL: nobody hears from it again. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  /** SIGSTOP: it does nothing, and its connections stay. */
  pause(): void {
    this.#child.kill('SIGSTOP')
  }

  resume(): void {
    this.#child.kill('SIGCONT')
  }

  /** It leaves its group, and ends. */
  async leave(): Promise<void> {
    this.#child.stdin?.end()
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 10_000)
    await this.#ended
    clearTimeout(timer)
  }

  #hear(line: string): void {
    const { assigned, consumed } = JSON.parse(line) as {
      assigned?: readonly number[]
      consumed?: readonly (readonly [number, number])[]
    }
    if (assigned !== undefined) this.#assigned = assigned.toSorted((a, b) => a - b)
    if (consumed !== undefined) this.#consumed.push(...consumed)
  }
}

/** Waits until it holds; resolves to how long that took, in ms. Throws with what `present` says when it takes too long. */
export async function until(
  what: string,
  holds: () => boolean,
  given: { readonly msMax: number; readonly present: () => unknown },
): Promise<number> {
  const beganMs = performance.now()
  while (!holds()) {
    if (performance.now() - beganMs > given.msMax) {
      throw new Error(`after ${given.msMax} ms not yet: ${what}; ${JSON.stringify(given.present())}`)
    }
    await sleep(20)
  }
  return performance.now() - beganMs
}
