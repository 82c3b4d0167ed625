/** kill -9 while clients are in transactions: who reads committed records sees each transaction whole, or nothing of it. */

import type { Suite } from '../../harness/suite.ts'
import { installedLoads, type Loads } from '../crash/kill-cases.ts'
import { seesWholeTransactions } from './kill-case.ts'

export const suite: Suite = {
  name: 'transactions-crash',
  core: true,
  budgetSeconds: 240,
  async prepare() {
    loads = await installedLoads()
  },
  async run({ check, scope, directory, startServer }) {
    const rounds = scope === 'all' ? 20 : 5
    await check(
      `kill -9 in the middle of transactions, ${rounds} times: each is read whole or not at all, and no commit is lost`,
      () => seesWholeTransactions({ startServer, directory, loads, rounds }),
    )
  },
}

let loads: Loads = []
