import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BatchBuilder } from '@gregor/protocol'
import { ProgramFixture } from '../program-fixture.ts'
import { keptRanges, planRepairs } from './repair-plan.ts'

const PARTITION = '/srv/node/data/orders-0'
const FIRST = `${PARTITION}/00000000000000000000.log`

function batch(baseOffset: number, text: string): Buffer {
  const builder = new BatchBuilder({ baseOffset })
  builder.append(null, Buffer.from(text), [], 1)
  return builder.build()
}

function write({ environment: { disk } }: ProgramFixture, path: string, ...parts: readonly Buffer[]): void {
  disk.makeDirectory(path.slice(0, path.lastIndexOf('/')))
  const file = disk.open(path, { create: true })
  file.truncate(0)
  file.write(parts, 0)
  file.close()
}

function read({ environment: { disk } }: ProgramFixture, path: string): Buffer | undefined {
  return disk.stat(path) === undefined ? undefined : disk.readFile(path)
}

const good = [batch(0, 'one'), batch(2, 'three')] as const
const damaged = batch(1, 'two')
damaged.writeUInt8(damaged.readUInt8(damaged.length - 1) ^ 1, damaged.length - 1)

/** A log with a damaged batch in it and half a batch at its end, and what lies beside it. */
function broken(): ProgramFixture {
  const program = new ProgramFixture()
  write(program, FIRST, good[0], damaged, good[1], Buffer.from('half'))
  write(program, `${PARTITION}/00000000000000000000.index`)
  write(program, `${PARTITION}/00000000000000000000.timeindex`)
  write(program, '/srv/node/data/meta.properties', Buffer.from('version=1\ncluster.id=c\nnode.id=1\n'))
  write(program, '/srv/node/data/.lock')
  write(program, '/srv/node/data/.kafka_cleanshutdown', Buffer.from('{}'))
  write(program, '/srv/node/data/recovery-point-offset-checkpoint', Buffer.from('0\n1\norders 0 3\n'))
  return program
}

