import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AlterClientQuotas,
  AlterUserScramCredentials,
  CreateAcls,
  CreateDelegationToken,
  DeleteAcls,
  DescribeAcls,
  DescribeClientQuotas,
  DescribeDelegationToken,
  DescribeUserScramCredentials,
  ExpireDelegationToken,
  RenewDelegationToken,
} from '@gregor/protocol'
import type { AclBinding } from './acls.ts'
import { ScriptedCluster, adminOf } from './admin-fixture.ts'

const binding: Required<AclBinding> = {
  resourceType: 'TOPIC',
  resourceName: 'a',
  patternType: 'PREFIXED',
  principal: 'User:ann',
  host: '*',
  operation: 'READ',
  permissionType: 'ALLOW',
}
const coded = {
  resourceType: 2,
  resourceName: 'a',
  patternType: 4,
  principal: 'User:ann',
  host: '*',
  operation: 3,
  permissionType: 3,
}

describe('ACLs', () => {
  it('are described with words instead of numbers', async () => {
    const { resourceType, resourceName, patternType, ...acl } = coded
    const cluster = new ScriptedCluster().on(DescribeAcls, () => ({
      errorCode: 0,
      resources: [{ resourceType, resourceName, patternType, acls: [acl, { ...acl, operation: 99 }] }],
    }))
    const { admin, run } = adminOf(cluster)
    assert.deepEqual(
      await run(admin.describeAcls({ resourceType: 'TOPIC', resourceName: 'a', patternType: 'MATCH' })),
      [binding, { ...binding, operation: 'UNKNOWN' }],
    )
    assert.deepEqual(cluster.asked(DescribeAcls)[0]?.request, {
      resourceTypeFilter: 2,
      resourceNameFilter: 'a',
      patternTypeFilter: 2,
      principalFilter: null,
      hostFilter: null,
      operation: 1,
      permissionType: 1,
    })
  })

  it('fail as a whole where there is no authorizer', async () => {
    const cluster = new ScriptedCluster().on(DescribeAcls, () => ({
      errorCode: 54,
      errorMessage: 'none',
      resources: [],
    }))
    const { admin, run } = adminOf(cluster)
    await assert.rejects(run(admin.describeAcls()), { code: 'SECURITY_DISABLED', message: 'none' })
  })

  it('are created, each with its outcome', async () => {
    const cluster = new ScriptedCluster().on(CreateAcls, () => ({
      results: [{ errorCode: 0 }, { errorCode: 42, errorMessage: 'odd host' }],
    }))
    const { admin, run } = adminOf(cluster)
    const { patternType: _, ...literal } = { ...binding, host: 'x' }
    const results = await run(admin.createAcls([binding, literal]))
    assert.equal(results.get(binding)?.error, undefined)
    assert.throws(() => results.value(literal), { message: 'odd host' })
    const [asked] = cluster.asked(CreateAcls)
    assert.equal(asked?.node, 'controller')
    assert.deepEqual(
      asked.request.creations.map(({ resourcePatternType, operation }) => [resourcePatternType, operation]),
      [
        [4, 3],
        [3, 3],
      ],
    )
  })

  it('are not created for a resource without a name', async () => {
    const { admin, run } = adminOf(new ScriptedCluster())
    const results = await run(admin.createAcls([{ ...binding, resourceName: '' }]))
    assert.equal(results.failures[0]?.error.message, 'the resource name of an ACL is empty')
  })

  it('are deleted by filters that tell what they matched', async () => {
    const cluster = new ScriptedCluster().on(DeleteAcls, () => ({
      filterResults: [
        {
          errorCode: 0,
          matchingAcls: [
            { ...coded, errorCode: 0 },
            { ...coded, errorCode: -1, errorMessage: 'broken' },
          ],
        },
        { errorCode: 31, matchingAcls: [] },
      ],
    }))
    const { admin, run } = adminOf(cluster)
    const results = await run(admin.deleteAcls([{ principal: 'User:ann' }, { principal: 'User:bob' }]))
    const matched = results.value({ principal: 'User:ann' })
    assert.deepEqual(
      matched.map((one) => [one.binding, one.error?.message]),
      [
        [binding, undefined],
        [binding, 'broken'],
      ],
    )
    assert.throws(() => results.value({ principal: 'User:bob' }), { code: 'CLUSTER_AUTHORIZATION_FAILED' })
  })
})

