import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { operationCodes, patternTypeCodes, permissionTypeCodes, resourceTypeCodes } from './acl-codes.ts'
import type { AclOperation, PatternType, PermissionType } from './acl-codes.ts'
import { AclTable } from './acl-table.ts'
import type { Acl } from './acl-table.ts'

/** `ALLOW User:ann READ orders`, and a host; `^` before the name makes it a prefix. */
function acl(text: string): Acl {
  const [permission, principal = '', operation, pattern = '', host = '*'] = text.split(' ')
  const isPrefix = pattern.startsWith('^')
  return {
    resourceType: resourceTypeCodes.TOPIC,
    resourceName: isPrefix ? pattern.slice(1) : pattern,
    patternType: patternTypeCodes[isPrefix ? 'PREFIXED' : 'LITERAL'],
    principal,
    host,
    operation: operationCodes[operation as AclOperation],
    permissionType: permissionTypeCodes[permission as PermissionType],
  }
}

const ann = { principal: 'User:ann', host: '10.0.0.1', resourceType: 'TOPIC' } as const

const cases: readonly (readonly [string, readonly string[], AclOperation, string, boolean])[] = [
  ['nothing is said', [], 'READ', 'orders', false],
  ['it is allowed', ['ALLOW User:ann READ orders'], 'READ', 'orders', true],
  ['it is allowed to somebody else', ['ALLOW User:bob READ orders'], 'READ', 'orders', false],
  ['it is allowed to everybody', ['ALLOW User:* READ orders'], 'READ', 'orders', true],
  ['another name is allowed', ['ALLOW User:ann READ orders'], 'READ', 'orders-2', false],
  ['every name is allowed', ['ALLOW User:ann READ *'], 'READ', 'orders', true],
  ['names that begin like it are allowed', ['ALLOW User:ann READ ^ord'], 'READ', 'orders', true],
  ['a longer prefix is allowed', ['ALLOW User:ann READ ^orders-'], 'READ', 'orders', false],
  ['it is its own prefix', ['ALLOW User:ann READ ^orders'], 'READ', 'orders', true],
  ['everything may be done with it', ['ALLOW User:ann ALL orders'], 'ALTER', 'orders', true],
  ['it is allowed from here', ['ALLOW User:ann READ orders 10.0.0.1'], 'READ', 'orders', true],
  ['it is allowed from elsewhere', ['ALLOW User:ann READ orders 10.0.0.2'], 'READ', 'orders', false],
  [
    'a DENY stands against an ALLOW',
    ['ALLOW User:ann READ orders', 'DENY User:ann READ orders'],
    'READ',
    'orders',
    false,
  ],
  [
    'a DENY of a prefix stands against an ALLOW',
    ['ALLOW User:ann READ orders', 'DENY User:* ALL ^o'],
    'READ',
    'orders',
    false,
  ],
  [
    'a DENY of every name stands against an ALLOW',
    ['ALLOW User:ann READ orders', 'DENY User:ann READ *'],
    'READ',
    'orders',
    false,
  ],
  [
    'a DENY is for another operation',
    ['ALLOW User:ann READ orders', 'DENY User:ann WRITE orders'],
    'READ',
    'orders',
    true,
  ],
  ['READ is allowed, and DESCRIBE with it', ['ALLOW User:ann READ orders'], 'DESCRIBE', 'orders', true],
  ['WRITE is allowed, and DESCRIBE with it', ['ALLOW User:ann WRITE orders'], 'DESCRIBE', 'orders', true],
  ['DELETE is allowed, and DESCRIBE with it', ['ALLOW User:ann DELETE orders'], 'DESCRIBE', 'orders', true],
  ['ALTER is allowed, and DESCRIBE with it', ['ALLOW User:ann ALTER orders'], 'DESCRIBE', 'orders', true],
  ['CREATE is allowed, and nothing with it', ['ALLOW User:ann CREATE orders'], 'DESCRIBE', 'orders', false],
  [
    'ALTER_CONFIGS is allowed, and DESCRIBE_CONFIGS with it',
    ['ALLOW User:ann ALTER_CONFIGS orders'],
    'DESCRIBE_CONFIGS',
    'orders',
    true,
  ],
  [
    'READ is denied, and nothing with it',
    ['ALLOW User:ann DESCRIBE orders', 'DENY User:ann READ orders'],
    'DESCRIBE',
    'orders',
    true,
  ],
]