describe('gregor log repair', () => {
  it('takes out what is damaged, and keeps everything as it was in a copy', async () => {
    const program = broken()
    const before = read(program, FIRST)
    assert.equal(await program.run('log', 'repair', 'data', '--backup', 'saved'), 0)
    assert.deepEqual(program.errors, [])
    assert.deepEqual(read(program, FIRST), Buffer.concat(good))
    assert.deepEqual(read(program, '/srv/node/saved/orders-0/00000000000000000000.log'), before)
    assert.equal(read(program, '/srv/node/saved/recovery-point-offset-checkpoint')?.toString(), '0\n1\norders 0 3\n')
    for (const name of [
      '.kafka_cleanshutdown',
      'recovery-point-offset-checkpoint',
      'orders-0/00000000000000000000.index',
    ]) {
      assert.equal(read(program, `/srv/node/data/${name}`), undefined)
    }
    const size = damaged.length
    assert.deepEqual(program.lines.slice(-3), [
      `${FIRST}: ${size} bytes at position ${good[0].length} taken out, a batch whose checksum does not fit; records from offset 1 on are lost there`,
      `${FIRST}: 4 bytes at position ${good[0].length + size + good[1].length} taken out, a batch that ends too early; records from offset 3 on are lost there`,
      '5 files changed; as they were, they are in /srv/node/saved',
    ])
    program.lines.length = 0
    assert.equal(await program.run('log', 'repair', 'data'), 0)
    assert.deepEqual(program.lines, ['nothing to repair'])
    assert.equal(await program.run('log', 'verify', 'data'), 0)
  })

  it('changes nothing in a dry run', async () => {
    const program = broken()
    const before = read(program, FIRST)
    assert.equal(await program.run('log', 'repair', 'data/orders-0', '--dry-run'), 0)
    assert.deepEqual(read(program, FIRST), before)
    assert.deepEqual(program.environment.disk.list('/srv/node'), ['data'])
    assert.ok(program.lines.some((line) => line.includes('would be taken out')))
    assert.equal(program.lines.at(-1), '5 files would be changed; nothing was')
  })

  it('leaves a directory alone that a node is using', async () => {
    const program = broken()
    const lock = program.environment.disk.lock('/srv/node/data/.lock')
    assert.equal(await program.run('log', 'repair', 'data'), 1)
    assert.deepEqual(program.errors, ['gregor log repair: a node is using /srv/node/data: stop it first'])
    lock?.release()
  })

  it('says what it cannot mend, and names the copy after the time', async () => {
    const program = broken()
    write(program, '/srv/node/data/meta.properties', Buffer.from('version=7\n'))
    assert.equal(await program.run('log', 'repair', 'data', '--json'), 1)
    const report = JSON.parse(program.lines.join('\n')) as {
      dryRun: boolean
      backup: string
      repairs: { kind: string }[]
    }
    assert.match(report.backup, /^\/srv\/node\/data\.before-repair-\d{8}-\d{6}$/)
    assert.deepEqual(
      report.repairs.map(({ kind }) => kind),
      ['remove', 'remove', 'remove', 'remove', 'cut', 'beyond'],
    )
    assert.equal(await program.run('log', 'repair', 'nowhere'), 1)
  })

  it('never takes anything out of the middle of the metadata log', () => {
    const file = '/data/__cluster_metadata-0/00000000000000000000.log'
    const problem = { file, position: 5, end: 9, offset: 3, problem: 'p' } as const
    const repairs = (kind: 'damage' | 'tail'): readonly string[] =>
      planRepairs([{ ...problem, kind }], '/data', () => false).map((repair) => repair.kind)
    assert.deepEqual(repairs('damage'), ['beyond'])
    assert.deepEqual(repairs('tail'), ['cut'])
  })

  it('removes what can be made anew, and nothing for the sake of what is missing', () => {
    const index = { kind: 'derived', file: '/data/t-0/00000000000000000000.index', problem: 'p' } as const
    const missing = { kind: 'derived', file: '/data/t-0/partition.metadata', problem: 'it is missing' } as const
    assert.deepEqual(
      planRepairs([index, missing], '/data', (path) => path === index.file),
      [{ kind: 'remove', file: index.file, because: 'p' }],
    )
  })
})

it('keeps what lies between damaged ranges', () => {
  const range = (position: number, end: number) => ({ position, end, offset: 0, problem: '' })
  assert.deepEqual(keptRanges([range(8, 10), range(2, 4)], 10), [
    { position: 0, end: 2 },
    { position: 4, end: 8 },
  ])
  assert.deepEqual(keptRanges([range(0, 3)], 5), [{ position: 3, end: 5 }])
})

describe('gregor log dump', () => {
  it('shows the logs of a partition, by what the topic holds', async () => {
    const program = new ProgramFixture()
    write(program, FIRST, ...good)
    assert.equal(await program.run('log', 'dump', 'data/orders-0'), 0)
    assert.equal(program.lines[0], 'Dumping data/orders-0/00000000000000000000.log')
    assert.match(program.lines.join('\n'), /payload: one\n.*\n.*payload: three$/)
    program.lines.length = 0
    assert.equal(
      await program.run('log', 'dump', 'data/orders-0/00000000000000000000.log', '--batches', '--max-bytes', '100'),
      0,
    )
    assert.equal(program.lines.join('\n').split('\n').length, 3)
    program.errors.length = 0
    write(program, '/srv/node/data/__consumer_offsets-3/00000000000000000000.log', batch(0, 'x'))
    assert.equal(await program.run('log', 'dump', 'data/__consumer_offsets-3'), 1)
    assert.match(program.errors[0] ?? '', /^gregor log dump: Failed to decode message at offset 0/)
    assert.equal(await program.run('log', 'dump', 'data'), 1)
    assert.equal(program.errors[1], 'gregor log dump: data holds no logs')
    assert.equal(await program.run('log', 'dump', 'nowhere'), 1)
    assert.equal(program.errors[2], 'gregor log dump: nowhere: there is no such file')
  })
})