describe('client quotas', () => {
  it('are found by name, by being the default, or whatever they are', async () => {
    const cluster = new ScriptedCluster().on(DescribeClientQuotas, () => ({
      errorCode: 0,
      entries: [
        {
          entity: [
            { entityType: 'user', entityName: 'ann' },
            { entityType: 'client-id', entityName: null },
          ],
          values: [{ key: 'producer_byte_rate', value: 1024.5 }],
        },
      ],
    }))
    const { admin, run } = adminOf(cluster)
    const found = await run(
      admin.describeClientQuotas({
        components: [
          { entityType: 'user', match: 'ann' },
          { entityType: 'client-id', match: null },
          { entityType: 'ip', match: undefined },
        ],
        strict: true,
      }),
    )
    assert.deepEqual(found, [
      { entity: { user: 'ann', 'client-id': null }, quotas: new Map([['producer_byte_rate', 1024.5]]) },
    ])
    assert.deepEqual(cluster.asked(DescribeClientQuotas)[0]?.request, {
      components: [
        { entityType: 'user', matchType: 0, match: 'ann' },
        { entityType: 'client-id', matchType: 1, match: null },
        { entityType: 'ip', matchType: 2, match: null },
      ],
      strict: true,
    })
  })

  it('are set and removed, each entity with its outcome', async () => {
    const cluster = new ScriptedCluster().on(AlterClientQuotas, ({ entries }) => ({
      entries: entries.map(({ entity }, index) => ({ entity: entity.toReversed(), errorCode: index === 1 ? 42 : 0 })),
    }))
    const { admin, run } = adminOf(cluster)
    const ann = { user: 'ann', 'client-id': null }
    const results = await run(
      admin.alterClientQuotas([
        {
          entity: ann,
          operations: [
            { key: 'producer_byte_rate', value: 5 },
            { key: 'consumer_byte_rate', value: undefined },
          ],
        },
        { entity: { ip: '1.2.3.4' }, operations: [] },
      ]),
    )
    assert.equal(results.get(ann)?.error, undefined)
    assert.throws(() => results.value({ ip: '1.2.3.4' }), { code: 'INVALID_REQUEST' })
    assert.deepEqual(cluster.asked(AlterClientQuotas)[0]?.request.entries[0]?.ops, [
      { key: 'producer_byte_rate', value: 5, remove: false },
      { key: 'consumer_byte_rate', value: 0, remove: true },
    ])
  })
})

describe('SCRAM credentials', () => {
  it('are described without anything secret', async () => {
    const cluster = new ScriptedCluster().on(DescribeUserScramCredentials, () => ({
      errorCode: 0,
      results: [
        {
          user: 'ann',
          errorCode: 0,
          credentialInfos: [
            { mechanism: 1, iterations: 4096 },
            { mechanism: 9, iterations: 1 },
          ],
        },
        { user: 'bob', errorCode: 91, errorMessage: 'none', credentialInfos: [] },
      ],
    }))
    const { admin, run } = adminOf(cluster)
    const results = await run(admin.describeUserScramCredentials())
    assert.deepEqual(results.value('ann'), [
      { mechanism: 'SCRAM-SHA-256', iterations: 4096 },
      { mechanism: 'UNKNOWN', iterations: 1 },
    ])
    assert.throws(() => results.value('bob'), { code: 'RESOURCE_NOT_FOUND' })
    assert.equal(cluster.asked(DescribeUserScramCredentials)[0]?.request.users, null)
  })

  it('are derived here: the password does not travel', async () => {
    const cluster = new ScriptedCluster().on(AlterUserScramCredentials, () => ({
      results: [
        { user: 'ann', errorCode: 0 },
        { user: 'bob', errorCode: 93, errorMessage: 'too few' },
      ],
    }))
    const { admin } = adminOf(cluster)
    const salt = Buffer.from('QSXCR+Q6sek8bf92', 'base64')
    const results = await admin.alterUserScramCredentials({
      upsertions: [{ user: 'ann', mechanism: 'SCRAM-SHA-256', password: 'pencil', salt, iterations: 4096 }],
      deletions: [
        { user: 'bob', mechanism: 'SCRAM-SHA-512' },
        { user: '', mechanism: 'SCRAM-SHA-512' },
      ],
    })
    assert.equal(results.get('ann')?.error, undefined)
    assert.throws(() => results.value('bob'), { code: 'UNACCEPTABLE_CREDENTIAL', message: 'too few' })
    assert.throws(() => results.value(''), { message: 'the name of the user is empty' })
    const { request } = cluster.asked(AlterUserScramCredentials)[0] ?? assert.fail('nothing was asked')
    assert.deepEqual(request.deletions, [{ name: 'bob', mechanism: 2 }])
    const [upsertion] = request.upsertions
    assert.equal(upsertion?.mechanism, 1)
    // PBKDF2-HMAC-SHA-256 of "pencil", that salt, 4,096 times.
    assert.equal(
      upsertion.saltedPassword.toString('hex'),
      'a97517ae572f9dac71586d340dd460562a11da09d4a6e5f9afedc4675add8556',
    )
  })

  it('need a password, and have a random salt', async () => {
    const cluster = new ScriptedCluster().on(AlterUserScramCredentials, ({ upsertions }) => ({
      results: upsertions.map(({ name }) => ({ user: name, errorCode: 0 })),
    }))
    const { admin } = adminOf(cluster)
    const mechanism = 'SCRAM-SHA-512'
    const results = await admin.alterUserScramCredentials({
      upsertions: [
        { user: 'ann', mechanism, password: '' },
        { user: 'bob', mechanism, password: 'x' },
        { user: 'cid', mechanism, password: 'x' },
      ],
    })
    assert.throws(() => results.value('ann'), { message: 'the password is empty' })
    const [bob, cid] = cluster.asked(AlterUserScramCredentials)[0]?.request.upsertions ?? []
    assert.deepEqual([bob?.salt.length, bob?.saltedPassword.length, bob?.iterations], [24, 64, 4096])
    assert.notDeepEqual(bob?.salt, cid?.salt)
  })
})

