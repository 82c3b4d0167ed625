/**
 * Our producer against a real server: what it writes is read back by the Java client, where it puts records is compared
 * with where the Java client puts them; transactions, fencing, refusals; and a server that is killed while it sends.
 */

import assert from 'node:assert/strict'

import { type Kafka, connect } from '@gregor/client'

import { Driver } from '../../clients/driver.ts'
import { javaClient } from '../../clients/programs.ts'
import { apacheClassPath } from '../../harness/apache-kafka.ts'
import type { Suite } from '../../harness/suite.ts'
import { survivesKills } from './kill-case.ts'
import { recordCases } from './record-cases.ts'
import { refusalCases } from './refusal-cases.ts'
import { transactionCases } from './transaction-cases.ts'

/** What the cases work with. */
export interface Given {
  readonly kafka: Kafka
  readonly java: Driver
  readonly bootstrap: string
}

export interface ProducerCase {
  readonly name: string
  readonly body: (given: Given) => Promise<string | void>
}

export const suite: Suite = {
  name: 'client-producer',
  core: true,
  budgetSeconds: 180,
  async prepare() {
    await apacheClassPath()
    await javaClient()
  },
  async run({ check, scope, directory, startServer }) {
    const server = await startServer({ directory, properties: { 'message.max.bytes': 2_000_000 } })
    const { bootstrap } = server
    // That nobody answers while the server is down is known.
    const kafka = await connect({ bootstrap, logLevel: 'error' })
    const java = Driver.start(await javaClient(), bootstrap)
    for (const { name, body } of [...recordCases, ...refusalCases, ...transactionCases]) {
      await check(name, () => body({ kafka, java, bootstrap }))
    }
    // Apache Kafka takes its time to start.
    const rounds = scope === 'all' ? 6 : server.name === 'Gregor' ? 3 : 1
    await check(
      `kill -9 while records are sent, ${rounds} times: each acknowledged one is there, once and in order`,
      () => survivesKills({ kafka, java, bootstrap, server, startServer, directory, rounds }),
    )
    await java.close()
    await kafka.close()
    assert.ok(java.hasEnded)
  },
}
