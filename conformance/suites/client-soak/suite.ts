/**
 * Our client for a long time in a world that keeps breaking: one producer and two groups (one in each protocol) go on
 * while the broker is restarted every minute, by turns in order and by kill -9, and every 45 s a member is killed. Run by
 * name only: `npm run conformance -- client-soak` for three minutes, with `--all` for thirty.
 */

import type { Suite } from '../../harness/suite.ts'
import { soak } from './soak.ts'

export const suite: Suite = {
  name: 'client-soak',
  core: false,
  budgetSeconds: 2_400,
  async run({ check, scope, directory, startServer }) {
    const minutes = scope === 'all' ? 30 : 3
    await check(
      `${minutes} minutes of restarts and killed members: nothing lost, nothing doubled beyond at-least-once, memory flat`,
      () => soak({ startServer, directory, minutes }),
    )
  },
}
