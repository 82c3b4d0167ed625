import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  allowedText,
  defaultText,
  invalidValueMessage,
  loggableText,
  parseConfig,
  textFromValue,
} from './config-text.ts'
import {
  boolean,
  className,
  defineConfigs,
  double,
  int,
  list,
  long,
  oneOf,
  password,
  short,
  string,
} from './definition.ts'
import { gzipLevel, offsetReset, throttledReplicas } from './special-validators.ts'

const configs = defineConfigs({
  flag: boolean({ default: true, doc: '' }),
  count: int({ default: 1, min: 1, max: 10, doc: '' }),
  whole: int({ doc: '' }),
  level: int({ default: -1, validator: gzipLevel, doc: '' }),
  small: short({ default: 3, min: 1, doc: '' }),
  size: long({ default: Infinity, min: 0, doc: '' }),
  ratio: double({ default: 0.5, min: 0, max: 1, doc: '' }),
  rate: double({ default: Number.MAX_VALUE, doc: '' }),
  name: string({ default: 'x', validator: { kind: 'nonEmpty' }, doc: '' }),
  kind: oneOf(['CreateTime', 'LogAppendTime'], { default: 'CreateTime', doc: '' }),
  loose: string({ validator: { kind: 'oneOf', values: ['UP', 'DOWN'], ignoresCase: true }, doc: '' }),
  policy: list({ default: ['delete'], values: ['compact', 'delete'], doc: '' }),
  dirs: list({ mayBeEmpty: false, doc: '' }),
  replicas: list({ default: [], validator: throttledReplicas, doc: '' }),
  reset: string({ default: 'latest', validator: offsetReset, doc: '' }),
  handler: className({ doc: '' }),
  secret: password({ doc: '' }),
})

type Name = keyof typeof configs

const good: readonly (readonly [Name, string, unknown, string])[] = [
  ['flag', ' FALSE ', false, 'false'],
  ['count', '+7', 7, '7'],
  ['count', '007', 7, '7'],
  ['whole', '-0', 0, '0'],
  ['whole', '-2147483648', -2147483648, '-2147483648'],
  ['level', '-1', -1, '-1'],
  ['level', '9', 9, '9'],
  ['small', '32767', 32767, '32767'],
  ['size', '9223372036854775807', Infinity, '9223372036854775807'],
  ['size', '9007199254740993', 9007199254740992, '9007199254740993'],
  ['size', '+9007199254740993', 9007199254740992, '9007199254740993'],
  ['ratio', '.5', 0.5, '0.5'],
  ['ratio', '1', 1, '1.0'],
  ['ratio', '5e-4', 0.0005, '5.0E-4'],
  ['rate', '1e7', 1e7, '1.0E7'],
  ['rate', '123456.5d', 123456.5, '123456.5'],
  ['rate', '-Infinity', -Infinity, '-Infinity'],
  ['rate', '2147483647', 2147483647, '2.147483647E9'],
  ['rate', '-0', -0, '-0.0'],
  ['rate', '0', 0, '0.0'],
  ['name', ' a b ', 'a b', 'a b'],
  ['kind', 'LogAppendTime', 'LogAppendTime', 'LogAppendTime'],
  ['loose', 'up', 'up', 'up'],
  ['policy', 'compact , delete', ['compact', 'delete'], 'compact,delete'],
  ['policy', 'delete,delete', ['delete'], 'delete'],
  ['policy', '', [], ''],
  ['dirs', '/a,/b', ['/a', '/b'], '/a,/b'],
  ['replicas', '0:1,1:2', ['0:1', '1:2'], '0:1,1:2'],
  ['replicas', '*', ['*'], '*'],
  ['reset', 'by_duration:P1DT2H3M4.5S', 'by_duration:P1DT2H3M4.5S', 'by_duration:P1DT2H3M4.5S'],
  ['handler', 'a.b.C', 'a.b.C', 'a.b.C'],
  ['secret', ' s3cret ', 's3cret', 's3cret'],
]

