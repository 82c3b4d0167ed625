/** A server is stopped, its files are damaged, and it starts again: W14 and the table of what must then happen. */

import assert from 'node:assert/strict'
import { readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Driver } from '../../clients/driver.ts'
import { contentWithoutTimestamp, manyRecords, sampleTimestamp } from '../../clients/sample-records.ts'
import { run } from '../../harness/process.ts'
import type { Server } from '../../harness/server.ts'
import { started, type CrashContext } from './kill-cases.ts'

export interface DamageCase {
  /** A sentence that is true when it passes. */
  readonly name: string
  readonly body: (context: CrashContext) => Promise<string | void>
}

const topic = 'damaged'
const batchSize = 1_500
const batchCount = 10
const records = manyRecords(batchSize * batchCount).map((record, index) => ({
  ...record,
  timestamp: sampleTimestamp + index,
}))
const main = join(import.meta.dirname, '..', '..', '..', 'packages', 'cli', 'src', 'main.ts')

export const damageCases: readonly DamageCase[] = [
  {
    name: 'W14: indexes deleted by hand are rebuilt, after a clean stop',
    body: (context) => damage(context, 'stop', ['.index', '.timeindex'], (file) => rmSync(file)),
  },
  {
    name: 'W14: corrupt indexes are rebuilt after kill -9, with a line that names each file',
    body: async (context) =>
      damage(context, 'kill', ['.index', '.timeindex'], overwrite, (output, files) => {
        // The first of a segment's that is found wrong: they are rebuilt together.
        const segments = new Set(files.map((file) => file.replace(/\.\w+$/, '')))
        for (const segment of segments) assert.ok(output.includes(segment), `${segment} is not named in ${output}`)
      }),
  },
  {
    name: 'indexes cut off in the middle of an entry are rebuilt',
    body: (context) =>
      damage(context, 'kill', ['.index', '.timeindex'], (file) => {
        truncateSync(file, Math.max(0, readFileSync(file).length - 3))
      }),
  },
  {
    name: 'indexes full of zeros are rebuilt',
    body: (context) =>
      damage(context, 'stop', ['.index', '.timeindex'], (file) => {
        writeFileSync(file, Buffer.alloc(4_096))
      }),
  },
  {
    name: 'snapshots of producers, epochs and checkpoints full of garbage are rebuilt or done without',
    body: (context) =>
      damage(context, 'kill', ['.snapshot', 'leader-epoch-checkpoint', '-offset-checkpoint'], overwrite),
  },
  {
    name: 'snapshots of producers, epochs and checkpoints are rebuilt or done without when they are gone',
    body: (context) =>
      damage(context, 'kill', ['.snapshot', 'leader-epoch-checkpoint', '-offset-checkpoint'], (file) => rmSync(file)),
  },
  {
    name: 'half a batch and garbage at the end are cut off after kill -9, kept beside the segment, and said',
    body: cutsTheEnd,
  },
  {
    name: 'a flipped bit in a closed segment: readers of it are told CORRUPT_MESSAGE, all others go on, `log verify` names it',
    body: keepsWhatIsRotten,
  },
]

/** Damages each file whose name ends so; afterwards all records are found, by offset and by time. */
async function damage(
  context: CrashContext,
  end: 'stop' | 'kill',
  endings: readonly string[],
  how: (file: string) => void,
  requireSaid: (output: string, files: readonly string[]) => void = () => {},
): Promise<string> {
  const { server, driver } = await written(context)
  try {
    await (end === 'stop' ? server.stop() : server.kill())
    const data = join(context.directory, 'data')
    const folders = [data, join(data, `${topic}-0`)]
    const files = folders.flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => endings.some((ending) => name.endsWith(ending)))
        .map((name) => join(folder, name)),
    )
    assert.ok(files.length > 1, `there are only ${files.join(', ')}`)
    for (const file of files) how(file)
    const again = await context.startServer({ directory: context.directory, port: server.port })
    await requireAllFound(driver)
    requireSaid(again.output(), files)
    await again.stop()
    return `${files.length} files`
  } finally {
    await driver.close()
    rmSync(context.directory, { recursive: true, force: true })
  }
}

