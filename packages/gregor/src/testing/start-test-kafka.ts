/** The one way to a Kafka for tests. */
import { TestKafka, type StartTestKafkaOptions } from './test-kafka.ts'

/**
 * Starts a Kafka node in this process, for one test or for many: real sockets on a free port of 127.0.0.1, files in memory,
 * nothing shared with others. Resolves when clients are served, in some tens of milliseconds.
 *
 * Unlike a node for daily work it forms groups at once (`group.initial.rebalance.delay.ms=0`), keeps offsets and
 * transactions in one partition each, and compacts only by `runCompaction`; `properties` goes before all of that.
 *
 * ```ts
 * await using kafka = await startTestKafka({ topics: { orders: 3 } })
 * await kafka.produce('orders', [{ key: 'a', value: 'one' }])
 * kafka.requests.fail({ api: 'Produce', topic: 'orders' }, 'NOT_LEADER_OR_FOLLOWER')
 * await kafka.clock.advance(60_000)
 * ```
 *
 * @throws ConfigError where a property is not allowed. @throws NetworkError where the port is taken.
 */
export async function startTestKafka(options: StartTestKafkaOptions = {}): Promise<TestKafka> {
  const kafka = new TestKafka(options)
  try {
    await kafka.start()
    return kafka
  } catch (error) {
    await kafka.stop()
    throw error
  }
}
