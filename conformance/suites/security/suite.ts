/** Authorization and quotas against Apache Kafka's own classes, over thousands of made-up cases. Needs no server. */

import assert from 'node:assert/strict'
import { join } from 'node:path'

import {
  AclAuthorizer,
  RateWindow,
  TokenBucket,
  operationCodes,
  patternTypeCodes,
  permissionTypeCodes,
  principalFromText,
  resourceTypeCodes,
  type AclOperation,
  type PatternType,
  type PermissionType,
  type ResourceType,
} from '@gregor/security'

import { apacheClassPath, javaArguments } from '../../harness/apache-kafka.ts'
import { runWell } from '../../harness/process.ts'
import type { Suite } from '../../harness/suite.ts'

export const suite: Suite = {
  name: 'security',
  core: true,
  budgetSeconds: 180,
  async prepare() {
    await apacheClassPath()
  },
  async run({ check }) {
    await check('ACLs let in whom StandardAuthorizer lets in', compareAcls)
    await check('rates, token buckets and throttle times are those of Apache, to the millisecond', compareRates)
  },
}

const names = ['a', 'ab', 'abc', 'b', 'ba', '*', 'hardcode', 'h', 'x'] as const
const principals = ['User:ann', 'User:bob', 'User:*', 'User:root', 'Group:ann'] as const
const askers = ['User:ann', 'User:bob', 'User:root', 'Group:ann'] as const
const hosts = ['10.0.0.1', '10.0.0.2', '*'] as const
const resourceTypes = ['TOPIC', 'GROUP'] as const satisfies readonly ResourceType[]
const operations = Object.keys(operationCodes) as readonly AclOperation[]
const patterns = Object.keys(patternTypeCodes) as readonly PatternType[]
const permissions = Object.keys(permissionTypeCodes) as readonly PermissionType[]

async function compareAcls(): Promise<string> {
  const { below, one } = draws(4711)
  const input: string[] = []
  const ours: boolean[] = []
  for (let round = 0; round < 1_000; round++) {
    const allowsWhereNoneSpeaks = below(3) === 0
    input.push(`new\t${allowsWhereNoneSpeaks}`)
    const acls = Array.from({ length: below(8) }, () => ({
      type: one(resourceTypes),
      name: one(names),
      pattern: one(patterns),
      principal: one(principals),
      host: one(hosts),
      operation: one(operations),
      permission: one(permissions),
    }))
    for (const acl of acls) input.push(['acl', ...Object.values(acl)].join('\t'))
    const authorizer = new AclAuthorizer({ superUsers: ['User:root'], allowsWhereNoneSpeaks })
    authorizer.load(
      acls.map((acl) => ({
        resourceType: resourceTypeCodes[acl.type],
        resourceName: acl.name,
        patternType: patternTypeCodes[acl.pattern],
        principal: acl.principal,
        host: acl.host,
        operation: operationCodes[acl.operation],
        permissionType: permissionTypeCodes[acl.permission],
      })),
    )
    for (let question = 0; question < 20; question++) {
      const [who, host, type, name] = [one(askers), one(hosts.slice(0, 2)), one(resourceTypes), one(names)]
      const operation = one(operations.filter((each) => each !== 'ALL'))
      const principal = principalFromText(who)
      assert.ok(principal !== undefined)
      input.push(['ask', who, host, operation, type, name].join('\t'), ['any', who, host, operation, type].join('\t'))
      ours.push(authorizer.allows(principal, host, operation, { type, name }))
      ours.push(authorizer.allowsAny(principal, host, operation, type))
    }
  }
  const theirs = (await ask('acls', input)).map((line) => line === 'true')
  assert.deepEqual(ours, theirs)
  return `${ours.length} questions, ${ours.filter(Boolean).length} of them allowed`
}

async function compareRates(): Promise<string> {
  const { below, one } = draws(42)
  const input: string[] = []
  const ours: string[] = []
  for (let round = 0; round < 300; round++) {
    const limit = 1 + below(500)
    let nowMs = 1_700_000_000_000 + below(1_000)
    const window = new RateWindow({ sampleCount: 11, sampleMs: 1_000 })
    const bucket = new TokenBucket({ perSecond: limit, burst: limit * 11 }, nowMs)
    input.push(`new\t${limit}`)
    for (let step = 0; step < 200; step++) {
      nowMs += one([0, 1, below(100), below(1_500), below(4_000), below(20) === 0 ? below(40_000) : 0])
      const amount = below(10) === 0 ? -below(300) : below(3_000)
      input.push(`${amount}\t${nowMs}`)
      window.record(amount, nowMs)
      bucket.take(amount, nowMs)
      const rate = window.perSecond(nowMs)
      ours.push([rate, window.throttleMs(limit, nowMs), bucket.tokens(nowMs), bucket.throttleMs(nowMs)].join('\t'))
    }
  }
  const theirs = (await ask('rates', input)).map((line) => line.split('\t').map(Number).join('\t'))
  assert.deepEqual(ours, theirs)
  return `${ours.length} records`
}

async function ask(what: 'acls' | 'rates', input: readonly string[]): Promise<readonly string[]> {
  const program = join(import.meta.dirname, 'java', 'SecurityPeer.java')
  const output = await runWell('java', await javaArguments(program, [what]), { input: `${input.join('\n')}\n` })
  return output.trimEnd().split('\n')
}

/** Random, and the same every time. */
function draws(seed: number) {
  let state = seed
  const below = (bound: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 8) % bound
  }
  const one = <T>(all: readonly T[]): T => {
    const drawn = all[below(all.length)]
    assert.ok(drawn !== undefined)
    return drawn
  }
  return { below, one }
}
