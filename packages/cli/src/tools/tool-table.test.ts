import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { ProgramFixture } from '../program-fixture.ts'
import { tools } from './index.ts'

const bin = join(import.meta.dirname, '..', '..', '..', '..', 'bin')
/** Scripts that start and stop nodes, and the one that takes class names. */
const others = ['kafka-run-class.sh', 'kafka-server-start.sh', 'kafka-server-stop.sh']

describe('the table of tools', () => {
  it('has a script of one line for each tool, and a tool for each script', () => {
    const scripts = readdirSync(bin).filter((name) => name.endsWith('.sh') && !others.includes(name))
    assert.deepEqual(scripts.toSorted(), tools.map(({ name }) => `${name}.sh`).toSorted())
    for (const { name } of tools) {
      const text = readFileSync(join(bin, `${name}.sh`), 'utf8')
      assert.equal(
        text,
        `#!/usr/bin/env bash\nexec "$(dirname "$(readlink -f "\${BASH_SOURCE[0]}")")/gregor" tool ${name} "$@"\n`,
      )
    }
  })

  for (const { name, load } of tools) {
    it(`loads ${name} under its own name, with a help`, async () => {
      const tool = await load()
      assert.equal(tool.name, name)
      assert.match(tool.help(), /--?\w/)
    })
  }

  it('finds tools by the classes of Apache Kafka', async () => {
    const program = new ProgramFixture()
    assert.equal(await program.run('tool', 'kafka-run-class', '-loggc', 'kafka.admin.ConfigCommand', '--version'), 0)
    assert.deepEqual(program.lines, ['4.3.1'])
    const unknown = new ProgramFixture()
    assert.equal(await unknown.run('tool', 'kafka-run-class', 'org.example.Main'), 1)
    assert.equal(unknown.errors[0], 'Error: Could not find or load main class org.example.Main')
    const without = new ProgramFixture()
    assert.equal(await without.run('tool', 'kafka-run-class'), 1)
    assert.match(without.lines[0] ?? '', /^USAGE: kafka-run-class/)
  })

  it('takes names with and without .sh, and refuses others', async () => {
    const program = new ProgramFixture()
    assert.equal(await program.run('tool', 'kafka-topics.sh', '--version'), 0)
    assert.equal(await program.run('tool', 'kafka-nothing'), 1)
    assert.match(program.errors[0] ?? '', /^kafka-nothing is none of the tools: kafka-topics, /)
  })
})
