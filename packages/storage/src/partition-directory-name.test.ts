import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { seededRandom } from '@gregor/testkit/simulation'
import { markedDirectoryName, parsePartitionDirectory } from './partition-directory-name.ts'

const ID = '0123456789abcdef0123456789abcdef'

describe('the name of a partition’s directory', () => {
  for (const [name, kind, topic, partition] of [
    ['orders-0', 'current', 'orders', 0],
    ['a-b.c_d-12', 'current', 'a-b.c_d', 12],
    ['1-2', 'current', '1', 2],
    ['orders--1', 'current', 'orders-', 1],
    [`orders-3.${ID}-delete`, 'delete', 'orders', 3],
    [`orders-3.${ID}-future`, 'future', 'orders', 3],
    [`orders-3.${ID}-stray`, 'stray', 'orders', 3],
  ] as const) {
    it(`${name} is partition ${partition} of ${topic}: ${kind}`, () => {
      assert.deepEqual(parsePartitionDirectory(name), { kind, topicPartition: { topic, partition } })
    })
  }

  for (const name of [
    'orders',
    'orders-',
    '-1',
    'orders-x',
    'orders-01',
    'orders-1.log',
    `orders-1.${ID}-gone`,
    'bestellungen ä-1',
    '',
  ]) {
    it(`is not ${JSON.stringify(name)}`, () => {
      assert.equal(parsePartitionDirectory(name), undefined)
    })
  }

  it('gets a mark and an id of its own', () => {
    const random = seededRandom(1)
    const names = [1, 2].map(() => markedDirectoryName({ topic: 'orders', partition: 7 }, 'delete', random))
    for (const name of names) assert.match(name, /^orders-7\.[0-9a-f]{32}-delete$/)
    assert.notEqual(names[0], names[1])
  })

  it('is cut to what a file system takes', () => {
    const name = markedDirectoryName({ topic: 't'.repeat(249), partition: 123 }, 'delete', seededRandom(1))
    assert.equal(name.length, 255)
    assert.equal(parsePartitionDirectory(name)?.kind, 'delete')
  })
})
