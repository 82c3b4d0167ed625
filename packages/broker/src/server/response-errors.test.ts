import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ApiVersions, CreateTopics, ListOffsets, Metadata, Produce } from '@gregor/protocol'
import { errorCounter, type ErrorCounts } from './response-errors.ts'

describe('errorCounter', () => {
  it('counts the codes of all partitions of all topics, and not NONE', () => {
    const counts: ErrorCounts = new Map()
    const count = errorCounter(Produce.response)
    const partition = (index: number, errorCode: number) => ({ index, errorCode, baseOffset: 0 })
    const responses = [
      { name: 'a', partitionResponses: [partition(0, 0), partition(1, 6)] },
      { name: 'b', partitionResponses: [partition(0, 6), partition(1, 3)] },
    ]
    count({ responses }, counts)
    assert.deepEqual(
      [...counts],
      [
        [6, 2],
        [3, 1],
      ],
    )
    count({ responses }, counts)
    assert.deepEqual(
      [...counts],
      [
        [6, 4],
        [3, 2],
      ],
    )
  })

  it('counts codes on every level of a response', () => {
    const counts: ErrorCounts = new Map()
    const topics = [{ errorCode: 5, name: 't', partitions: [{ errorCode: 9, partitionIndex: 0 }] }]
    errorCounter(Metadata.response)({ errorCode: 3, brokers: [], topics }, counts)
    assert.deepEqual(
      [...counts],
      [
        [3, 1],
        [5, 1],
        [9, 1],
      ],
    )
  })

  it('counts the code of a response that has nothing else', () => {
    const counts: ErrorCounts = new Map()
    errorCounter(ApiVersions.response)({ errorCode: 35, apiKeys: [] }, counts)
    assert.deepEqual([...counts], [[35, 1]])
  })

  it('passes by what was left out, and what is no response at all', () => {
    const counts: ErrorCounts = new Map()
    const count = errorCounter(CreateTopics.response)
    count({}, counts)
    count({ topics: undefined }, counts)
    count({ topics: [{ name: 't' }] }, counts)
    count(null, counts)
    errorCounter(ListOffsets.response)({ topics: [{ name: 't', partitions: [{}] }] }, counts)
    assert.equal(counts.size, 0)
  })
})
