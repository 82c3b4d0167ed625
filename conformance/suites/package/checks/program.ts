/** What a user would write against the published packages: checked by an older TypeScript, at its strictest. */

import { connect, KafkaError, type ConsumerRecord } from '@gregor/client'
import { startBroker } from 'gregor'

await using broker = await startBroker({ memory: true })
await using kafka = await connect({ bootstrap: broker.bootstrapServers, clientId: 'package' })
const admin = kafka.admin()
for (const { item, error } of await admin.createTopics([{ name: 'orders', numPartitions: 2 }])) {
  if (error instanceof KafkaError) throw new Error(`${item}: ${error.code}`)
}
const producer = kafka.producer({ lingerMs: 1 })
const { offset }: { readonly offset: number } = await producer.send('orders', { key: 'a', value: 'b', partition: 1 })
const consumer = kafka.consumer({ groupId: 'g', autoOffsetReset: 'earliest' })
consumer.subscribe(['orders'])
const records: ConsumerRecord[] = []
while (records.length === 0) for (const batch of await consumer.poll({ timeoutMs: 10_000 })) records.push(...batch)
await consumer.close()
process.stdout.write(`${offset} ${String(records[0]?.value)}\n`)
