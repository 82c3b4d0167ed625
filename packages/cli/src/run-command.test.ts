import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { ProgramFixture } from './program-fixture.ts'
import { version } from './version.ts'

async function outcome(...words: readonly string[]): Promise<{ exitCode: number; out: string; error: string }> {
  const program = new ProgramFixture()
  const exitCode = await program.run(...words)
  return { exitCode, out: program.lines.join('\n'), error: program.errors.join('\n') }
}

describe('gregor', () => {
  it('lists its commands with --help', async () => {
    const { exitCode, out } = await outcome('--help')
    assert.equal(exitCode, 0)
    assert.match(out, /^ {2}start \[file\] \[--override key=value\]… +Start one node/m)
    assert.match(out, /^ {2}log verify directory /m)
  })

  it('says its version and the Kafka it is compatible with', async () => {
    assert.deepEqual(await outcome('--version'), { exitCode: 0, out: 'gregor 0.1.0 (Apache Kafka 4.3.1)', error: '' })
  })

  it('has the version that package.json has', () => {
    const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')) as object
    assert.equal('version' in manifest && manifest.version, version)
  })

  it('prints its help to standard error, and fails, without a command', async () => {
    const { exitCode, out, error } = await outcome()
    assert.equal(exitCode, 1)
    assert.equal(out, '')
    assert.match(error, /^gregor COMMAND/)
  })

  it('refuses what is no command', async () => {
    const { exitCode, error } = await outcome('stert')
    assert.equal(exitCode, 1)
    assert.equal(error, 'gregor: stert is no command; gregor --help lists them')
  })
})

describe('a command', () => {
  it('has help that is made from what it takes', async () => {
    const { exitCode, out } = await outcome('log', 'verify', '--help')
    assert.equal(exitCode, 0)
    assert.deepEqual(out.split('\n'), [
      'gregor log verify directory',
      '',
      'Check the logs of a directory, each batch by its checksum, without changing anything.',
      '',
      'Arguments:',
      '  directory  One of log.dirs, or the directory of one partition.',
      '',
      'Options:',
      '  --help     Print this text.',
      '  --version  Print the version.',
      '',
      'Examples:',
      '  gregor log verify data',
      '  gregor log verify data/orders-0',
    ])
  })

  it('says its version, too', async () => {
    assert.equal((await outcome('start', '--version')).out, 'gregor 0.1.0 (Apache Kafka 4.3.1)')
  })

  it('misses an argument that it needs', async () => {
    const { exitCode, error } = await outcome('log', 'verify')
    assert.equal(exitCode, 1)
    assert.equal(error, 'gregor log verify: directory is missing\nUsage: gregor log verify directory')
  })

  it('refuses more arguments than it takes', async () => {
    const { exitCode, error } = await outcome('start', 'a.properties', 'b.properties')
    assert.equal(exitCode, 1)
    assert.match(error, /^gregor start: b\.properties is too much\nUsage: gregor start \[file\]/)
  })

  it('refuses options that it does not know', async () => {
    const { exitCode, error } = await outcome('start', '--overwrite', 'a=b')
    assert.equal(exitCode, 1)
    assert.match(error, /^gregor start: --overwrite is not a recognized option\n/)
  })
})