const bad: readonly (readonly [Name, string, string])[] = [
  ['flag', 'yes', 'Expected value to be either true or false'],
  ['count', '0', 'Value must be at least 1'],
  ['count', '11', 'Value must be no more than 10'],
  ['count', '1.5', 'Not a number of type INT'],
  ['count', '', 'Not a number of type INT'],
  ['whole', '2147483648', 'Not a number of type INT'],
  ['level', '0', 'Value must be between 1 and 9 or equal to -1'],
  ['small', '32768', 'Not a number of type SHORT'],
  ['size', '9223372036854775808', 'Not a number of type LONG'],
  ['size', '0x10', 'Not a number of type LONG'],
  ['ratio', '1.1', 'Value must be no more than 1'],
  ['ratio', 'e5', 'Not a number of type DOUBLE'],
  ['name', '  ', 'String must be non-empty'],
  ['kind', 'createtime', 'String must be one of: CreateTime, LogAppendTime'],
  ['loose', 'left', 'String must be one of (case insensitive): UP, DOWN'],
  ['policy', 'delete,squash', 'String must be one of: compact, delete'],
  ['policy', 'delete,,compact', 'values must not be empty'],
  ['dirs', ' ', 'must not be empty; allowed: any non-empty value'],
  ['replicas', '0:1,*', "must be '*' for all replicas, or a list of [partitionId]:[brokerId]"],
  ['reset', 'by_duration:PT', "must be 'earliest', 'latest' or 'by_duration:' and a duration such as PT1H or P7DT0.5S"],
  ['reset', 'Latest', "must be 'earliest', 'latest' or 'by_duration:' and a duration such as PT1H or P7DT0.5S"],
]

describe('parseConfig', () => {
  for (const [name, text, value, canonical] of good) {
    it(`takes "${text}" for ${configs[name].type} ${name}`, () => {
      assert.deepEqual(parseConfig(configs[name], text), { value, text: canonical })
    })
  }

  for (const [name, text, problem] of bad) {
    it(`refuses "${text}" for ${configs[name].type} ${name}: ${problem}`, () => {
      const refused = parseConfig(configs[name], text)
      assert.equal('problem' in refused && refused.problem, problem)
    })
  }

  it('says which element of a list is wrong', () => {
    assert.deepEqual(parseConfig(configs.policy, 'delete,squash'), {
      problem: 'String must be one of: compact, delete',
      element: 'squash',
    })
  })

  it('keeps the exact text of every LONG', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 9223372036854775807n }), (exact) => {
        const parsed = parseConfig(configs.size, String(exact))
        assert.ok('text' in parsed)
        assert.equal(parsed.text, String(exact))
      }),
    )
  })

  it('reads back what it printed, for every double', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (value) => {
        assert.deepEqual(parseConfig(configs.rate, textFromValue('double', value)), {
          value,
          text: textFromValue('double', value),
        })
      }),
    )
  })
})

describe('what is shown of a config', () => {
  it('prints defaults as Java does', () => {
    assert.equal(defaultText(configs.size), '9223372036854775807')
    assert.equal(defaultText(configs.rate), '1.7976931348623157E308')
    assert.equal(defaultText(configs.policy), 'delete')
    assert.equal(defaultText(configs.flag), 'true')
    assert.equal(defaultText(configs.whole), undefined)
  })

  it("prints what is allowed in the notation of Kafka's reference", () => {
    assert.equal(allowedText(configs.count.validator), '[1,...,10]')
    assert.equal(allowedText(configs.small.validator), '[1,...]')
    assert.equal(allowedText(configs.kind.validator), '[CreateTime, LogAppendTime]')
    assert.equal(allowedText(configs.loose.validator), '(case insensitive) [UP, DOWN]')
    assert.equal(allowedText(configs.policy.validator), '[compact, delete]')
    assert.equal(allowedText(configs.dirs.validator), '')
    assert.equal(allowedText(configs.name.validator), 'non-empty string')
    assert.equal(allowedText(configs.level.validator), '[1,...,9] or -1')
    assert.equal(allowedText(configs.whole.validator), '')
  })

  it('never shows a password', () => {
    assert.equal(loggableText(configs.secret, 'hunter2'), '[hidden]')
    assert.equal(
      invalidValueMessage(configs.secret, 'hunter2', { problem: 'bad' }),
      'Invalid value [hidden] for configuration secret: bad',
    )
    assert.equal(
      invalidValueMessage(configs.count, '0', { problem: 'Value must be at least 1' }),
      'Invalid value 0 for configuration count: Value must be at least 1',
    )
  })
})
