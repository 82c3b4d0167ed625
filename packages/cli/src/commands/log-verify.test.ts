import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BatchBuilder } from '@gregor/protocol'
import { ProgramFixture } from '../program-fixture.ts'

const segment = '/srv/node/data/orders-0/00000000000000000000.log'

function batch(baseOffset: number, value: string): Buffer {
  const builder = new BatchBuilder()
  builder.append(null, Buffer.from(value), [], 1_767_225_600_000)
  const bytes = builder.build()
  bytes.writeBigInt64BE(BigInt(baseOffset), 0)
  return bytes
}

function programWith(bytes: Buffer): ProgramFixture {
  const program = new ProgramFixture()
  program.environment.disk.makeDirectory('/srv/node/data/orders-0')
  const file = program.environment.disk.open(segment, { create: true })
  file.write([bytes], 0)
  file.close()
  return program
}

describe('gregor log verify', () => {
  it('says how much it has read where everything is as it was written', async () => {
    const bytes = Buffer.concat([batch(0, 'one'), batch(1, 'two')])
    const program = programWith(bytes)
    const exitCode = await program.run('log', 'verify', 'data/orders-0')
    assert.deepEqual([exitCode, program.errors], [0, []], program.lines.join())
    assert.match(
      program.lines.at(-1) ?? '',
      new RegExp(`^1 partition, 1 segment, 2 batches, ${bytes.length} bytes: no damage`),
    )
  })

  it('names file, position and offset of a batch that is not what was written', async () => {
    const [first, second, third] = [batch(0, 'one'), batch(1, 'two'), batch(2, 'three')]
    second[second.length - 1] = 0x7f
    const program = programWith(Buffer.concat([first, second, third]))
    assert.equal(await program.run('log', 'verify', 'data/orders-0'), 1)
    const end = first.length + second.length
    assert.match(program.lines[0] ?? '', new RegExp(`^${segment}: position ${first.length} to ${end}, from offset 1: `))
    assert.match(program.lines.at(-1) ?? '', /^1 partition, 1 segment, 2 batches, .*: 1 damaged place/)
  })

  it('fails where there are no partitions', async () => {
    const program = new ProgramFixture()
    assert.equal(await program.run('log', 'verify', '/srv/node'), 1)
    assert.deepEqual(program.errors, ['gregor log verify: /srv/node holds no partitions'])
  })

  it('fails where there is no such directory', async () => {
    const program = new ProgramFixture()
    assert.equal(await program.run('log', 'verify', 'nowhere'), 1)
    assert.match(program.errors.join('\n'), /^gregor log verify: list \/srv\/node\/nowhere: ENOENT$/)
  })
})
