/**
 * Our consumer against a real server: in groups that it shares with the Java client, in both protocols, as leader and not;
 * what it reads, where it begins, what it commits, and what becomes of it when the server is killed.
 */

import assert from 'node:assert/strict'

import { type Kafka, connect } from '@gregor/client'

import { Driver, type Program } from '../../clients/driver.ts'
import { javaClient } from '../../clients/programs.ts'
import { apacheClassPath } from '../../harness/apache-kafka.ts'
import type { Suite } from '../../harness/suite.ts'
import { memberClients } from '../groups/clients.ts'
import { groupCases } from './group-cases.ts'
import { handlerCases } from './handler-cases.ts'
import { survivesKills } from './kill-case.ts'
import { readCases } from './read-cases.ts'
import { sharedCases } from './shared-cases.ts'

/** What the cases work with. */
export interface Given {
  readonly kafka: Kafka
  readonly java: Driver
  /** The Java client as a member of a group, in a process of its own. */
  readonly javaMember: Program
  readonly bootstrap: string
}

export interface ConsumerCase {
  readonly name: string
  readonly body: (given: Given) => Promise<string | void>
}

export const suite: Suite = {
  name: 'client-consumer',
  core: true,
  budgetSeconds: 240,
  async prepare() {
    await apacheClassPath()
    await javaClient()
    await javaMemberProgram()
  },
  async run({ check, scope, directory, startServer }) {
    const properties = {
      'group.initial.rebalance.delay.ms': 0,
      'group.min.session.timeout.ms': 1_000,
      'group.consumer.min.heartbeat.interval.ms': 100,
      'group.consumer.heartbeat.interval.ms': 500,
      'offsets.topic.replication.factor': 1,
      'transaction.state.log.replication.factor': 1,
      'transaction.state.log.min.isr': 1,
    }
    const server = await startServer({ directory, properties })
    const { bootstrap } = server
    // That nobody answers while the server is down is known.
    const kafka = await connect({ bootstrap, logLevel: 'error' })
    const java = Driver.start(await javaClient(), bootstrap)
    const given = { kafka, java, bootstrap, javaMember: await javaMemberProgram() }
    for (const { name, body } of [...readCases, ...groupCases, ...handlerCases, ...sharedCases(scope)]) {
      await check(name, () => body(given))
    }
    // Apache Kafka takes its time to start.
    const rounds = scope === 'all' ? 10 : server.name === 'Gregor' ? 3 : 1
    await check(`kill -9 while a group reads, ${rounds} times: every record is read, in order`, () =>
      survivesKills({ ...given, server, startServer, directory, properties, rounds }),
    )
    await java.close()
    await kafka.close()
    assert.ok(java.hasEnded)
  },
}

async function javaMemberProgram(): Promise<Program> {
  const client = memberClients.find(({ name }) => name === 'Java')
  assert.ok(client !== undefined)
  return client.program()
}
