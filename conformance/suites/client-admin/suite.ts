/**
 * Every call of our Admin on a real node: results per thing, errors by their names, routing, pages. The same on Apache
 * Kafka with `--against apache`; with `--all` also on 3.9, the oldest that the client is held to.
 */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

import { connect } from '@gregor/client'

import { startApacheKafka } from '../../harness/apache-kafka.ts'
import type { Server, ServerOptions } from '../../harness/server.ts'
import { Unavailable, type Suite, type SuiteContext } from '../../harness/suite.ts'
import type { AdminCase } from './admin-case.ts'
import { clusterCases } from './cases/cluster.ts'
import { configCases } from './cases/configs.ts'
import { groupCases } from './cases/groups.ts'
import { permissionCases } from './cases/permissions.ts'
import { topicCases } from './cases/topics.ts'
import { transactionCases } from './cases/transactions.ts'

const cases: readonly AdminCase[] = [
  ...topicCases,
  ...configCases,
  ...groupCases,
  ...transactionCases,
  ...clusterCases,
  ...permissionCases,
]

export const suite: Suite = {
  name: 'client-admin',
  core: true,
  budgetSeconds: 120,
  async run(context) {
    await runCases(context, { start: context.startServer, cases, where: '' })
    if (context.scope === 'core') return
    const old = cases.filter(({ isNew }) => isNew !== true)
    await runCases(context, { start: startOld, cases: old, where: ' (Apache Kafka 3.9)' })
  },
}

interface Run {
  readonly start: (options: ServerOptions) => Promise<Server>
  readonly cases: readonly AdminCase[]
  readonly where: string
}

async function runCases({ check, directory }: SuiteContext, run: Run): Promise<void> {
  const logDirs = ['d1', 'd2'].map((name) => join(directory, `${run.where === '' ? 'new' : 'old'}-${name}`))
  for (const path of logDirs) mkdirSync(path, { recursive: true })
  const server = await run.start({
    properties: {
      'node.id': 1,
      'log.dirs': logDirs.join(','),
      'offsets.topic.num.partitions': 3,
      'transaction.state.log.num.partitions': 3,
      'group.initial.rebalance.delay.ms': 0,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
    },
  })
  try {
    await using kafka = await connect({ bootstrap: server.bootstrap })
    await using admin = kafka.admin({ defaultApiTimeoutMs: 15_000 })
    for (const { name, run: body } of run.cases) {
      await check(`${name}${run.where}`, () => body({ admin, kafka, logDirs }))
    }
  } finally {
    await server.stop()
  }
}

async function startOld(options: ServerOptions): Promise<Server> {
  try {
    return await startApacheKafka({ version: '3.9.1', ...options })
  } catch (error) {
    if (error instanceof Unavailable) throw error
    throw new Error('Apache Kafka 3.9 did not start', { cause: error })
  }
}
