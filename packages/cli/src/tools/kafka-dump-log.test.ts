import assert from 'node:assert/strict'
import { it } from 'node:test'
import { crc32 } from 'node:zlib'
import {
  BatchBuilder,
  controlBatch,
  crc32c,
  encodeMetadataRecord,
  encodeRaftRecord,
  encodeSubscription,
  groupRecords,
  transactionMarkerBatch,
} from '@gregor/protocol'
import { ProgramFixture } from '../program-fixture.ts'
import { javaMapOrder } from './java-map-order.ts'

const T = 1_700_000_000_000

function write(program: ProgramFixture, name: string, ...parts: readonly Buffer[]): void {
  const path = `${program.workingDirectory}/${name}`
  const file = program.environment.disk.open(path, { create: true })
  file.truncate(0)
  file.write(parts, 0)
  file.close()
}

function dump(program: ProgramFixture, ...words: readonly string[]): Promise<number> {
  return program.run('tool', 'kafka-dump-log', ...words)
}

function batch(baseOffset: number, records: readonly (readonly [key: string | null, value: string | null])[]): Buffer {
  const builder = new BatchBuilder({ baseOffset, producerId: 7, producerEpoch: 1, baseSequence: 2_147_483_647 })
  for (const [key, value] of records) builder.append(bytes(key), bytes(value), [], T)
  return builder.build()
}

function bytes(text: string | null): Buffer | null {
  return text === null ? null : Buffer.from(text)
}

const LOG = '00000000000000000005.log'

it('shows batches and records, and tells of gaps and of bytes behind the last batch', async () => {
  const program = new ProgramFixture()
  const withHeaders = new BatchBuilder({ baseOffset: 9, compression: 'gzip' })
  withHeaders.append(
    null,
    bytes('v'),
    [
      { key: 'a', value: null },
      { key: 'b', value: bytes('x') },
    ],
    T + 1,
  )
  write(
    program,
    LOG,
    batch(5, [
      ['k', 'v'],
      [null, null],
    ]),
    withHeaders.build(),
    Buffer.from('half a batch'),
  )
  assert.equal(await dump(program, '--files', LOG, '--print-data-log'), 0)
  const lines = program.lines.join('\n').split('\n')
  assert.deepEqual(
    lines.map((line) => line.replace(/ crc: \d+/, ' crc: C').replace(/size: \d+ magic/, 'size: S magic')),
    [
      `Dumping ${LOG}`,
      'Log starting offset: 5',
      'baseOffset: 5 lastOffset: 6 count: 2 baseSequence: 2147483647 lastSequence: 0 producerId: 7 producerEpoch: 1 ' +
        'partitionLeaderEpoch: -1 isTransactional: false isControl: false deleteHorizonMs: OptionalLong.empty ' +
        `position: 0 CreateTime: ${T} size: S magic: 2 compresscodec: none crc: C isvalid: true`,
      `| offset: 5 CreateTime: ${T} keySize: 1 valueSize: 1 sequence: 2147483647 headerKeys: [] key: k payload: v`,
      `| offset: 6 CreateTime: ${T} keySize: -1 valueSize: -1 sequence: 0 headerKeys: []`,
      'baseOffset: 9 lastOffset: 9 count: 1 baseSequence: -1 lastSequence: -1 producerId: -1 producerEpoch: -1 ' +
        'partitionLeaderEpoch: -1 isTransactional: false isControl: false deleteHorizonMs: OptionalLong.empty ' +
        `position: 77 CreateTime: ${T + 1} size: S magic: 2 compresscodec: gzip crc: C isvalid: true`,
      `| offset: 9 CreateTime: ${T + 1} keySize: -1 valueSize: 1 sequence: -1 headerKeys: [a,b] payload: v`,
      'Found 12 invalid bytes at the end of ' + LOG,
    ],
  )
  assert.deepEqual(program.errors, [
    `Non-consecutive offsets in /srv/node/${LOG}`,
    '  -1 is followed by 5',
    '  6 is followed by 9',
  ])
})

