import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Kafka } from '@gregor/client'
import { ClientFixture } from '../client-fixture.ts'
import { startTestKafka, type TestKafka } from './index.ts'

async function topicIdOf(kafka: Kafka): Promise<string> {
  await kafka.cluster.metadata.refresh({ topics: ['orders'], timeoutMs: 5_000 })
  return kafka.cluster.metadata.topic('orders')?.topicId ?? ''
}

/** A node with the topic `orders`, and a client that never tries again. */
async function withClient(
  work: (given: { kafka: TestKafka; client: ClientFixture; topicId: string }) => Promise<void>,
) {
  await using kafka = await startTestKafka({ topics: { orders: 1 } })
  await using own = await kafka.connect()
  const topicId = await topicIdOf(own)
  await using client = await ClientFixture.connect({ host: '127.0.0.1', port: kafka.port })
  await work({ kafka, client, topicId })
}

const count = async (kafka: TestKafka): Promise<number> => (await kafka.read('orders')).length

describe('a request', () => {
  it('may be answered with an error, once', () =>
    withClient(async ({ kafka, client, topicId }) => {
      const hook = kafka.requests.fail({ api: 'Produce' }, 'NOT_LEADER_OR_FOLLOWER')
      assert.equal(await client.produce(topicId, ['one']), 'NOT_LEADER_OR_FOLLOWER')
      assert.equal(await client.produce(topicId, ['two']), 'NONE')
      assert.equal(hook.count, 1)
      assert.equal(await count(kafka), 1)
    }))

  it('may be carried out and answered with an error all the same', () =>
    withClient(async ({ kafka, client, topicId }) => {
      kafka.requests.fail({ api: 'Produce', when: 'after' }, 'REQUEST_TIMED_OUT')
      assert.equal(await client.produce(topicId, ['one']), 'REQUEST_TIMED_OUT')
      assert.equal(await count(kafka), 1)
    }))

  it('may be delayed, on the clock of the test', () =>
    withClient(async ({ kafka, client, topicId }) => {
      kafka.clock.pause()
      const hook = kafka.requests.delay({ api: 'Produce' }, 60_000)
      const producing = client.produce(topicId, ['one'])
      await hook.reached()
      await kafka.clock.advance(59_999)
      assert.equal(await count(kafka), 0)
      await kafka.clock.advance(1)
      assert.equal(await producing, 'NONE')
      assert.equal(await count(kafka), 1)
    }))

  it('may be held until it is released', () =>
    withClient(async ({ kafka, client, topicId }) => {
      const held = kafka.requests.hold({ api: 'Produce', times: Infinity })
      const producing = client.produce(topicId, ['one'])
      await held.reached()
      assert.equal(await count(kafka), 0)
      held.release()
      assert.equal(await producing, 'NONE')
      assert.equal(await client.produce(topicId, ['two']), 'NONE')
    }))

  it('may break its connection, before or after it was carried out', () =>
    withClient(async ({ kafka, client, topicId }) => {
      kafka.requests.disconnect({ api: 'Produce', when: 'after' })
      await assert.rejects(client.produce(topicId, ['one']))
      assert.equal(await count(kafka), 1)
      await using second = await ClientFixture.connect({ host: '127.0.0.1', port: kafka.port })
      kafka.requests.disconnect({ api: 'Produce' })
      await assert.rejects(second.produce(topicId, ['two']))
      assert.equal(await count(kafka), 1)
    }))

  it('may be lost, with or without having been carried out; its connection ends with the node', () =>
    withClient(async ({ kafka, client, topicId }) => {
      const lost = kafka.requests.drop({ api: 'Produce', when: 'after' })
      const producing = assert.rejects(client.produce(topicId, ['one']))
      await lost.reached()
      await kafka.untilRecords('orders', 1)
      await kafka.restart()
      await producing
    }))
})

describe('a hook', () => {
  it('is for some topics, groups, clients, or whatever holds of a request', () =>
    withClient(async ({ kafka, client, topicId }) => {
      await kafka.createTopic('bills')
      // By name or, as here, by id.
      kafka.requests.fail({ topic: 'bills', times: Infinity }, 'UNKNOWN_SERVER_ERROR')
      kafka.requests.fail({ group: 'g', times: Infinity }, 'UNKNOWN_SERVER_ERROR')
      kafka.requests.fail({ clientId: 'somebody', times: Infinity }, 'UNKNOWN_SERVER_ERROR')
      kafka.requests.fail({ api: ['Fetch', 'Produce'], where: ({ version }) => version < 3 }, 'UNKNOWN_SERVER_ERROR')
      assert.equal(await client.produce(topicId, ['one']), 'NONE')
      kafka.requests.fail({ api: ['Fetch', 'Produce'], topic: 'orders' }, 'KAFKA_STORAGE_ERROR')
      assert.equal(await client.produce(topicId, ['two']), 'KAFKA_STORAGE_ERROR')
    }))

  it('lasts for as many requests as it says, or until it is removed', () =>
    withClient(async ({ kafka, client, topicId }) => {
      const produce = (): Promise<string> => client.produce(topicId, ['one'])
      kafka.requests.fail({ api: 'Produce', times: 2 }, 'KAFKA_STORAGE_ERROR')
      assert.deepEqual(
        [await produce(), await produce(), await produce()],
        ['KAFKA_STORAGE_ERROR', 'KAFKA_STORAGE_ERROR', 'NONE'],
      )
      {
        using hook = kafka.requests.fail({ api: 'Produce', times: Infinity }, 'KAFKA_STORAGE_ERROR')
        await produce()
        await produce()
        await hook.reached(2)
      }
      assert.equal(await produce(), 'NONE')
      kafka.requests.fail({ times: Infinity }, 'KAFKA_STORAGE_ERROR')
      kafka.requests.clear()
      assert.equal(await produce(), 'NONE')
    }))

  it('takes its turn behind those that were made before it', () =>
    withClient(async ({ kafka, client, topicId }) => {
      kafka.requests.fail({ api: 'Produce' }, 'KAFKA_STORAGE_ERROR')
      kafka.requests.fail({ api: 'Produce' }, 'NOT_LEADER_OR_FOLLOWER')
      assert.equal(await client.produce(topicId, ['one']), 'KAFKA_STORAGE_ERROR')
      assert.equal(await client.produce(topicId, ['one']), 'NOT_LEADER_OR_FOLLOWER')
    }))

  it('says what is wrong with it when it is made', async () => {
    await using kafka = await startTestKafka()
    assert.throws(() => kafka.requests.delay({ api: 'Prodcue' }, 5), {
      name: 'TypeError',
      message: '"Prodcue" is no API of Kafka: Produce, Fetch … are',
    })
    assert.throws(() => kafka.requests.fail({}, 'NO_SUCH' as 'NONE'), { message: '"NO_SUCH" is no error of Kafka' })
    assert.throws(() => kafka.requests.drop({ times: 0 }), { message: 'times is 0: at least 1 makes sense' })
  })
})