async function cutsTheEnd(context: CrashContext): Promise<string> {
  const { server, driver } = await written(context)
  try {
    await server.kill()
    const folder = join(context.directory, 'data', `${topic}-0`)
    const last = segmentsOf(folder).at(-1) ?? ''
    const bytes = readFileSync(join(folder, last))
    const half = bytes.subarray(0, Math.min(bytes.readInt32BE(8), 400))
    writeFileSync(join(folder, last), Buffer.concat([bytes, half, Buffer.from('garbage')]))
    const again = await context.startServer({ directory: context.directory, port: server.port })
    await requireAllFound(driver)
    const said = again
      .output()
      .split('\n')
      .find((line) => line.includes(topic) && /cut|truncat/i.test(line))
    if (server.name === 'Gregor') assert.ok(said !== undefined, again.output())
    await again.stop()
    assert.deepEqual(readFileSync(join(folder, last)).subarray(0, bytes.length), bytes)
    const kept = readdirSync(folder).filter(
      (name) => !/\.(log|index|timeindex|snapshot|txnindex|metadata)$|^leader/.test(name),
    )
    return `${kept.join(', ')}`
  } finally {
    await driver.close()
    rmSync(context.directory, { recursive: true, force: true })
  }
}

async function keepsWhatIsRotten(context: CrashContext): Promise<string> {
  const { server, driver } = await written(context)
  try {
    await server.stop()
    const folder = join(context.directory, 'data', `${topic}-0`)
    const [first, second] = segmentsOf(folder)
    assert.ok(first !== undefined && second !== undefined)
    const file = join(folder, first)
    const bytes = readFileSync(file)
    const place = middleBatch(bytes)
    bytes[place.position + 100] = (bytes[place.position + 100] ?? 0) ^ 4
    writeFileSync(file, bytes)

    const again = await context.startServer({ directory: context.directory, port: server.port })
    const read = (from: number, count: number) => driver.call('consume', { topic, partition: 0, from, count })
    const before = await read(0, place.baseOffset)
    assert.deepEqual(
      before.map(contentWithoutTimestamp),
      records.slice(0, place.baseOffset).map(contentWithoutTimestamp),
    )
    // Apache would pass it on as it is.
    if (server.name === 'Gregor') await assert.rejects(read(place.baseOffset, 1), /corrupt|crc|invalid.?m/i)
    const later = Number.parseInt(second, 10)
    const behind = await read(later, 100)
    assert.deepEqual(
      behind.map(contentWithoutTimestamp),
      records.slice(later, later + 100).map(contentWithoutTimestamp),
    )
    await driver.call('produce', {
      topic,
      codec: 'none',
      acks: 'all',
      idempotent: false,
      records: records.slice(0, 10),
    })
    await again.stop()
    assert.equal(readFileSync(file).length, bytes.length, 'the segment was cut')
    const { status, stdout } = await run(process.execPath, [main, 'log', 'verify', join(context.directory, 'data')])
    assert.equal(status, 1, stdout)
    const line = stdout.split('\n').find((each) => each.includes(first)) ?? stdout
    assert.match(line, new RegExp(`position ${place.position}\\b.*offset ${place.baseOffset}\\b`))
    return line.replace(context.directory, '')
  } finally {
    await driver.close()
    rmSync(context.directory, { recursive: true, force: true })
  }
}

/** A server with a topic of several segments, and the driver that wrote it. */
async function written({ startServer, directory, loads }: CrashContext): Promise<{ server: Server; driver: Driver }> {
  const server = await startServer({ directory })
  const [load] = loads
  assert.ok(load !== undefined)
  const driver = started(load.program, server)
  const configs = { 'segment.bytes': '1048576', 'index.interval.bytes': '512' }
  await driver.call('create', { topic, partitions: 1, configs })
  for (let batch = 0; batch < batchCount; batch++) {
    const part = records.slice(batch * batchSize, (batch + 1) * batchSize)
    await driver.call('produce', { topic, codec: 'none', acks: 'all', idempotent: true, records: part })
  }
  return { server, driver }
}

async function requireAllFound(driver: Driver): Promise<void> {
  const read = await driver.call('consume', { topic, partition: 0, from: 'earliest', count: records.length })
  assert.deepEqual(read.map(contentWithoutTimestamp), records.map(contentWithoutTimestamp))
  for (const index of [0, 1, 4_321, records.length - 1]) {
    const [one] = await driver.call('consume', { topic, partition: 0, from: index, count: 1 })
    assert.equal(one?.offset, index)
    const { atTime } = await driver.call('offsets', { topic, partition: 0, timestamp: sampleTimestamp + index })
    assert.equal(atTime, index)
  }
}

function overwrite(file: string): void {
  writeFileSync(file, Buffer.from('this is not what was here before, '.repeat(30)))
}

function segmentsOf(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.log'))
    .toSorted()
}

/** The batch that covers the middle of a segment, and where it begins. */
function middleBatch(bytes: Buffer): { readonly position: number; readonly baseOffset: number } {
  let position = 0
  while (position + 12 + bytes.readInt32BE(position + 8) < bytes.length / 2)
    position += 12 + bytes.readInt32BE(position + 8)
  return { position, baseOffset: Number(bytes.readBigInt64BE(position)) }
}
