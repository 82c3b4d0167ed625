import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { CreateAcls, DeleteAcls, errorName } from '@gregor/protocol'
import type { RequestInput } from '@gregor/protocol'
import { matchesFilter } from './acl-filter.ts'
import { allowing, Cluster } from './cluster-fixture.ts'

type Creation = RequestInput<typeof CreateAcls>['creations'][number]
type Filter = RequestInput<typeof DeleteAcls>['filters'][number]

const [topic, cluster_, literal, prefixed, read, write, allow] = [2, 4, 3, 4, 3, 4, 3]
const plain: Creation = {
  resourceType: topic,
  resourceName: 't',
  resourcePatternType: literal,
  principal: 'User:alice',
  host: '*',
  operation: read,
  permissionType: allow,
}
const anything: Filter = {
  resourceTypeFilter: 1,
  resourceNameFilter: null,
  patternTypeFilter: 1,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
}

let cluster: Cluster

beforeEach(() => {
  cluster = Cluster.active({
    properties: { 'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer' },
  })
})

function create(...creations: readonly Partial<Creation>[]) {
  const { results } = cluster.request(CreateAcls, { creations: creations.map((one) => ({ ...plain, ...one })) })
  return results.map(({ errorCode, errorMessage }) => [errorName(errorCode), errorMessage])
}

function remove(...filters: readonly Partial<Filter>[]) {
  const { filterResults } = cluster.request(DeleteAcls, { filters: filters.map((one) => ({ ...anything, ...one })) })
  return filterResults.map(({ errorCode, errorMessage, matchingAcls }) => [
    errorName(errorCode),
    errorMessage,
    matchingAcls.map(({ resourceName, operation }) => `${resourceName} ${operation}`).toSorted(),
  ])
}

describe('CreateAcls', () => {
  it('writes each entry down once', () => {
    assert.deepEqual(create({}, {}, { operation: write }), [
      ['NONE', null],
      ['NONE', null],
      ['NONE', null],
    ])
    assert.equal(cluster.image.acls.size, 2)
    create({})
    assert.deepEqual(cluster.records, [])
    cluster.checkReplay()
  })

  const refusals: Readonly<Record<string, readonly [Partial<Creation>, string]>> = {
    'any type of resource': [{ resourceType: 1 }, 'Invalid resourceType ANY'],
    'a type of resource nobody knows': [{ resourceType: 9 }, 'Invalid resourceType UNKNOWN'],
    'a pattern that is for filters': [{ resourcePatternType: 2 }, 'Invalid patternType MATCH'],
    'any operation': [{ operation: 1 }, 'Invalid operation ANY'],
    'any permission': [{ permissionType: 1 }, 'Invalid permissionType ANY'],
    'a resource without a name': [{ resourceName: '' }, 'Invalid empty resource name'],
    'another cluster': [
      { resourceType: cluster_, resourceName: 'mine' },
      'The only valid name for the CLUSTER resource is kafka-cluster',
    ],
    'a principal without a type': [
      { principal: 'alice' },
      'Could not parse principal from `alice` (no colon is present separating the principal type from the principal name)',
    ],
  }
  for (const [what, [creation, message]] of Object.entries(refusals)) {
    it(`refuses ${what}`, () => {
      assert.deepEqual(create(creation), [['INVALID_REQUEST', message]])
      assert.deepEqual(cluster.records, [])
    })
  }

  it('is refused as a whole where no authorizer is configured', () => {
    cluster = Cluster.active()
    assert.deepEqual(create({}, {}), [
      ['SECURITY_DISABLED', 'No Authorizer is configured.'],
      ['SECURITY_DISABLED', 'No Authorizer is configured.'],
    ])
    assert.deepEqual(remove({}), [['SECURITY_DISABLED', 'No Authorizer is configured.', []]])
  })

  it('needs to be allowed', () => {
    const { results } = cluster.request(CreateAcls, { creations: [plain] }, { context: allowing() })
    assert.deepEqual(
      results.map(({ errorCode }) => errorName(errorCode)),
      ['CLUSTER_AUTHORIZATION_FAILED'],
    )
  })
})

describe('DeleteAcls', () => {
  beforeEach(() => {
    create(
      {},
      { operation: write },
      { resourceName: 'u' },
      { resourceName: 'tt', resourcePatternType: prefixed },
      { resourceName: '*' },
    )
  })

  it('deletes what a filter matches, and tells', () => {
    assert.deepEqual(remove({ resourceNameFilter: 't' }), [['NONE', null, ['t 3', 't 4']]])
    assert.equal(cluster.image.acls.size, 3)
    cluster.checkReplay()
  })

  it('deletes once what two filters match', () => {
    assert.deepEqual(remove({ operation: write }, { resourceNameFilter: 't' }), [
      ['NONE', null, ['t 4']],
      ['NONE', null, ['t 3', 't 4']],
    ])
    assert.equal(cluster.records.length, 2)
  })

  it('deletes everything that would decide about a resource', () => {
    assert.deepEqual(remove({ patternTypeFilter: 2, resourceNameFilter: 'ttt' }), [['NONE', null, ['* 3', 'tt 3']]])
  })

  it('refuses filters nobody understands, and carries out the others', () => {
    assert.deepEqual(remove({ resourceTypeFilter: 0 }, { operation: 99 }, { resourceNameFilter: 'u' }), [
      ['INVALID_REQUEST', 'Unknown patternFilter.', []],
      ['INVALID_REQUEST', 'Unknown entryFilter.', []],
      ['NONE', null, ['u 3']],
    ])
  })
})

describe('A filter', () => {
  const acl = {
    id: '',
    resourceType: topic,
    resourceName: 'ab',
    patternType: prefixed,
    principal: 'User:a',
    host: '*',
    operation: read,
    permissionType: allow,
  }
  const filter = { ...anything, patternTypeFilter: 1 }
  const cases: Readonly<Record<string, readonly [Partial<Filter>, boolean]>> = {
    'of nothing matches all': [{}, true],
    'of the same name matches': [{ resourceNameFilter: 'ab', patternTypeFilter: prefixed }, true],
    'of another pattern does not match': [{ resourceNameFilter: 'ab', patternTypeFilter: literal }, false],
    'of a name that the prefix covers matches by MATCH only': [
      { resourceNameFilter: 'abc', patternTypeFilter: 2 },
      true,
    ],
    'of a name that the prefix covers does not match by ANY': [{ resourceNameFilter: 'abc' }, false],
    'of any name matches by MATCH': [{ patternTypeFilter: 2 }, true],
    'of a name that the prefix does not cover does not match': [
      { resourceNameFilter: 'a', patternTypeFilter: 2 },
      false,
    ],
    'of another type of resource does not match': [{ resourceTypeFilter: 3 }, false],
    'of another principal does not match': [{ principalFilter: 'User:b' }, false],
    'of another host does not match': [{ hostFilter: '1.2.3.4' }, false],
    'of another permission does not match': [{ permissionType: 2 }, false],
  }
  for (const [what, [wanted, expected]] of Object.entries(cases)) {
    it(what, () => {
      const { patternTypeFilter = 1, ...rest } = { ...filter, ...wanted }
      assert.equal(matchesFilter(acl, { patternTypeFilter, ...rest }), expected)
    })
  }
})