describe('an ACL table', () => {
  for (const [when, acls, operation, name, expected] of cases) {
    it(`${expected ? 'allows' : 'refuses'} ${operation} of ${name} when ${when}`, () => {
      assert.equal(new AclTable(acls.map(acl)).allows({ ...ann, operation }, name, false), expected)
    })
  }

  it('follows the default only where no ACL speaks of the resource', () => {
    const table = new AclTable([acl('ALLOW User:bob READ orders'), acl('ALLOW User:bob READ ^pay')])
    const question = { ...ann, operation: 'READ' } as const
    assert.equal(table.allows(question, 'other', true), true)
    assert.equal(table.allows(question, 'orders', true), false)
    assert.equal(table.allows(question, 'payments', true), false)
    assert.equal(table.allows({ ...question, resourceType: 'GROUP' }, 'orders', true), true)
    assert.equal(table.size, 2)
  })

  it('says what a list searched from end to end says', () => {
    const names = fc.constantFrom('a', 'ab', 'abc', 'b', '*')
    const anyAcl = fc.record({
      resourceType: fc.constant(resourceTypeCodes.TOPIC),
      resourceName: names,
      patternType: fc.constantFrom<number>(
        ...(['LITERAL', 'PREFIXED'] satisfies PatternType[]).map((type) => patternTypeCodes[type]),
      ),
      principal: fc.constantFrom('User:ann', 'User:bob', 'User:*'),
      host: fc.constantFrom('10.0.0.1', '10.0.0.2', '*'),
      operation: fc.constantFrom(operationCodes.READ, operationCodes.WRITE, operationCodes.ALL),
      permissionType: fc.constantFrom(permissionTypeCodes.ALLOW, permissionTypeCodes.DENY),
    })
    fc.assert(
      fc.property(fc.array(anyAcl, { maxLength: 8 }), names, fc.boolean(), (acls, name, whereNoneSpeaks) => {
        const speaking = acls.filter(({ resourceName, patternType }) =>
          patternType === patternTypeCodes.PREFIXED
            ? name.startsWith(resourceName)
            : [name, '*'].includes(resourceName),
        )
        const fitting = speaking.filter(
          ({ principal, host, operation }) =>
            principal !== 'User:bob' && host !== '10.0.0.2' && operation !== operationCodes.WRITE,
        )
        const isDenied = fitting.some(({ permissionType }) => permissionType === permissionTypeCodes.DENY)
        const expected = !isDenied && (fitting.length > 0 || (speaking.length === 0 && whereNoneSpeaks))
        assert.equal(new AclTable(acls).allows({ ...ann, operation: 'READ' }, name, whereNoneSpeaks), expected)
      }),
    )
  })
})

const some: readonly (readonly [string, readonly string[], boolean])[] = [
  ['there is no ACL', [], false],
  ['one name is allowed', ['ALLOW User:ann WRITE orders'], true],
  ['a prefix is allowed', ['ALLOW User:ann WRITE ^o'], true],
  ['all names are allowed', ['ALLOW User:ann ALL *'], true],
  ['all names are denied', ['ALLOW User:ann WRITE orders', 'DENY User:ann WRITE *'], false],
  ['the one name is denied', ['ALLOW User:ann WRITE orders', 'DENY User:ann WRITE orders'], false],
  ['a prefix of the one name is denied', ['ALLOW User:ann WRITE orders', 'DENY User:ann ALL ^or'], false],
  ['a prefix of the prefix is denied', ['ALLOW User:ann WRITE ^orders', 'DENY User:ann WRITE ^or'], false],
  ['only something longer is denied', ['ALLOW User:ann WRITE ^or', 'DENY User:ann WRITE ^orders'], true],
  ['only READ is allowed', ['ALLOW User:ann READ orders'], false],
  ['it is allowed to somebody else', ['ALLOW User:bob WRITE orders'], false],
  ['it is allowed from elsewhere', ['ALLOW User:ann WRITE orders 10.0.0.9'], false],
]

describe('the question whether anything can be written', () => {
  for (const [when, acls, expected] of some) {
    it(`is answered ${expected ? 'yes' : 'no'} when ${when}`, () => {
      assert.equal(new AclTable(acls.map(acl)).allowsSome({ ...ann, operation: 'WRITE' }), expected)
    })
  }
})
