import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConfigError, boolean, defineConfigs, int, list, long, oneOf, password } from '@gregor/config'
import { type ClientConfig, type ClientOptions, readOptions } from './client-config.ts'
import { connectionConfigs } from './common-configs.ts'

const table = defineConfigs({
  'linger.ms': long({ default: 5, min: 0, doc: 'How long records wait.' }),
  acks: oneOf(['all', '-1', '0', '1'], { default: 'all', doc: 'Who has to have it.' }),
  'max.in.flight.requests.per.connection': int({ default: 5, min: 1, max: 5, doc: 'At once.' }),
  'enable.idempotence': boolean({ default: true, doc: 'No doubles.' }),
  'partition.assignment.strategy': list({ default: ['range'], doc: 'Assignors.' }),
  'ssl.key.password': password({ doc: 'Secret.' }),
})

const producer = { client: 'producer' }

describe('readOptions', () => {
  it('gives every row its value or its default, by its camelCase name', () => {
    const config: ClientConfig<typeof table> = readOptions(table, { lingerMs: 20 }, producer)
    assert.deepEqual(config, {
      lingerMs: 20,
      acks: 'all',
      maxInFlightRequestsPerConnection: 5,
      enableIdempotence: true,
      partitionAssignmentStrategy: ['range'],
      sslKeyPassword: undefined,
    })
  })

  it('takes Kafka’s spelling, values as text, and lists with commas', () => {
    const options: ClientOptions<typeof table> = {
      'linger.ms': '7',
      'enable.idempotence': false,
      partitionAssignmentStrategy: 'sticky, range',
    }
    const config = readOptions(table, options, producer)
    assert.equal(config.lingerMs, 7)
    assert.equal(config.enableIdempotence, false)
    assert.deepEqual(config.partitionAssignmentStrategy, ['sticky', 'range'])
  })

  it('takes properties, behind options and before other defaults', () => {
    const properties = new Map([
      ['linger.ms', '7'],
      ['acks', '1'],
    ])
    const defaults = { 'linger.ms': 9, 'max.in.flight.requests.per.connection': 1 }
    const config = readOptions(table, { lingerMs: 8 }, { ...producer, properties, defaults })
    assert.equal(config.lingerMs, 8)
    assert.equal(config.acks, '1')
    assert.equal(config.maxInFlightRequestsPerConnection, 1)
  })

  for (const [given, message] of [
    [{ lingerMS: 1 }, 'producer: there is no option lingerMS. Did you mean lingerMs?'],
    [{ 'linger.mss': 1 }, 'producer: there is no option linger.mss. Did you mean linger.ms?'],
    [{ whatever: 1 }, 'producer: there is no option whatever. Remove it.'],
    [{ partitoner: 1 }, 'producer: there is no option partitoner. Did you mean partitioner?'],
    [{ lingerMs: -1 }, 'Invalid value -1 for configuration linger.ms: Value must be at least 0'],
    [{ lingerMs: 1.5 }, 'Invalid value 1.5 for configuration linger.ms: Not a number of type LONG'],
    [{ lingerMs: true }, 'Invalid value boolean for configuration linger.ms: expected is a whole number'],
    [{ enableIdempotence: 1 }, 'Invalid value number for configuration enable.idempotence: expected is true or false'],
    [{ sslKeyPassword: {} }, 'Invalid value [hidden] for configuration ssl.key.password: expected is a text'],
    [{ acks: 'some' }, 'Invalid value some for configuration acks: String must be one of: all, -1, 0, 1'],
    [{ lingerMs: 1, 'linger.ms': 2 }, 'producer: lingerMs and linger.ms are the same; give one of them.'],
  ] as const) {
    it(`refuses ${JSON.stringify(given)}`, () => {
      assert.throws(() => readOptions(table, given, { ...producer, others: ['partitioner'] }), {
        name: 'ConfigError',
        message,
      })
    })
  }

  it('names everything that is wrong at once', () => {
    const given = { lingerMs: -1, nothing: 1, acks: 'x' }
    assert.throws(
      () => readOptions(table, given, producer),
      (error) => error instanceof ConfigError && error.problems.length === 3,
    )
  })

  it('leaves options alone that are no configs, and those that are undefined', () => {
    const config = readOptions(
      table,
      { partitioner: () => 0, lingerMs: undefined },
      { ...producer, others: ['partitioner'] },
    )
    assert.equal(config.lingerMs, 5)
  })

  it('warns of what only Java knows, and goes on', () => {
    const warnings: string[] = []
    const properties = new Map([['key.serializer', 'org.apache.kafka.common.serialization.StringSerializer']])
    readOptions(table, {}, { ...producer, properties, warn: (message) => void warnings.push(message) })
    assert.deepEqual(warnings, ['producer: key.serializer changes nothing here: give a serializer to the producer.'])
  })

  it('refuses unknown properties, unless the file is one that others read too', () => {
    const properties = new Map([['group.id', 'g']])
    assert.throws(() => readOptions(table, {}, { ...producer, properties }), ConfigError)
    readOptions(table, {}, { ...producer, properties, unknownProperty: 'ignore' })
  })
})

describe('connectionConfigs', () => {
  it('has Kafka’s defaults', () => {
    const config = readOptions(connectionConfigs, { bootstrapServers: 'a:1,b:2' }, { client: 'connect' })
    assert.deepEqual(config.bootstrapServers, ['a:1', 'b:2'])
    assert.equal(config.requestTimeoutMs, 30_000)
    assert.equal(config.reconnectBackoffMaxMs, 1000)
    assert.equal(config.metadataRecoveryStrategy, 'rebootstrap')
    assert.equal(config.socketConnectionSetupTimeoutMaxMs, 30_000)
  })
})