it('says nothing of the rest of a file that it was told not to read', async () => {
  const program = new ProgramFixture()
  const first = batch(5, [['k', 'v']])
  write(program, LOG, first, batch(6, [['k', 'v']]))
  assert.equal(await dump(program, '--files', LOG, '--max-bytes', String(first.length + 20)), 0)
  assert.equal(program.lines.join('\n').split('\n').length, 3)
})

it('shows markers, and what Raft notes in the metadata log', async () => {
  const program = new ProgramFixture()
  const marker = { outcome: 'Abort', producerId: 3, producerEpoch: 1, coordinatorEpoch: 8, timestamp: T } as const
  const header = encodeRaftRecord('SnapshotHeader', { lastContainedLogTimestamp: T })
  const version = encodeRaftRecord('KRaftVersion', { kRaftVersion: 1 })
  const control = controlBatch(
    [
      { type: 'SnapshotHeader', value: header },
      { type: 'KRaftVersion', value: version },
    ],
    T,
    { baseOffset: 1 },
  )
  write(program, '00000000000000000000-0000000000.checkpoint', transactionMarkerBatch(marker), control)
  write(program, 'bootstrap.checkpoint', control)
  assert.equal(
    await dump(
      program,
      '--deep-iteration',
      '--files',
      '00000000000000000000-0000000000.checkpoint,bootstrap.checkpoint',
    ),
    0,
  )
  const lines = program.lines.join('\n').split('\n')
  assert.equal(lines[1], 'Snapshot end offset: 0, epoch: 0')
  assert.match(lines[3] ?? '', / endTxnMarker: ABORT coordinatorEpoch: 8$/)
  assert.match(lines[5] ?? '', / SnapshotHeader \{"version":0,"lastContainedLogTimestamp":1700000000000\}$/)
  assert.match(lines[6] ?? '', / KRaftVersion \{"version":0,"kRaftVersion":1\}$/)
  assert.equal(lines[8], 'KRaft bootstrap snapshot')
})

it('reads metadata records, and goes on behind one that is none', async () => {
  const program = new ProgramFixture()
  const builder = new BatchBuilder({ baseOffset: 0 })
  const record = { type: 'FeatureLevelRecord', name: 'metadata.version', featureLevel: 30 } as const
  builder.append(null, encodeMetadataRecord(record), [], T)
  builder.append(null, Buffer.from([1, 99, 0]), [], T)
  builder.append(null, Buffer.concat([encodeMetadataRecord(record), Buffer.from([0])]), [], T)
  builder.append(null, Buffer.from([1, 12, 0, 5]), [], T)
  builder.append(null, Buffer.from([2]), [], T)
  write(program, '00000000000000000000.log', builder.build())
  const words = ['--cluster-metadata-decoder', '--skip-record-metadata', '--files', '00000000000000000000.log']
  assert.equal(await dump(program, ...words), 0)
  assert.deepEqual(program.lines.join('\n').split('\n').slice(3), [
    '| payload: {"type":"FEATURE_LEVEL_RECORD","version":0,"data":{"name":"metadata.version","featureLevel":30}}',
    '| payload: Error at 1, skipping. org.apache.kafka.common.errors.UnsupportedVersionException: Unknown metadata id 99',
    '| payload: Error at 2, skipping. Found 1 byte(s) of garbage after 12',
    '| payload: Error at 3, skipping. Failed to deserialize record with type 12',
    '| payload: Error at 4, skipping. Could not deserialize metadata record due to unknown frame version 2(only frame version 1 is supported)',
  ])
})

