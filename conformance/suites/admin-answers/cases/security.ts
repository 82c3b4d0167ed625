/** ACLs, quotas and credentials; the ACLs without an authorizer and, on servers that have one, with it. */

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

import { exchange, read, type Exchange } from '../exchange.ts'

const codes = {
  any: 1,
  topic: 2,
  cluster: 4,
  literal: 3,
  prefixed: 4,
  match: 2,
  read: 3,
  write: 4,
  deny: 2,
  allow: 3,
} as const

const everything = {
  resourceTypeFilter: codes.any,
  resourceNameFilter: null,
  patternTypeFilter: codes.any,
  principalFilter: null,
  hostFilter: null,
  operation: codes.any,
  permissionType: codes.any,
}

const acl = {
  resourceType: codes.topic as number,
  resourceName: 'orders',
  resourcePatternType: codes.literal as number,
  principal: 'User:ann',
  host: '*',
  operation: codes.read as number,
  permissionType: codes.allow as number,
}

export const aclCases: readonly Exchange[] = [
  exchange(
    'CreateAcls: some',
    CreateAcls,
    {
      creations: [
        acl,
        { ...acl, operation: codes.write },
        { ...acl, resourceName: 'or', resourcePatternType: codes.prefixed, permissionType: codes.deny },
        { ...acl, resourceName: '*' },
        { ...acl, resourceType: codes.cluster, resourceName: 'kafka-cluster' },
      ],
    },
    { versions: [1, 2, 3].slice(2) },
  ),
  exchange('CreateAcls: the same again', CreateAcls, { creations: [acl] }),
  exchange('CreateAcls: what cannot be', CreateAcls, {
    creations: [
      { ...acl, resourceName: '' },
      { ...acl, resourceType: codes.cluster, resourceName: 'another' },
      { ...acl, principal: 'nobody' },
    ],
  }),
  exchange('CreateAcls: none', CreateAcls, { creations: [] }),
  read('DescribeAcls: all', DescribeAcls, everything, { versions: [1, 2, 3] }),
  read('DescribeAcls: of a topic', DescribeAcls, {
    ...everything,
    resourceTypeFilter: codes.topic,
    resourceNameFilter: 'orders',
    patternTypeFilter: codes.match,
  }),
  read('DescribeAcls: literal', DescribeAcls, {
    ...everything,
    resourceNameFilter: 'orders',
    patternTypeFilter: codes.literal,
  }),
  read('DescribeAcls: of a principal', DescribeAcls, { ...everything, principalFilter: 'User:bob' }),
  exchange('DeleteAcls: one', DeleteAcls, { filters: [{ ...everything, operation: codes.write }] }),
  exchange('DeleteAcls: none that is there', DeleteAcls, { filters: [{ ...everything, principalFilter: 'User:bob' }] }),
  exchange(
    'DeleteAcls: all, twice',
    DeleteAcls,
    {
      filters: [everything, { ...everything, resourceTypeFilter: codes.topic }],
    },
    { versions: [3] },
  ),
  read('DescribeAcls: after all', DescribeAcls, everything),
]

const quota = { key: 'producer_byte_rate', value: 1_000_000, remove: false }

export const quotaCases: readonly Exchange[] = [
  exchange('AlterClientQuotas: some', AlterClientQuotas, {
    entries: [
      {
        entity: [{ entityType: 'user', entityName: 'ann' }],
        ops: [quota, { key: 'request_percentage', value: 55.5, remove: false }],
      },
      {
        entity: [
          { entityType: 'user', entityName: 'ann' },
          { entityType: 'client-id', entityName: null },
        ],
        ops: [quota],
      },
      { entity: [{ entityType: 'client-id', entityName: null }], ops: [quota] },
      {
        entity: [{ entityType: 'ip', entityName: '10.0.0.1' }],
        ops: [{ key: 'connection_creation_rate', value: 5, remove: false }],
      },
    ],
    validateOnly: false,
  }),
  exchange(
    'AlterClientQuotas: a check',
    AlterClientQuotas,
    {
      entries: [{ entity: [{ entityType: 'user', entityName: 'bob' }], ops: [quota] }],
      validateOnly: true,
    },
    { versions: [0, 1] },
  ),
  exchange('AlterClientQuotas: what cannot be', AlterClientQuotas, {
    entries: [
      { entity: [], ops: [quota] },
      { entity: [{ entityType: 'planet', entityName: 'x' }], ops: [quota] },
      { entity: [{ entityType: 'user', entityName: '' }], ops: [quota] },
      { entity: [{ entityType: 'user', entityName: 'a' }], ops: [{ ...quota, key: 'no_such_rate' }] },
      { entity: [{ entityType: 'user', entityName: 'b' }], ops: [{ ...quota, value: 0 }] },
      { entity: [{ entityType: 'user', entityName: 'c' }], ops: [{ ...quota, value: 1.5 }] },
      { entity: [{ entityType: 'user', entityName: 'd' }], ops: [{ ...quota, key: 'connection_creation_rate' }] },
      { entity: [{ entityType: 'ip', entityName: '10.0.0.2' }], ops: [quota] },
      {
        entity: [
          { entityType: 'ip', entityName: '10.0.0.2' },
          { entityType: 'user', entityName: 'e' },
        ],
        ops: [quota],
      },
      { entity: [{ entityType: 'user', entityName: 'f' }], ops: [{ ...quota, value: -1, remove: true }] },
    ],
    validateOnly: false,
  }),
  read('DescribeClientQuotas: all', DescribeClientQuotas, { components: [], strict: false }, { versions: [0, 1] }),
  read('DescribeClientQuotas: a user', DescribeClientQuotas, {
    components: [{ entityType: 'user', matchType: 0, match: 'ann' }],
    strict: false,
  }),
  read('DescribeClientQuotas: a user alone', DescribeClientQuotas, {
    components: [{ entityType: 'user', matchType: 0, match: 'ann' }],
    strict: true,
  }),
  read('DescribeClientQuotas: the default client', DescribeClientQuotas, {
    components: [{ entityType: 'client-id', matchType: 1, match: null }],
    strict: false,
  }),
  read('DescribeClientQuotas: any client', DescribeClientQuotas, {
    components: [{ entityType: 'client-id', matchType: 2, match: null }],
    strict: true,
  }),
  read('DescribeClientQuotas: an empty type', DescribeClientQuotas, {
    components: [{ entityType: '', matchType: 2, match: null }],
    strict: true,
  }),
  read('DescribeClientQuotas: a type that nobody knows', DescribeClientQuotas, {
    components: [{ entityType: 'planet', matchType: 2, match: null }],
    strict: true,
  }),
  read('DescribeClientQuotas: a type twice', DescribeClientQuotas, {
    components: [
      { entityType: 'user', matchType: 2, match: null },
      { entityType: 'user', matchType: 1, match: null },
    ],
    strict: true,
  }),
  ...[0, 1, 2, 7].map((matchType) =>
    read(`DescribeClientQuotas: match ${matchType} with the wrong name`, DescribeClientQuotas, {
      components: [{ entityType: 'user', matchType, match: matchType === 0 ? null : 'x' }],
      strict: false,
    }),
  ),
  read('DescribeClientQuotas: addresses and users', DescribeClientQuotas, {
    components: [
      { entityType: 'ip', matchType: 2, match: null },
      { entityType: 'user', matchType: 2, match: null },
    ],
    strict: false,
  }),
  exchange('AlterClientQuotas: away with it', AlterClientQuotas, {
    entries: [{ entity: [{ entityType: 'client-id', entityName: null }], ops: [{ ...quota, remove: true }] }],
    validateOnly: false,
  }),
  read('DescribeClientQuotas: what is left', DescribeClientQuotas, { components: [], strict: false }),
]

