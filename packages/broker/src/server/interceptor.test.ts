import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ListTransactions, Metadata, Produce, errorName } from '@gregor/protocol'
import { simulatedEnvironment } from '@gregor/testkit/simulation'
import { batchOf, BrokerFixture, fixtureConfig } from '../broker-fixture.ts'
import { Broker } from '../broker.ts'
import type { InterceptedRequest, RequestInterceptor } from './interceptor.ts'

/** A node whose interceptor can be changed as it goes. */
async function interceptedNode(): Promise<AsyncDisposable & { readonly node: BrokerFixture; way: RequestInterceptor }> {
  const environment = simulatedEnvironment(1)
  const given = { way: (() => undefined) as RequestInterceptor }
  const interceptor: RequestInterceptor = (request) => given.way(request)
  const broker = await environment.time.run(Broker.start({ environment, config: fixtureConfig({}), interceptor }))
  const node = BrokerFixture.around(broker, environment)
  return Object.assign(given, { node, [Symbol.asyncDispose]: () => node[Symbol.asyncDispose]() })
}

describe('an interceptor', () => {
  it('sees what clients ask, and lets it go its way', async () => {
    await using given = await interceptedNode()
    const seen: InterceptedRequest[] = []
    given.way = (request) => {
      seen.push(request)
      return undefined
    }
    const topicId = await given.node.createTopic('orders')
    assert.equal(await given.node.produce(topicId, 0, ['one']), 0)
    assert.deepEqual(
      seen.map(({ api, clientId }) => `${api.name} ${clientId}`),
      ['CreateTopics test', 'Produce test'],
    )
  })

  it('may have it handled later, as if it had just come', async () => {
    await using given = await interceptedNode()
    const topicId = await given.node.createTopic('orders')
    const { clock } = given.node.environment
    given.way = async (request) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      clock.schedule(5_000, resolve)
      await promise
      return request.handle()
    }
    assert.equal(await given.node.produce(topicId, 0, ['one']), 0)
    assert.ok(clock.monotonicMs() >= 5_000)
    const { topics } = await given.node.call(Metadata, { topics: null })
    assert.deepEqual(
      topics.map(({ name }) => name),
      ['orders'],
    )
  })

  it('may answer with an error instead, before or after it was handled', async () => {
    await using given = await interceptedNode()
    const topicId = await given.node.createTopic('orders')
    given.way = async (request) => {
      await request.handle()
      return request.refuse('REQUEST_TIMED_OUT')
    }
    const topicData = [{ topicId, partitionData: [{ index: 0, records: batchOf(['one']) }] }]
    const { responses } = await given.node.call(Produce, { transactionalId: null, acks: -1, timeoutMs: 1, topicData })
    assert.equal(errorName(responses[0]?.partitionResponses[0]?.errorCode ?? 0), 'REQUEST_TIMED_OUT')
    given.way = () => undefined
    assert.equal(await given.node.produce(topicId, 0, ['two']), 1)
    given.way = async (request) => request.refuse('NOT_COORDINATOR')
    const { errorCode } = await given.node.call(ListTransactions, { stateFilters: [], producerIdFilters: [] })
    assert.equal(errorName(errorCode), 'NOT_COORDINATOR')
  })

  it('may close the connection', async () => {
    await using given = await interceptedNode()
    given.way = async () => 'close'
    await assert.rejects(given.node.createTopic('orders'), /CreateTopics v\d+ was answered with close/)
  })
})
