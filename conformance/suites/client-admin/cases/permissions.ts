/** Who may do how much: ACLs, quotas, credentials, tokens. */
import assert from 'node:assert/strict'

import type { AclBinding } from '@gregor/client'

import { codeOf, eventually, type AdminCase } from '../admin-case.ts'

const binding: Required<AclBinding> = {
  resourceType: 'TOPIC',
  resourceName: 'thr',
  patternType: 'PREFIXED',
  principal: 'User:ann',
  host: '*',
  operation: 'READ',
  permissionType: 'ALLOW',
}

export const permissionCases: readonly AdminCase[] = [
  {
    name: 'ACLs are created, found by what they match, and deleted',
    async run({ admin }) {
      const literal = { ...binding, resourceName: 'three', patternType: 'LITERAL', operation: 'WRITE' } as const
      const odd = { ...binding, resourceType: 'CLUSTER', resourceName: 'x', patternType: 'LITERAL' } as const
      const created = await admin.createAcls([binding, literal, odd, binding])
      assert.deepEqual(
        Array.from(created, ({ error }) => codeOf(error)),
        ['NONE', 'NONE', 'INVALID_REQUEST'],
      )
      const found = await eventually(
        () => admin.describeAcls({ resourceType: 'TOPIC', resourceName: 'three', patternType: 'MATCH' }),
        (acls) => acls.length === 2,
      )
      assert.deepEqual(
        found.toSorted((a, b) => (a.operation < b.operation ? -1 : 1)),
        [binding, literal],
      )
      const deleted = await admin.deleteAcls([{ principal: 'User:ann', operation: 'READ' }, { principal: 'User:bob' }])
      assert.deepEqual(
        Array.from(deleted, ({ value }) => value?.map((one) => one.binding)),
        [[binding], []],
      )
      await admin.deleteAcls([{}])
      assert.deepEqual(
        await eventually(
          () => admin.describeAcls(),
          (acls) => acls.length === 0,
        ),
        [],
      )
    },
  },
  {
    name: 'quotas are set, found and removed',
    async run({ admin }) {
      const ann = { user: 'ann', 'client-id': null }
      const results = await admin.alterClientQuotas([
        {
          entity: ann,
          operations: [
            { key: 'producer_byte_rate', value: 1024 },
            { key: 'request_percentage', value: 50.5 },
          ],
        },
        { entity: { ip: '127.0.0.1' }, operations: [{ key: 'connection_creation_rate', value: 1000 }] },
        { entity: { user: 'bob' }, operations: [{ key: 'nonsense', value: 1 }] },
      ])
      assert.deepEqual(
        Array.from(results, ({ error }) => codeOf(error)),
        ['NONE', 'NONE', 'INVALID_REQUEST'],
      )
      const ofUsers = { components: [{ entityType: 'user', match: undefined }] } as const
      const found = await eventually(
        () => admin.describeClientQuotas(ofUsers),
        (quotas) => quotas.length === 1,
      )
      assert.deepEqual(found[0]?.entity, ann)
      assert.deepEqual(
        new Map([...(found[0]?.quotas ?? [])].toSorted((a, b) => (String(a) < String(b) ? -1 : 1))),
        new Map([
          ['producer_byte_rate', 1024],
          ['request_percentage', 50.5],
        ]),
      )
      assert.deepEqual(await admin.describeClientQuotas({ ...ofUsers, strict: true }), [])
      assert.equal((await admin.describeClientQuotas()).length, 2)
      const removed = await admin.alterClientQuotas([
        {
          entity: ann,
          operations: [
            { key: 'producer_byte_rate', value: undefined },
            { key: 'request_percentage', value: undefined },
          ],
        },
        { entity: { ip: '127.0.0.1' }, operations: [{ key: 'connection_creation_rate', value: undefined }] },
      ])
      assert.deepEqual(removed.failures, [])
      assert.deepEqual(
        await eventually(
          () => admin.describeClientQuotas(),
          (quotas) => quotas.length === 0,
        ),
        [],
      )
    },
  },
  {
    name: 'users get SCRAM credentials, and lose them',
    async run({ admin }) {
      const results = await admin.alterUserScramCredentials({
        upsertions: [
          { user: 'ann', mechanism: 'SCRAM-SHA-256', password: 'a' },
          { user: 'bob', mechanism: 'SCRAM-SHA-256', password: 'b', iterations: 1 },
          { user: 'cid', mechanism: 'SCRAM-SHA-256', password: '' },
        ],
        deletions: [{ user: 'dan', mechanism: 'SCRAM-SHA-256' }],
      })
      assert.deepEqual(
        Array.from(results, ({ item, error }) => [item, codeOf(error)]),
        [
          ['ann', 'NONE'],
          ['bob', 'UNACCEPTABLE_CREDENTIAL'],
          ['cid', 'UNACCEPTABLE_CREDENTIAL'],
          ['dan', 'RESOURCE_NOT_FOUND'],
        ],
      )
      // One user’s credentials may be changed once in a request.
      const second = [{ user: 'ann', mechanism: 'SCRAM-SHA-512', password: 'a', iterations: 5000 }] as const
      assert.deepEqual((await admin.alterUserScramCredentials({ upsertions: second })).failures, [])
      const described = await eventually(
        () => admin.describeUserScramCredentials(),
        (users) => users.get('ann')?.value?.length === 2,
      )
      assert.deepEqual(
        described.value('ann').toSorted((a, b) => a.iterations - b.iterations),
        [
          { mechanism: 'SCRAM-SHA-256', iterations: 4096 },
          { mechanism: 'SCRAM-SHA-512', iterations: 5000 },
        ],
      )
      assert.equal(codeOf((await admin.describeUserScramCredentials(['bob'])).get('bob')?.error), 'RESOURCE_NOT_FOUND')
      for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const) {
        assert.deepEqual(
          (await admin.alterUserScramCredentials({ deletions: [{ user: 'ann', mechanism }] })).failures,
          [],
        )
      }
    },
  },
  {
    name: 'delegation tokens are refused over a connection without a principal of its own',
    async run({ admin }) {
      await assert.rejects(admin.createDelegationToken({ timeoutMs: 5000 }), {
        code: 'DELEGATION_TOKEN_REQUEST_NOT_ALLOWED',
      })
      await assert.rejects(admin.describeDelegationToken({ timeoutMs: 5000 }), {
        code: 'DELEGATION_TOKEN_REQUEST_NOT_ALLOWED',
      })
    },
  },
]
