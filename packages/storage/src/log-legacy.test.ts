/** Segments of Kafka before 0.11: messages of magic 0 and 1, read as batches of magic 2. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { magicAt } from '@gregor/protocol'
import { append, batchOf, logDirectory, openFixture, recordsOf } from './log-fixture.ts'

/** As Apache Kafka writes them: offsets 10 to 12, (key, value), (null, value), (key, null). */
const sets = {
  magic0:
    '000000000000000a000000162356c1370000000000036b65790000000576616c7565000000000000000b00000013acc08400' +
    '0000ffffffff0000000576616c7565000000000000000c000000117a0a65ca0000000000036b6579ffffffff',
  magic0Gzip:
    '000000000000000c000000566ae7135c0001ffffffff000000481f8b08000000000000ff636000032e2016530e3b680ee631' +
    '67a7560229d6b2c49cd2548802066e20165e73a00548fd070274691e2016ace24a3d053700a40a00155229285e000000',
  magic1:
    '000000000000000a0000001e6ad05db801000000018bcfe56800000000036b65790000000576616c7565000000000000000b' +
    '0000001b388b147e01000000018bcfe56801ffffffff0000000576616c7565000000000000000c00000019c912b906010000' +
    '00018bcfe56802000000036b6579ffffffff',
  magic1Snappy:
    '000000000000000c0000008367cc89df01020000018bcfe56802ffffffff0000006d82534e41505059000000000100000001' +
    '000000597600001901341e6ad05db801000000018bcfe568011830036b65790000000576616c75650111080000000121101b' +
    '388b147e0109052a1401ffffffff003a2700200200000019c912b90615272c02000000036b6579ffffffff',
} as const

describe('a segment of old messages', () => {
  for (const [set, hex] of Object.entries(sets)) {
    it(`(${set}) is read, found by time, and appended to`, async () => {
      const bytes = Buffer.from(hex, 'hex')
      const { environment } = await openFixture()
      const path = `${logDirectory}/00000000000000000000.log`
      const file = environment.disk.open(path)
      file.write([bytes], 0)
      file.close()
      const fixture = await openFixture({ environment })
      assert.equal(fixture.log.logEndOffset, 13)
      assert.deepEqual(await recordsOf(fixture, { fromOffset: 10 }), [
        { offset: 10, value: 'value' },
        { offset: 11, value: 'value' },
        { offset: 12, value: '' },
      ])
      const request = { fetchOffset: 12, maxBytes: 1, upTo: 13, minOneBatch: true }
      const result = await environment.time.run(Promise.resolve(fixture.log.read(request)))
      assert.ok(result.error === 'NONE')
      assert.deepEqual(
        result.records.map((batch) => magicAt(batch, 0)),
        [2],
      )
      const found = await environment.time.run(fixture.log.offsetForTimestamp(1))
      assert.equal(found?.offset, set.startsWith('magic0') ? undefined : 10)
      assert.equal(append(fixture, batchOf(['new'])), 13)
      assert.equal((await recordsOf(fixture, { fromOffset: 0 })).length, 4)
    })
  }
})