const credential = {
  name: 'ann',
  mechanism: 1,
  iterations: 4_096,
  salt: Buffer.from('c2FsdA==', 'base64'),
  saltedPassword: Buffer.alloc(32, 7),
}

export const credentialCases: readonly Exchange[] = [
  exchange('AlterUserScramCredentials: some', AlterUserScramCredentials, {
    deletions: [],
    upsertions: [
      credential,
      { ...credential, name: 'bob', mechanism: 2, iterations: 8_192, saltedPassword: Buffer.alloc(64, 7) },
    ],
  }),
  exchange('AlterUserScramCredentials: what cannot be', AlterUserScramCredentials, {
    deletions: [
      { name: 'carl', mechanism: 1 },
      { name: 'dora', mechanism: 9 },
      { name: '', mechanism: 1 },
    ],
    upsertions: [
      { ...credential, name: 'emil', iterations: 1 },
      { ...credential, name: 'fred', iterations: 100_000 },
      { ...credential, name: 'gina', mechanism: 9 },
    ],
  }),
  exchange('AlterUserScramCredentials: the same twice', AlterUserScramCredentials, {
    deletions: [{ name: 'ann', mechanism: 1 }],
    upsertions: [credential],
  }),
  read('DescribeUserScramCredentials: all', DescribeUserScramCredentials, { users: null }),
  read('DescribeUserScramCredentials: none named', DescribeUserScramCredentials, { users: [] }),
  read('DescribeUserScramCredentials: some', DescribeUserScramCredentials, {
    users: [{ name: 'ann' }, { name: 'nobody' }, { name: 'bob' }, { name: 'bob' }],
  }),
  exchange('AlterUserScramCredentials: away with it', AlterUserScramCredentials, {
    deletions: [{ name: 'ann', mechanism: 1 }],
    upsertions: [],
  }),
  read('DescribeUserScramCredentials: what is left', DescribeUserScramCredentials, { users: null }),
]

const hmac = Buffer.from('whatever')
const renewers = [{ principalType: 'User', principalName: 'bob' }]

/** For a listener without authentication, and a node without a secret key. */
export const tokenCases: readonly Exchange[] = [
  ...[1, 2, 3].map((version) =>
    exchange(
      'CreateDelegationToken',
      CreateDelegationToken,
      {
        renewers,
        maxLifetimeMs: -1,
        ...(version >= 3 ? { ownerPrincipalType: 'User', ownerPrincipalName: 'ann' } : {}),
      },
      { versions: [version] },
    ),
  ),
  exchange('CreateDelegationToken: for oneself', CreateDelegationToken, {
    ownerPrincipalType: null,
    ownerPrincipalName: null,
    renewers: [{ principalType: 'Robot', principalName: 'r2' }],
    maxLifetimeMs: 1,
  }),
  exchange('RenewDelegationToken', RenewDelegationToken, { hmac, renewPeriodMs: -1 }, { versions: [1, 2] }),
  exchange('ExpireDelegationToken', ExpireDelegationToken, { hmac, expiryTimePeriodMs: -1 }, { versions: [1, 2] }),
]

export const tokenReadCases: readonly Exchange[] = [null, [], [{ principalType: 'User', principalName: 'ann' }]].map(
  (owners) =>
    read(
      `DescribeDelegationToken: ${owners === null ? 'all' : owners.length}`,
      DescribeDelegationToken,
      { owners },
      { versions: [1, 2, 3] },
    ),
)
