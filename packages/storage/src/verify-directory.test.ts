import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BatchBuilder, transactionMarkerBatch } from '@gregor/protocol'
import type { SimulatedDisk } from '@gregor/testkit/simulation'
import { appendBatch, appendTo, close, create, openDirectoriesFixture } from './directories-fixture.ts'
import { batchOf } from './log-fixture.ts'
import { verifyDirectory } from './verify-directory.ts'

/** Two logs of several segments, with a transaction that was aborted in the first, closed in order. */
async function closedDirectories(): Promise<SimulatedDisk> {
  const fixture = await openDirectoriesFixture({
    options: { paths: ['/data'] },
    logConfig: { segmentBytes: 400, indexIntervalBytes: 100 },
    settings: { 'transaction.partition.verification.enable': 'false' },
  })
  for (const partition of [0, 1]) {
    const log = await create(fixture, partition)
    log.assignEpoch(0)
    const timestamp = fixture.environment.clock.wallMs()
    for (let number = 0; number < 12; number++) {
      appendBatch(
        fixture,
        log,
        batchOf([`value ${number}`], {
          timestamp: timestamp + number,
          producerId: 4,
          producerEpoch: 0,
          baseSequence: number,
        }),
      )
    }
    const builder = new BatchBuilder({ producerId: 9, producerEpoch: 0, baseSequence: 0, isTransactional: true })
    appendBatch(fixture, log, builder.append(null, Buffer.from('x'), [], timestamp).build())
    const marker = { outcome: 'Abort', producerId: 9, producerEpoch: 0, coordinatorEpoch: 0, timestamp } as const
    log.append(transactionMarkerBatch(marker), { leaderEpoch: 0, origin: 'coordinator', nowMs: timestamp })
    appendTo(fixture, log, 'the last')
  }
  await close(fixture)
  return fixture.environment.disk
}

async function problemsOf(disk: SimulatedDisk, path = '/data'): Promise<readonly string[]> {
  const problems: string[] = []
  for await (const { kind, file, position, end, offset, problem } of verifyDirectory(disk, path)) {
    const place = [
      position === undefined ? '' : ` at ${position}-${end}`,
      offset === undefined ? '' : ` offset ${offset}`,
    ].join('')
    problems.push(`${kind} ${file.replace('/data/', '')}${place}: ${problem}`)
  }
  return problems
}

function overwrite(disk: SimulatedDisk, name: string, position: number, bytes: readonly number[]): void {
  disk.open(`/data/${name}`).write([Buffer.from(bytes)], position)
}

