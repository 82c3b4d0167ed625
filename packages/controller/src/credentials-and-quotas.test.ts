import assert from 'node:assert/strict'
import { pbkdf2Sync } from 'node:crypto'
import { beforeEach, describe, it } from 'node:test'
import { quotaKey, scramKey } from '@gregor/metadata'
import { AlterClientQuotas, AlterUserScramCredentials, AllocateProducerIds, errorName } from '@gregor/protocol'
import { Cluster } from './cluster-fixture.ts'

let cluster: Cluster

beforeEach(() => {
  cluster = Cluster.withBrokers([1])
})

type Quota = readonly [entity: Readonly<Record<string, string | null>>, ops: Readonly<Record<string, number | null>>]

function setQuotas(quotas: readonly Quota[], validateOnly = false) {
  const entries = quotas.map(([entity, ops]) => ({
    entity: Object.entries(entity).map(([entityType, entityName]) => ({ entityType, entityName })),
    ops: Object.entries(ops).map(([key, value]) => ({ key, value: value ?? 0, remove: value === null })),
  }))
  const response = cluster.request(AlterClientQuotas, { entries, validateOnly })
  return response.entries.map(({ errorCode, errorMessage }) => [errorName(errorCode), errorMessage])
}

function quotasOf(entity: Readonly<Record<string, string | null>>): Record<string, number> {
  return Object.fromEntries(cluster.image.quotas.get(quotaKey(new Map(Object.entries(entity))))?.values ?? [])
}

describe('AlterClientQuotas', () => {
  it('sets and removes the limits of an entity', () => {
    const entity = { user: 'alice', 'client-id': null }
    assert.deepEqual(setQuotas([[entity, { producer_byte_rate: 1024, request_percentage: 0.5 }]]), [['NONE', null]])
    assert.deepEqual(quotasOf(entity), { producer_byte_rate: 1024, request_percentage: 0.5 })
    setQuotas([[entity, { producer_byte_rate: null, consumer_byte_rate: null }]])
    assert.deepEqual(quotasOf(entity), { request_percentage: 0.5 })
    cluster.checkReplay()
  })

  it('writes nothing where nothing changes, or where it is only to check', () => {
    setQuotas([[{ ip: '127.0.0.1' }, { connection_creation_rate: 10 }]])
    setQuotas([[{ ip: '127.0.0.1' }, { connection_creation_rate: 10 }]])
    assert.deepEqual(cluster.records, [])
    assert.deepEqual(setQuotas([[{ ip: '127.0.0.1' }, { connection_creation_rate: 11 }]], true), [['NONE', null]])
    assert.deepEqual(cluster.records, [])
  })

  for (const ip of ['::1', 'localhost', null]) {
    it(`takes the address ${ip}`, () => {
      assert.deepEqual(setQuotas([[{ ip }, { connection_creation_rate: 10 }]]), [['NONE', null]])
    })
  }

  const refusals: Readonly<Record<string, readonly [Quota, string]>> = {
    'no entity': [[{}, {}], 'Invalid empty client quota entity'],
    'an entity nobody knows': [[{ planet: 'mars' }, {}], 'Unhandled client quota entity type: planet'],
    'an empty name': [[{ user: '' }, {}], 'Empty user not supported'],
    'an address beside a user': [
      [{ ip: '1.2.3.4', user: 'a' }, {}],
      'Invalid quota entity combination, IP entity shouldnot be combined with User or ClientId',
    ],
    'what is no address': [[{ ip: 'not an ip' }, {}], 'not an ip is not a valid IP or resolvable host.'],
    'a limit nobody knows': [[{ user: 'a' }, { speed: 1 }], 'Invalid configuration key speed'],
    'a limit of another kind of entity': [
      [{ user: 'a' }, { connection_creation_rate: 1 }],
      'Invalid configuration key connection_creation_rate',
    ],
    'a limit of 0': [[{ user: 'a' }, { producer_byte_rate: 0 }], 'Quota producer_byte_rate must be greater than 0'],
    'a fraction of a byte': [
      [{ user: 'a' }, { producer_byte_rate: 1.5 }],
      'producer_byte_rate cannot be a fractional value.',
    ],
    'more than an INT': [
      [{ ip: '::1' }, { connection_creation_rate: 2 ** 31 }],
      'Proposed value for connection_creation_rate is too large for an INT.',
    ],
    'more than a LONG': [
      [{ user: 'a' }, { producer_byte_rate: 2 ** 64 }],
      'Proposed value for producer_byte_rate is too large for a LONG.',
    ],
  }
  for (const [what, [quota, message]] of Object.entries(refusals)) {
    it(`refuses ${what}`, () => {
      assert.deepEqual(setQuotas([quota]), [['INVALID_REQUEST', message]])
      assert.deepEqual(cluster.records, [])
    })
  }

  it('refuses an entity that comes twice', () => {
    const quota: Quota = [{ user: 'a' }, { producer_byte_rate: 1 }]
    assert.deepEqual(setQuotas([quota, quota]), [
      ['INVALID_REQUEST', 'Ignoring duplicate entity ClientQuotaEntity(entries={user=a})'],
    ])
    assert.deepEqual(cluster.records, [])
  })
})

