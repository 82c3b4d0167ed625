/** A new server makes the topic of its groups when somebody first asks for a coordinator. */

import { setTimeout as sleep } from 'node:timers/promises'

import { DescribeGroups, errorCode, FindCoordinator } from '@gregor/protocol'

import { RawClient } from '../../harness/raw-client.ts'

export async function untilCoordinated(port: number): Promise<void> {
  const client = new RawClient(port)
  const unknown = errorCode('GROUP_ID_NOT_FOUND')
  for (let isServed = false; !isServed; await sleep(20)) {
    await client.call(FindCoordinator, { keyType: 0, coordinatorKeys: ['g'] })
    const answer = await client.call(DescribeGroups, { groups: ['g'] })
    isServed = answer !== 'closed' && answer.groups[0]?.errorCode === unknown
  }
  client.close()
}
