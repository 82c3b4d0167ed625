/** For tests of who may do what: a broker with ACLs on which the anonymous caller may do everything. */
import { CreateAcls } from '@gregor/protocol'
import type { BrokerFixture, Caller } from '../broker-fixture.ts'

export const withAcls = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users': 'User:ANONYMOUS',
}

const resourceTypes = { TOPIC: 2, GROUP: 3, CLUSTER: 4, TRANSACTIONAL_ID: 5 } as const
const operations = { READ: 3, WRITE: 4, ALTER: 7, DESCRIBE: 8, CLUSTER_ACTION: 9 } as const

export interface Permission {
  readonly user: string
  readonly type: keyof typeof resourceTypes
  /** Of the cluster it is `kafka-cluster`. */
  readonly name: string
  readonly operation: keyof typeof operations
}

export async function allow(fixture: BrokerFixture, ...permissions: readonly Permission[]): Promise<void> {
  const creations = permissions.map(({ user, type, name, operation }) => ({
    resourceType: resourceTypes[type],
    resourceName: name,
    resourcePatternType: 3,
    principal: `User:${user}`,
    host: '*',
    operation: operations[operation],
    permissionType: 3,
  }))
  const { results } = await fixture.call(CreateAcls, { creations })
  const failed = results.find(({ errorCode }) => errorCode !== 0)
  if (failed !== undefined) throw new Error(failed.errorMessage ?? String(failed.errorCode))
}

export function as(name: string): Caller {
  return { principal: { type: 'User', name, tokenAuthenticated: false } }
}
