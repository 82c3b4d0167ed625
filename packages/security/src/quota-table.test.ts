import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AddressQuotaTable, QuotaTable } from './quota-table.ts'
import type { StoredQuota } from './quota-table.ts'

function quota(entity: Readonly<Record<string, string | null>>, limit: number): StoredQuota {
  return { entity: new Map(Object.entries(entity)), values: new Map([['producer_byte_rate', limit]]) }
}

/** The eight levels, most specific first; the limit says which one it is. */
const levels: readonly StoredQuota[] = [
  quota({ user: 'ann', 'client-id': 'app' }, 1),
  quota({ user: 'ann', 'client-id': null }, 2),
  quota({ user: 'ann' }, 3),
  quota({ user: null, 'client-id': 'app' }, 4),
  quota({ user: null, 'client-id': null }, 5),
  quota({ user: null }, 6),
  quota({ 'client-id': 'app' }, 7),
  quota({ 'client-id': null }, 8),
]

const ann = { user: 'ann', clientId: 'app' }
const limitFor = (quotas: readonly StoredQuota[], client = ann): number => {
  const table = new QuotaTable('producer_byte_rate', quotas)
  return table.limitOf(table.bucketOf(client))
}

describe('the quota of a client', () => {
  for (const [index] of levels.entries()) {
    it(`is that of level ${index + 1} when the more specific ones are not set`, () => {
      assert.equal(limitFor(levels.slice(index)), index + 1)
    })

    it(`is that of level ${index + 1} when it is the only one`, () => {
      assert.equal(limitFor(levels.slice(index, index + 1)), index + 1)
    })
  }

  it('is none where no level fits', () => {
    assert.equal(limitFor([quota({ user: 'bob' }, 1), quota({ 'client-id': 'other' }, 2)]), Infinity)
    assert.equal(limitFor([]), Infinity)
    assert.equal(new QuotaTable('producer_byte_rate', []).isEmpty, true)
    assert.equal(new QuotaTable('consumer_byte_rate', levels).isEmpty, true)
    assert.equal(new QuotaTable('producer_byte_rate', levels).isEmpty, false)
  })

  it('of a name that looks like a default is its own', () => {
    assert.equal(limitFor([quota({ user: null }, 1), quota({ user: '*' }, 2)], { user: '*', clientId: '' }), 2)
    assert.equal(limitFor([quota({ user: '*' }, 2)], ann), Infinity)
  })

  it('without a client id is that of the user', () => {
    const quotas = [quota({ user: 'ann', 'client-id': null }, 2), quota({ user: 'ann' }, 3)]
    assert.equal(limitFor([quota({ user: 'ann' }, 3)], { user: 'ann', clientId: '' }), 3)
    assert.equal(limitFor(quotas, { user: 'ann', clientId: '' }), 3)
    assert.equal(limitFor([quota({ 'client-id': null }, 8)], { user: 'ann', clientId: '' }), Infinity)
  })
})

describe('clients are counted together', () => {
  const bucket = (quotas: readonly StoredQuota[], client = ann) =>
    new QuotaTable('producer_byte_rate', quotas).bucketOf(client)

  it('by user where users have quotas', () => {
    assert.deepEqual(bucket([quota({ user: null }, 6)]), { user: 'ann', clientId: '' })
  })

  it('by client where clients have quotas', () => {
    assert.deepEqual(bucket([quota({ 'client-id': null }, 8)]), { user: '', clientId: 'app' })
  })

  it('not at all where both together have quotas', () => {
    assert.deepEqual(bucket([quota({ user: null, 'client-id': null }, 5)]), ann)
  })

  it('by the level that counts where there are several', () => {
    assert.deepEqual(bucket(levels), ann)
    assert.deepEqual(bucket(levels.slice(2)), { user: 'ann', clientId: '' })
    assert.deepEqual(bucket(levels.slice(5)), { user: 'ann', clientId: '' })
    assert.deepEqual(bucket([quota({ user: 'bob' }, 3), quota({ 'client-id': null }, 8)]), {
      user: '',
      clientId: 'app',
    })
  })
})

describe('the quota of an address', () => {
  const address = (ip: string | null, limit: number): StoredQuota => ({
    entity: new Map([['ip', ip]]),
    values: new Map([['connection_creation_rate', limit]]),
  })

  it('is its own, else the default, else none', () => {
    const table = new AddressQuotaTable([address('10.0.0.1', 5), address(null, 50), quota({ user: null }, 1)])
    assert.equal(table.limitOf('10.0.0.1'), 5)
    assert.equal(table.limitOf('10.0.0.2'), 50)
    assert.equal(new AddressQuotaTable([]).limitOf('10.0.0.1'), Infinity)
  })
})
