/** Runs one suite and keeps what came out: each case is printed as it ends, and a budget bounds the whole. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Server, ServerOptions } from './server.ts'
import { Unavailable, type Suite, type SuiteContext } from './suite.ts'

export interface CaseResult {
  readonly name: string
  readonly outcome: 'passed' | 'failed' | 'gap'
  readonly durationMs: number
  /** Why it failed or is a gap; what a passed one had to add. */
  readonly detail?: string
}

export interface SuiteResult {
  readonly name: string
  readonly outcome: 'passed' | 'failed' | 'unavailable'
  readonly durationSeconds: number
  readonly budgetSeconds: number
  readonly cases: readonly CaseResult[]
  /** Why it is unavailable, or failed beside its cases. */
  readonly detail?: string
}

export interface RunSuiteOptions {
  readonly scope: SuiteContext['scope']
  readonly startServer: (options?: ServerOptions) => Promise<Server>
  readonly print: (line: string) => void
}

export async function runSuite(suite: Suite, { scope, startServer, print }: RunSuiteOptions): Promise<SuiteResult> {
  const { name, budgetSeconds } = suite
  const cases: CaseResult[] = []
  const result = (outcome: SuiteResult['outcome'], durationSeconds: number, detail?: string): SuiteResult => {
    const rest = detail === undefined ? '' : `: ${detail}`
    print(`${symbols[outcome]} ${name} ${outcome} in ${durationSeconds.toFixed(1)} of ${budgetSeconds} s${rest}`)
    return { name, outcome, durationSeconds, budgetSeconds, cases, ...(detail !== undefined && { detail }) }
  }

  print(`${name} (budget ${budgetSeconds} s)`)
  try {
    await suite.prepare?.()
  } catch (error) {
    return result(error instanceof Unavailable ? 'unavailable' : 'failed', 0, messageOf(error))
  }

  const began = performance.now()
  const servers: Server[] = []
  const budget = new AbortController()
  const directory = mkdtempSync(join(tmpdir(), `gregor-${name}-`))
  const context: SuiteContext = {
    scope,
    directory,
    signal: budget.signal,
    async startServer(options) {
      const server = await startServer(options)
      servers.push(server)
      return server
    },
    async check(caseName, body) {
      if (budget.signal.aborted) return
      const done = await runCase(caseName, body)
      // What ends after the budget is the budget's failure, not its own.
      if (budget.signal.aborted) return
      cases.push(done)
      print(caseLine(done))
    },
    gap(caseName, reason) {
      const known = { name: caseName, outcome: 'gap', durationMs: 0, detail: reason } as const
      cases.push(known)
      print(caseLine(known))
    },
  }
  try {
    await withinBudget(suite.run(context), budgetSeconds, budget)
    if (cases.length === 0) throw new Error('it ran no case')
  } catch (error) {
    return result('failed', secondsSince(began), messageOf(error))
  } finally {
    await Promise.allSettled(servers.map((server) => server.kill()))
    // What a suite left running when its budget was spent may still write.
    rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
  }
  return result(cases.some(({ outcome }) => outcome === 'failed') ? 'failed' : 'passed', secondsSince(began))
}

const symbols = { passed: '✔', failed: '✖', unavailable: '-', gap: '○' } as const

async function runCase(name: string, body: () => Promise<string | void>): Promise<CaseResult> {
  const began = performance.now()
  try {
    const detail = await body()
    const durationMs = Math.round(performance.now() - began)
    return { name, outcome: 'passed', durationMs, ...(typeof detail === 'string' && { detail }) }
  } catch (error) {
    return { name, outcome: 'failed', durationMs: Math.round(performance.now() - began), detail: messageOf(error) }
  }
}

function caseLine({ name, outcome, durationMs, detail }: CaseResult): string {
  return `  ${symbols[outcome]} ${name} (${durationMs} ms)${detail === undefined ? '' : `: ${detail}`}`
}

async function withinBudget(work: Promise<void>, budgetSeconds: number, budget: AbortController): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const spent = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      budget.abort()
      reject(new Error(`its budget of ${budgetSeconds} s is spent`))
    }, budgetSeconds * 1000)
  })
  try {
    await Promise.race([work, spent])
  } finally {
    clearTimeout(timer)
  }
}

function secondsSince(began: number): number {
  return Math.round((performance.now() - began) / 100) / 10
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
