/**
 * The suite of one client: a server, the client's program, and the cases that it can be put through. What a client
 * itself cannot do is listed in `lacks`, found by running it against Apache Kafka, and its cases are left out.
 */

import assert from 'node:assert/strict'

import { servedApis } from '../harness/served-apis.ts'
import type { Suite } from '../harness/suite.ts'
import { adminCases } from './admin-cases.ts'
import { Driver, type Program } from './driver.ts'
import { groupCases, transactionCases } from './group-cases.ts'
import { recordCases } from './record-cases.ts'
import type { Client, ClientCase, Lack, Service } from './client-case.ts'

export interface ClientSuite {
  readonly name: string
  readonly budgetSeconds: number
  /** Installs the client. Throws `Unavailable` where it cannot be had. */
  readonly program: () => Promise<Program>
  readonly lacks?: readonly Lack[]
  /** Where Java's producer would put a record with this key, so does this one. */
  readonly hashesLikeJava: boolean
  /** What its guides do. */
  readonly walkthroughs?: readonly ClientCase[]
}

/** The API whose key tells whether it is served. */
const services: Readonly<Record<Service, { readonly key: number; readonly gap: string }>> = {
  groups: { key: 11, gap: 'groups are not served yet' },
  consumerGroups: { key: 68, gap: 'groups of the protocol of KIP-848 are not served yet' },
  transactions: { key: 24, gap: 'transactions are not served yet' },
}

export function clientSuite(client: ClientSuite): Suite {
  let program: Program | undefined
  return {
    name: client.name,
    core: true,
    budgetSeconds: client.budgetSeconds,
    async prepare() {
      program = await client.program()
    },
    async run({ check, gap, startServer, scope }) {
      const installed = program
      assert.ok(installed !== undefined)
      const server = await startServer({ properties: { 'group.initial.rebalance.delay.ms': 0 } })
      const served = await servedApis(server.port)
      const lacks = new Set<Lack>(client.lacks ?? [])
      const start = (): Driver => Driver.start(installed, server.bootstrap)
      let driver = start()
      const given: Client = {
        // One that ended in a case does not spoil the next.
        get driver() {
          if (driver.hasEnded) driver = start()
          return driver
        },
        server,
        scope,
        hashesLikeJava: client.hashesLikeJava,
        lacks: (lack) =>
          lacks.has(lack) ||
          (lack === 'consume' && lacks.has('consumeWithoutGroup') && !served.has(services.groups.key)),
      }
      const cases = [...recordCases, ...adminCases, ...(client.walkthroughs ?? []), ...groupCases, ...transactionCases]
      try {
        for (const { name, needs, service, isExtra, body } of cases) {
          const missing = needs.filter((need) => given.lacks(need))
          if ((missing.length > 0 && !missing.includes('consume')) || (isExtra === true && scope === 'core')) continue
          const wanted = service === undefined ? undefined : services[service]
          if (missing.includes('consume')) gap(name, 'the client reads in groups only, which are not served yet')
          else if (wanted !== undefined && !served.has(wanted.key)) gap(name, wanted.gap)
          else await check(name, () => body(given))
        }
      } finally {
        await driver.close()
      }
    },
  }
}