it('reads what groups store, subscriptions of classic consumers too', async () => {
  const program = new ProgramFixture()
  const builder = new BatchBuilder({ baseOffset: 0 })
  const commit = groupRecords.encodeKey('OffsetCommit', { group: 'g', topic: 't', partition: 0 })
  builder.append(commit, null, [], T)
  const member = {
    memberId: 'm',
    clientId: 'c',
    clientHost: '/h',
    rebalanceTimeout: 1,
    sessionTimeout: 2,
    subscription: encodeSubscription({ topics: ['t'] }, 0),
    assignment: Buffer.from('none'),
  }
  const value = { protocolType: 'consumer', generation: 1, protocol: 'range', leader: 'm', members: [member] }
  builder.append(
    groupRecords.encodeKey('GroupMetadata', { group: 'g' }),
    groupRecords.encodeValue('GroupMetadata', value),
    [],
    T,
  )
  builder.append(Buffer.from([0, 77, 1]), null, [], T)
  builder.append(Buffer.from([0]), null, [], T)
  builder.append(commit, Buffer.from([0, 99]), [], T)
  write(program, '00000000000000000000.log', builder.build())
  const words = ['--offsets-decoder', '--skip-record-metadata', '--files', '00000000000000000000.log']
  assert.equal(await dump(program, ...words), 0)
  assert.deepEqual(program.lines.join('\n').split('\n').slice(3), [
    '| key: {"type":"1","data":{"group":"g","topic":"t","partition":0}} payload: <DELETE>',
    '| key: {"type":"2","data":{"group":"g"}} payload: {"version":"3","data":{"protocolType":"consumer","generation":1,' +
      '"protocol":"range","leader":"m","currentStateTimestamp":-1,"members":[{"memberId":"m","groupInstanceId":null,' +
      '"clientId":"c","clientHost":"/h","rebalanceTimeout":1,"sessionTimeout":2,' +
      '"subscription":{"topics":["t"],"userData":null},"assignment":"bm9uZQ=="}]}}',
    '| key: Unknown record type 77 at offset 2, skipping.',
    "| key: Error at offset 3, skipping. Could not read version from key's buffer.",
    '| key: Error at offset 4, skipping. Found an unknown record version 99 for 1 type',
  ])
})

it('ends with 1 where a decoder meets what it cannot take', async () => {
  const program = new ProgramFixture()
  write(program, LOG, batch(5, [[null, 'v']]))
  assert.equal(await dump(program, '--files', LOG, '--offsets-decoder'), 1)
  assert.equal(
    await dump(program, '--files', LOG, '--value-decoder-class', 'org.apache.kafka.tools.api.LongDecoder'),
    1,
  )
  assert.equal(await dump(program, '--files', LOG, '--key-decoder-class', 'x.Decoder'), 1)
  assert.equal(await dump(program, '--files', 'x.log'), 1)
  assert.equal(await dump(program, '--files', '00000000000000000001.log'), 1)
  assert.deepEqual(
    program.errors.map((error) => error.slice(0, 60)),
    [
      'Failed to decode message at offset 5 using the specified dec',
      'java.nio.BufferUnderflowException',
      'Failed to load decoder class x.Decoder: only those of Kafka ',
      'For input string: "x"',
      'open /srv/node/00000000000000000001.log: ENOENT',
    ],
  )
})

it('shows messages of the formats before batches, with a wrong checksum too', async () => {
  const program = new ProgramFixture()
  const good = legacyMessage(5, 'v')
  const bad = legacyMessage(6, 'w')
  bad.writeUInt32BE(1, 12)
  write(program, LOG, good, bad)
  assert.equal(await dump(program, '--files', LOG, '--print-data-log'), 0)
  assert.deepEqual(program.lines.join('\n').split('\n').slice(2), [
    `offset: 5 position: 0 CreateTime: ${T} size: 35 magic: 1 compresscodec: none crc: ${good.readUInt32BE(12)} isvalid: true`,
    `| offset: 5 CreateTime: ${T} keySize: -1 valueSize: 1 isValid: true crc: ${good.readUInt32BE(12)} payload: v`,
    `offset: 6 position: 35 CreateTime: ${T} size: 35 magic: 1 compresscodec: none crc: 1 isvalid: false`,
    `| offset: 6 CreateTime: ${T} keySize: -1 valueSize: 1 isValid: false crc: 1 payload: w`,
  ])
})

