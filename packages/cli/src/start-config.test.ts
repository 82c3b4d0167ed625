import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BrokerConfig } from '@gregor/config'
import { ConfigError } from '@gregor/config'
import { ProgramFixture } from './program-fixture.ts'
import { loadStartConfig } from './start-config.ts'

function load(
  program: ProgramFixture,
  given: { file?: string; overrides?: Readonly<Record<string, string>> } = {},
): BrokerConfig {
  return loadStartConfig({ file: given.file, overrides: new Map(Object.entries(given.overrides ?? {})) }, program)
}

describe('without a file', () => {
  it('a node listens on loopback, keeps its data in ./data and shows its metrics', () => {
    const config = load(new ProgramFixture())
    assert.equal(config.listeners.broker[0]?.host, '127.0.0.1')
    assert.equal(config.listeners.broker[0]?.port, 9092)
    assert.deepEqual(config.logDirs, ['data'])
    assert.equal(config.get('gregor.monitoring.address'), '127.0.0.1:9404')
    assert.deepEqual(config.warnings, [])
  })

  it('overrides say otherwise', () => {
    const overrides = { 'log.dirs': '/var/kafka', 'gregor.monitoring.address': '' }
    const config = load(new ProgramFixture(), { overrides })
    assert.deepEqual(config.logDirs, ['/var/kafka'])
    assert.equal(config.get('gregor.monitoring.address'), '')
  })
})

describe('with a file', () => {
  it('the file counts, and overrides before it', () => {
    const program = new ProgramFixture()
    program.writeFile(
      '/srv/node/config/server.properties',
      'broker.id=3\nlog.dir=/data/kafka/logs-3\nnum.partitions=2\n',
    )
    const config = load(program, { file: 'config/server.properties', overrides: { 'num.partitions': '4' } })
    assert.equal(config.get('node.id'), 3)
    assert.deepEqual(config.logDirs, ['/data/kafka/logs-3'])
    assert.equal(config.get('num.partitions'), 4)
    assert.equal(config.get('gregor.monitoring.address'), undefined)
  })

  it('environment variables and other files are put in where it refers to them', () => {
    const program = new ProgramFixture({ variables: { RACK: 'r1' } })
    program.writeFile('/srv/node/secrets.properties', 'count=7\n')
    program.writeFile(
      '/srv/node/server.properties',
      [
        'config.providers=env,file',
        'broker.rack=${env:RACK}',
        'num.partitions=${file:secrets.properties:count}',
        'log.cleaner.threads=1',
      ].join('\n'),
    )
    const config = load(program, { file: 'server.properties' })
    assert.equal(config.get('broker.rack'), 'r1')
    assert.equal(config.get('num.partitions'), 7)
  })

  it('a reference to a file that is not there is warned about', () => {
    const program = new ProgramFixture()
    program.writeFile(
      '/srv/node/server.properties',
      'config.providers=file\nbroker.rack=${file:gone.properties:rack}\n',
    )
    const config = load(program, { file: 'server.properties' })
    assert.deepEqual(config.warnings, [
      'broker.rack: ${file:gone.properties:rack} was not found and is taken literally',
    ])
  })

  it('one that is not there is a mistake', () => {
    const message = 'nowhere.properties: there is no such file; give the path of a server.properties'
    assert.throws(() => load(new ProgramFixture(), { file: 'nowhere.properties' }), new ConfigError([{ message }]))
  })

  it('one that cannot be read is a mistake', () => {
    const program = new ProgramFixture()
    program.environment.disk.makeDirectory('/srv/node/folder')
    const message = 'folder: it cannot be read (EISDIR); give the path of a server.properties'
    assert.throws(() => load(program, { file: 'folder' }), new ConfigError([{ message }]))
  })
})
