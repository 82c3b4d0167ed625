/** A member of a group, by kafkajs or by @platformatic/kafka (see ../../suites/groups/member.ts). */

const [client, bootstrap, topic, group, , sessionMs] = process.argv.slice(2)
const sessionTimeout = Number(sessionMs)
const tell = (what) => process.stdout.write(`${JSON.stringify(what)}\n`)
/** Whoever starts it ends it by ending its input. */
const ended = new Promise((resolve) => process.stdin.on('end', resolve).resume())

await { kafkajs, platformatic }[client]()
process.exit(0)

async function kafkajs() {
  const { default: library } = await import('kafkajs')
  const kafka = new library.Kafka({ clientId: 'member', brokers: [bootstrap], logLevel: library.logLevel.NOTHING })
  const consumer = kafka.consumer({
    groupId: group,
    sessionTimeout,
    heartbeatInterval: 1_000,
    rebalanceTimeout: 10_000,
    // It sends heartbeats between fetches only.
    maxWaitTimeInMs: 500,
  })
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => tell({ assigned: payload.memberAssignment[topic] ?? [] }))
  consumer.on(consumer.events.REBALANCING, () => tell({ assigned: [] }))
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({
    eachMessage: async ({ partition, message }) => tell({ consumed: [[partition, Number(message.offset)]] }),
    autoCommitThreshold: 1,
  })
  await ended
  await consumer.disconnect()
}

async function platformatic() {
  const { Consumer } = await import('@platformatic/kafka')
  const consumer = new Consumer({
    clientId: 'member',
    bootstrapBrokers: [bootstrap],
    groupId: group,
    sessionTimeout,
    heartbeatInterval: 1_000,
    rebalanceTimeout: 10_000,
    autocommit: 200,
  })
  const told = () => tell({ assigned: consumer.assignments?.find((each) => each.topic === topic)?.partitions ?? [] })
  consumer.on('consumer:group:join', told)
  consumer.on('consumer:group:rebalance', told)
  const stream = await consumer.consume({ topics: [topic], mode: 'committed', fallbackMode: 'earliest' })
  stream.on('data', ({ partition, offset }) => tell({ consumed: [[partition, Number(offset)]] }))
  stream.on('error', (problem) => process.stderr.write(`${problem}\n`))
  told()
  await ended
  await consumer.close(true)
}