function legacyMessage(offset: number, value: string): Buffer {
  const message = Buffer.alloc(34 + value.length)
  message.writeBigInt64BE(BigInt(offset), 0)
  message.writeInt32BE(message.length - 12, 8)
  message.writeInt8(1, 16)
  message.writeBigInt64BE(BigInt(T), 18)
  message.writeInt32BE(-1, 26)
  message.writeInt32BE(value.length, 30)
  message.write(value, 34)
  message.writeUInt32BE(crc32(message.subarray(16)), 12)
  return message
}

function offsetIndex(...entries: readonly (readonly [offset: number, position: number])[]): Buffer {
  return Buffer.concat(entries.map((entry) => int32s(...entry)))
}

function int32s(...numbers: readonly number[]): Buffer {
  const buffer = Buffer.alloc(numbers.length * 4)
  for (const [at, number] of numbers.entries()) buffer.writeInt32BE(number, at * 4)
  return buffer
}

function timeIndex(...entries: readonly (readonly [timestamp: number, offset: number])[]): Buffer {
  return Buffer.concat(
    entries.map(([timestamp, offset]) => {
      const buffer = Buffer.alloc(12)
      buffer.writeBigInt64BE(BigInt(timestamp))
      buffer.writeInt32BE(offset, 8)
      return buffer
    }),
  )
}

it('lists indexes, and tells where they disagree with the log', async () => {
  const program = new ProgramFixture()
  const first = batch(5, [
    ['k', 'v'],
    ['k', 'v'],
  ])
  write(program, LOG, first, batch(7, [['k', 'v']]))
  write(program, '00000000000000000005.index', offsetIndex([1, 0], [9, first.length], [0, 0], [3, 3]))
  const times = timeIndex([T, 1], [T + 5, 2], [T - 1, 2], [T, 7], [0, 0], [1, 1])
  write(program, '00000000000000000005.timeindex', times)
  const files = '00000000000000000005.index,00000000000000000005.timeindex'
  assert.equal(await dump(program, '--files', files), 0)
  assert.deepEqual(program.lines.join('\n').split('\n'), [
    'Dumping 00000000000000000005.index',
    'offset: 6 position: 0',
    `offset: 14 position: ${first.length}`,
    'Dumping 00000000000000000005.timeindex',
    `timestamp: ${T} offset: 6`,
    `timestamp: ${T + 5} offset: 7`,
    `timestamp: ${T - 1} offset: 7`,
    `timestamp: ${T} offset: 12`,
  ])
  assert.deepEqual(program.errors, [
    'Mismatches in :/srv/node/00000000000000000005.index',
    '  Index offset: 14, log offset: 7',
    'Found timestamp mismatch in :/srv/node/00000000000000000005.timeindex',
    `  Index timestamp: ${T + 5}, log timestamp: ${T}`,
    `  Index timestamp: ${T - 1}, log timestamp: ${T}`,
    'Found out of order timestamp in :/srv/node/00000000000000000005.timeindex',
    `  Index timestamp: ${T - 1}, Previously indexed timestamp: ${T + 5}`,
    'The following indexed offsets are not found in :/srv/node/00000000000000000005.timeindex',
    'Indexed offset: 12, found log offset: -1',
  ])
})