const salt = Buffer.from('4125c247e43ab1e93c6dff76', 'hex')
// The example of RFC 5802 is of SHA-1; this one of SHA-256 is from RFC 7677.
const rfc7677 = { salt: Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'), iterations: 4_096, password: 'pencil' }

function upsertion(name: string, more: { mechanism?: number; iterations?: number } = {}) {
  return { name, mechanism: 1, iterations: 4_096, salt, saltedPassword: Buffer.alloc(32, 1), ...more }
}

function alter(request: {
  deletions?: { name: string; mechanism: number }[]
  upsertions?: ReturnType<typeof upsertion>[]
}) {
  const { results } = cluster.request(AlterUserScramCredentials, { deletions: [], upsertions: [], ...request })
  return results.map(({ user, errorCode, errorMessage }) => [user, errorName(errorCode), errorMessage])
}

describe('AlterUserScramCredentials', () => {
  it('keeps the keys that RFC 7677 computes from the password', () => {
    const saltedPassword = pbkdf2Sync(rfc7677.password, rfc7677.salt, rfc7677.iterations, 32, 'sha256')
    assert.deepEqual(alter({ upsertions: [{ ...upsertion('user'), salt: rfc7677.salt, saltedPassword }] }), [
      ['user', 'NONE', null],
    ])
    const kept = cluster.image.scramCredentials.get(scramKey('user', 1))
    assert.deepEqual(
      { storedKey: kept?.storedKey.toString('base64'), serverKey: kept?.serverKey.toString('base64') },
      {
        storedKey: 'WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=',
        serverKey: 'wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
      },
    )
    cluster.checkReplay()
  })

  it('keeps one credential for each mechanism, and deletes them apart', () => {
    alter({ upsertions: [upsertion('a')] })
    alter({ upsertions: [upsertion('a', { mechanism: 2 })] })
    assert.deepEqual(alter({ deletions: [{ name: 'a', mechanism: 1 }] }), [['a', 'NONE', null]])
    assert.deepEqual([...cluster.image.scramCredentials.keys()], [scramKey('a', 2)])
  })

  it('refuses what it cannot keep', () => {
    assert.deepEqual(
      alter({
        deletions: [{ name: 'nobody', mechanism: 1 }],
        upsertions: [
          upsertion(''),
          upsertion('low', { iterations: 4_095 }),
          upsertion('high', { iterations: 16_385 }),
          upsertion('odd', { mechanism: 3 }),
          upsertion('both'),
          upsertion('both'),
        ],
      }),
      [
        ['nobody', 'RESOURCE_NOT_FOUND', 'Attempt to delete a user credential that does not exist'],
        ['', 'UNACCEPTABLE_CREDENTIAL', 'Username must not be empty'],
        ['low', 'UNACCEPTABLE_CREDENTIAL', 'Too few iterations'],
        ['high', 'UNACCEPTABLE_CREDENTIAL', 'Too many iterations'],
        ['odd', 'UNSUPPORTED_SASL_MECHANISM', 'Unknown SCRAM mechanism'],
        ['both', 'DUPLICATE_RESOURCE', 'A user credential cannot be altered twice in the same request'],
      ],
    )
    assert.deepEqual(cluster.records, [])
  })

  it('is not possible under a metadata.version that knows none', () => {
    cluster = Cluster.active({
      bootstrapRecords: [{ type: 'FeatureLevelRecord', name: 'metadata.version', featureLevel: 10 }],
    })
    assert.deepEqual(alter({ upsertions: [upsertion('a')] }), [
      ['a', 'UNSUPPORTED_VERSION', 'The current metadata.version does not support SCRAM'],
    ])
  })
})

describe('AllocateProducerIds', () => {
  const allocate = (brokerEpoch = cluster.image.brokers.get(1)?.epoch ?? -1) =>
    cluster.request(AllocateProducerIds, { brokerId: 1, brokerEpoch })

  it('hands out blocks of a thousand, one behind the other', () => {
    assert.deepEqual(
      [allocate(), allocate()].map(({ errorCode, producerIdStart, producerIdLen }) => [
        errorCode,
        producerIdStart,
        producerIdLen,
      ]),
      [
        [0, 0, 1_000],
        [0, 1_000, 1_000],
      ],
    )
    assert.equal(cluster.image.nextProducerId, 2_000)
  })

  it('refuses a broker of another epoch', () => {
    assert.equal(errorName(allocate(0).errorCode), 'STALE_BROKER_EPOCH')
  })

  it('hands out no id that is not an exact number', () => {
    const last = Number.MAX_SAFE_INTEGER - 500
    cluster.machine.apply(
      { record: { type: 'ProducerIdsRecord', version: 0, brokerId: 1, brokerEpoch: 1, nextProducerId: last } },
      cluster.log.length,
    )
    assert.equal(errorName(allocate().errorCode), 'UNKNOWN_SERVER_ERROR')
  })
})
