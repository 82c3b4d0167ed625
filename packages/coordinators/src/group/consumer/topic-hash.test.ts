import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PersistentMap } from '@gregor/metadata'
import { imageWith } from '../consumer-fixture.ts'
import { topicHash, TopicHashes } from './topic-hash.ts'

const id = 'AAECAwQFBgcICQoLDA0ODw'

// Numbers computed by Apache Kafka 4.3.
describe('The hash of a topic', () => {
  it('is the one that Apache Kafka stores', () => {
    const image = imageWith({ topic: 2 }, { ids: { topic: id }, rack: 'rack2' })
    const [broker] = [...image.brokers]
    assert.ok(broker !== undefined)
    const brokers = PersistentMap.from([
      [1, { ...broker[1], rack: 'rack2' }],
      [2, { ...broker[1], rack: 'a' }],
      [3, { ...broker[1], rack: undefined }],
    ])
    const topic = image.topics.byName.get('topic')
    const [first] = topic?.partitions ?? []
    assert.ok(topic !== undefined && first !== undefined)
    const partitions = [
      { ...first, replicas: [1, 2, 9] },
      { ...first, replicas: [3] },
    ]
    const hash = topicHash({ ...image, brokers }, { ...topic, partitions })
    assert.equal(BigInt.asUintN(64, hash).toString(16), '30151c364836243f')
  })

  it('of no topics is 0', () => {
    assert.equal(new TopicHashes().ofTopics(imageWith({}), ['t']), 0n)
  })

  it('of several topics does not depend on their order, but on each of them', () => {
    const hashes = new TopicHashes()
    const image = imageWith({ t: 1, u: 2 })
    const both = hashes.ofTopics(image, ['t', 'u'])
    assert.equal(hashes.ofTopics(image, ['u', 't', 'gone']), both)
    assert.notEqual(hashes.ofTopics(image, ['t']), both)
    assert.notEqual(hashes.ofTopics(imageWith({ t: 1, u: 3 }), ['t', 'u']), both)
  })
})