it('tells whether a node would rebuild an index', async () => {
  const program = new ProgramFixture()
  write(program, LOG, batch(5, [['k', 'v']]))
  const [index, times] = ['00000000000000000005.index', '00000000000000000005.timeindex']
  const check = (file: string): Promise<number> => dump(program, '--index-sanity-check', '--files', file)
  write(program, index)
  assert.equal(await check(index), 0)
  write(program, index, offsetIndex([0, 0]))
  write(program, times, timeIndex([T, 0]))
  assert.equal(await check(`${index},${times}`), 0)
  assert.deepEqual(program.lines, [
    `Dumping ${index}`,
    `${index} is empty.`,
    `Dumping ${index}`,
    `${index} passed sanity check.`,
    `Dumping ${times}`,
    `${times} passed sanity check.`,
  ])
  write(program, index, offsetIndex([-1, 0]))
  assert.equal(await check(index), 1)
  write(program, index, offsetIndex([0, 0]), Buffer.alloc(3))
  assert.equal(await check(index), 1)
  write(program, times, timeIndex([T, 0], [T - 1, 1]))
  assert.equal(await check(times), 1)
  write(program, times, timeIndex([T, -2]))
  assert.equal(await check(times), 1)
  assert.deepEqual(program.errors, [
    `Corrupt index found, index file /srv/node/${index} has non-zero size but the last offset is 4 which is less than the base offset 5`,
    `Index file /srv/node/${index} is corrupt, found 11 bytes which is neither positive nor a multiple of 8`,
    `Corrupt time index found, time index file (/srv/node/${times}) has non-zero size but the last timestamp is ${T - 1} which is less than the first timestamp ${T}`,
    `Corrupt time index found, time index file (/srv/node/${times}) has non-zero size but the last offset is 3 which is less than the first offset 5`,
  ])
})

it('shows aborted transactions and producers', async () => {
  const program = new ProgramFixture()
  const aborted = Buffer.alloc(34)
  for (const [at, number] of [1000, 2, 8, 9].entries()) aborted.writeBigInt64BE(BigInt(number), 2 + at * 8)
  write(program, 'x.txnindex', aborted, Buffer.alloc(3))
  const snapshot = Buffer.alloc(6 + 4 + 46)
  snapshot.writeInt16BE(1, 0)
  snapshot.writeInt32BE(1, 6)
  snapshot.writeBigInt64BE(1000n, 10)
  snapshot.writeInt16BE(2, 18)
  snapshot.writeInt32BE(1, 20)
  snapshot.writeBigInt64BE(40n, 24)
  snapshot.writeInt32BE(3, 32)
  snapshot.writeBigInt64BE(BigInt(T), 36)
  snapshot.writeInt32BE(-1, 44)
  snapshot.writeBigInt64BE(-1n, 48)
  write(program, 'bad.snapshot', snapshot)
  snapshot.writeUInt32BE(crc32c(snapshot, 6, snapshot.length), 2)
  write(program, 'x.snapshot', snapshot)
  write(program, 'old.snapshot', Buffer.from([0, 9]))
  assert.equal(await dump(program, '--files', 'x.txnindex,x.snapshot,bad.snapshot,old.snapshot,plain,y.txt'), 0)
  assert.deepEqual(program.lines, [
    'Dumping x.txnindex',
    'version: 0 producerId: 1000 firstOffset: 2 lastOffset: 8 lastStableOffset: 9',
    'Dumping x.snapshot',
    `producerId: 1000 producerEpoch: 2 coordinatorEpoch: -1 currentTxnFirstOffset: OptionalLong.empty lastTimestamp: ${T} firstSequence: 2147483646 lastSequence: 1 lastOffset: 40 offsetDelta: 3 timestamp: ${T}`,
    'Dumping bad.snapshot',
    'Dumping old.snapshot',
    'Dumping plain',
    'Dumping y.txt',
  ])
  assert.deepEqual(program.errors, [
    `Snapshot is corrupt (CRC is no longer valid). Stored crc: 0. Computed crc: ${crc32c(snapshot, 6, snapshot.length)}`,
    'Snapshot failed schema validation: Snapshot contained an unknown file version 9',
    'Ignoring unknown file plain',
    'Ignoring unknown file y.txt',
  ])
})

it('walks names in the order of Java’s HashMap', () => {
  assert.deepEqual(javaMapOrder(['b', 'a', 'q', 'zz', 'topic', 'other']), ['zz', 'a', 'q', 'b', 'other', 'topic'])
})
