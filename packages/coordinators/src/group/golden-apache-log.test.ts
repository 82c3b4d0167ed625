import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { batchSizeAt, RecordCursor } from '@gregor/protocol'
import { goldenApacheLog } from './golden-apache-log.ts'
import { testConfig } from './group-fixture.ts'
import { GroupCoordinatorMachine } from './group-coordinator-machine.ts'
import { decodeGroupBatches, encodeGroupRecord } from './group-log-record.ts'

function loaded(): GroupCoordinatorMachine {
  const machine = new GroupCoordinatorMachine(testConfig)
  for (const { record, offset } of decodeGroupBatches(goldenApacheLog())) machine.apply(record, offset)
  return machine
}

/** Key and value of each record that is no marker. */
function rawRecords(log: Buffer): string[] {
  const [cursor, raw] = [new RecordCursor(), new Array<string>()]
  for (let position = 0; position < log.length; position += batchSizeAt(log, position)) {
    cursor.resetToBatch(log, position, 1_000_000)
    while (cursor.next()) raw.push(`${cursor.key()?.toString('hex')} ${cursor.value()?.toString('hex')}`)
  }
  return raw
}

describe('A partition that Apache Kafka wrote', () => {
  it('would be written with the same bytes', () => {
    const log = goldenApacheLog()
    const raw = rawRecords(log)
    let count = 0
    for (const { record, offset } of decodeGroupBatches(log)) {
      if (record.type === 'TransactionMarker') continue
      const { key, value } = encodeGroupRecord(record)
      assert.equal(`${key.toString('hex')} ${value?.toString('hex')}`, raw[offset])
      count++
    }
    assert.equal(count, 76)
  })

  it('is loaded with the groups that are left in it', () => {
    const { logged } = loaded()
    assert.deepEqual([...logged.consumerGroups.keys()], ['gnew', 'st'])
    assert.deepEqual(
      [...logged.storedClassicGroups].map(([groupId, { generation, members }]) => [
        groupId,
        generation,
        members.length,
      ]),
      [
        ['gold', 2, 0],
        ['mig', 4, 0],
      ],
    )
  })

  it('is loaded with the static member that is away, and all it owns', () => {
    const group = loaded().logged.consumerGroups.get('st')
    const [member] = [...(group?.members ?? [])]
    assert.deepEqual([member?.instanceId, member?.memberEpoch, group?.groupEpoch], ['i1', -2, 2])
    assert.deepEqual(
      [0, 1, 2, 3].map((partition) => group?.isOwned('AW7fyR6ARTuL6yild9S4DA', partition)),
      [true, true, true, false],
    )
  })

  it('is loaded with the offsets that were committed, and not those that were aborted or deleted', () => {
    const { offsets } = loaded().logged
    assert.deepEqual(
      [0, 1, 2].map((partition) => offsets.get('txg', 't1', partition)?.offset),
      [undefined, undefined, 12],
    )
    assert.deepEqual([...offsets.pendingEntries()], [])
    assert.equal([...offsets.entries()].length, 10)
  })
})