describe('delegation tokens', () => {
  const times = { issueTimestampMs: 1, expiryTimestampMs: 2, maxTimestampMs: 3 }
  const hmac = Buffer.from('secret')
  const owner = { type: 'User', name: 'ann' }
  const renewers = [{ type: 'User', name: 'bob' }]
  const answered = {
    principalType: 'User',
    principalName: 'ann',
    tokenRequesterPrincipalType: 'User',
    tokenRequesterPrincipalName: 'root',
    tokenId: 't',
    hmac,
  }
  const token = {
    tokenId: 't',
    hmac,
    owner,
    tokenRequester: { type: 'User', name: 'root' },
    renewers,
    issueTimestamp: 1,
    expiryTimestamp: 2,
    maxTimestamp: 3,
  }

  it('are created for whom they shall stand', async () => {
    const cluster = new ScriptedCluster().on(CreateDelegationToken, () => ({ errorCode: 0, ...answered, ...times }))
    const { admin, run } = adminOf(cluster)
    assert.deepEqual(await run(admin.createDelegationToken({ owner, renewers, maxLifetimeMs: 500 })), token)
    const [asked] = cluster.asked(CreateDelegationToken)
    assert.deepEqual(asked?.request, {
      ownerPrincipalType: 'User',
      ownerPrincipalName: 'ann',
      renewers: [{ principalType: 'User', principalName: 'bob' }],
      maxLifetimeMs: 500,
    })
  })

  it('are renewed and expired', async () => {
    const cluster = new ScriptedCluster()
      .on(RenewDelegationToken, () => ({ errorCode: 0, expiryTimestampMs: 10 }))
      .on(ExpireDelegationToken, () => ({ errorCode: 66, expiryTimestampMs: 0 }))
    const { admin, run } = adminOf(cluster)
    assert.equal(await run(admin.renewDelegationToken(hmac)), 10)
    await assert.rejects(run(admin.expireDelegationToken(hmac)), { code: 'DELEGATION_TOKEN_EXPIRED' })
    assert.equal(cluster.asked(RenewDelegationToken)[0]?.request.renewPeriodMs, -1)
    assert.equal(cluster.asked(ExpireDelegationToken)[0]?.request.expiryTimePeriodMs, -1)
  })

  it('are described', async () => {
    const cluster = new ScriptedCluster().on(DescribeDelegationToken, () => ({
      errorCode: 0,
      tokens: [
        {
          ...answered,
          issueTimestamp: 1,
          expiryTimestamp: 2,
          maxTimestamp: 3,
          renewers: [{ principalType: 'User', principalName: 'bob' }],
        },
      ],
    }))
    const { admin, run } = adminOf(cluster)
    assert.deepEqual(await run(admin.describeDelegationToken({ owners: [owner] })), [token])
    assert.deepEqual(cluster.asked(DescribeDelegationToken)[0]?.request.owners, [
      { principalType: 'User', principalName: 'ann' },
    ])
  })
})