describe('verifying a log directory', () => {
  it('finds nothing wrong with one that is whole, and changes nothing', async () => {
    const disk = await closedDirectories()
    const { operationCount } = disk
    assert.deepEqual(await problemsOf(disk), [])
    assert.deepEqual(await problemsOf(disk, '/data/orders-1'), [])
    assert.equal(disk.operationCount, operationCount)
  })

  it('counts what it has looked at', async () => {
    const verification = verifyDirectory(await closedDirectories(), '/data')
    assert.deepEqual(await verification.next(), {
      done: true,
      value: { partitionCount: 2, segmentCount: 6, batchCount: 30, byteCount: 2250 },
    })
  })

  it('has nothing to say of a folder of something else', async () => {
    const disk = await closedDirectories()
    disk.makeDirectory('/photos/orders-7.0123456789abcdef0123456789abcdef-delete')
    assert.deepEqual(await problemsOf(disk, '/photos'), [])
  })

  it('names file, position and offset of a flipped bit', async () => {
    const disk = await closedDirectories()
    disk.flipBit('/data/orders-1/00000000000000000000.log', 75 + 65, 0)
    assert.deepEqual(await problemsOf(disk), [
      'damage orders-1/00000000000000000000.log at 75-150 offset 1: a batch whose checksum does not fit',
    ])
  })

  it('finds one in an offset, which no checksum covers', async () => {
    const disk = await closedDirectories()
    disk.flipBit('/data/orders-1/00000000000000000000.log', 75 + 5, 0)
    assert.deepEqual(await problemsOf(disk), [
      'damage orders-1/00000000000000000000.log at 75-150 offset 1: a batch whose offsets do not fit in here',
    ])
  })

  it('tells an end that is not whole from damage', async () => {
    const disk = await closedDirectories()
    const logs = disk.list('/data/orders-0').filter((name) => name.endsWith('.log'))
    const last = `/data/orders-0/${logs.at(-1) ?? ''}`
    disk.open(last).write([Buffer.from('half a batch')], disk.stat(last)?.size ?? 0)
    const [problem] = await problemsOf(disk)
    assert.match(problem ?? '', /^tail orders-0\/0+10\.log at \d+-\d+ offset 15: a batch that ends too early$/)
  })

  it('finds segments that overlap', async () => {
    const disk = await closedDirectories()
    disk.rename('/data/orders-0/00000000000000000005.log', '/data/orders-0/00000000000000000003.log')
    const problems = await problemsOf(disk)
    assert.ok(
      problems.includes(
        'damage orders-0/00000000000000000000.log at 225-375 offset 3: a batch whose offsets do not fit in here',
      ),
      problems[0],
    )
  })

  for (const [what, damage, expected] of [
    [
      'a missing index',
      (disk: SimulatedDisk) => disk.rename('/data/orders-0/00000000000000000000.index', '/data/x'),
      /^derived orders-0\/0+\.index: it is missing$/,
    ],
    [
      'an index that leads to no batch',
      (disk: SimulatedDisk) => overwrite(disk, 'orders-0/00000000000000000000.index', 7, [9]),
      /^derived orders-0\/0+\.index: entry 0 leads to no batch$/,
    ],
    [
      'an index that names another batch',
      (disk: SimulatedDisk) => overwrite(disk, 'orders-0/00000000000000000000.index', 3, [1]),
      /^derived orders-0\/0+\.index: entry 0 names another batch/,
    ],
    [
      'an index that does not rise',
      (disk: SimulatedDisk) => overwrite(disk, 'orders-0/00000000000000000000.index', 0, [9]),
      /^derived orders-0\/0+\.index: entry 1 is not behind/,
    ],
    [
      'an index that is cut off',
      (disk: SimulatedDisk) => disk.open('/data/orders-0/00000000000000000000.index').truncate(13),
      /^derived orders-0\/0+\.index: its last entry is cut off$/,
    ],
    [
      'a time index of a later time',
      (disk: SimulatedDisk) => overwrite(disk, 'orders-0/00000000000000000000.timeindex', 12, [1]),
      /^derived orders-0\/0+\.timeindex: its last entry is of a time that no record has$/,
    ],
    [
      'a time index of a later offset',
      (disk: SimulatedDisk) => overwrite(disk, 'orders-0/00000000000000000000.timeindex', 20, [1]),
      /^derived orders-0\/0+\.timeindex: its last entry is of an offset that is not there$/,
    ],
    [
      'a transaction index',
      (disk: SimulatedDisk) => disk.open('/data/orders-0/00000000000000000010.txnindex').truncate(20),
      /^derived orders-0\/0+10\.txnindex: 20 bytes are not whole entries/,
    ],
    [
      'a producer snapshot',
      (disk: SimulatedDisk) => overwrite(disk, 'orders-0/00000000000000000015.snapshot', 20, [1]),
      /^derived orders-0\/0+15\.snapshot: the checksum does not match$/,
    ],
    [
      'producer batches',
      (disk: SimulatedDisk) => overwrite(disk, 'orders-0/00000000000000000015.producer-batches', 20, [1]),
      /^derived orders-0\/0+15\.producer-batches: the checksum/,
    ],
    [
      'leader epochs',
      (disk: SimulatedDisk) => overwrite(disk, 'orders-0/leader-epoch-checkpoint', 0, [65]),
      /^derived orders-0\/leader-epoch-checkpoint: version A is not 0$/,
    ],
    [
      'a topic id',
      (disk: SimulatedDisk) => disk.rename('/data/orders-0/partition.metadata', '/data/x'),
      /^derived orders-0\/partition\.metadata: it is missing$/,
    ],
    [
      'a checkpoint',
      (disk: SimulatedDisk) => overwrite(disk, 'recovery-point-offset-checkpoint', 2, [65]),
      /^derived recovery-point-offset-checkpoint: no entry count$/,
    ],
    [
      'whose it is',
      (disk: SimulatedDisk) => disk.rename('/data/meta.properties', '/data/x'),
      /^damage meta\.properties: it is missing$/,
    ],
    [
      'a strange meta.properties',
      (disk: SimulatedDisk) => overwrite(disk, 'meta.properties', 0, [120]),
      /^damage meta\.properties: .*cluster\.id is missing/,
    ],
  ] as const) {
    it(`finds ${what}`, async () => {
      const disk = await closedDirectories()
      damage(disk)
      const problems = await problemsOf(disk)
      assert.equal(problems.length, 1, problems.join('\n'))
      assert.match(problems[0] ?? '', expected)
    })
  }
})
