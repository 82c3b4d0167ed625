/** Transactions as Apache's own tools do them and see them: copying exactly once, hanging transactions, crashes. */

import { apacheClassPath, startApacheKafka } from '../../harness/apache-kafka.ts'
import type { Suite } from '../../harness/suite.ts'
import { Tools } from '../java-tools/tools.ts'
import { changeHands } from './changing-hands-case.ts'
import { copiesOnce } from './copier-case.ts'
import { seesTheSame } from './tool-dialogue.ts'
import { goesOnAtEveryLevel } from './version-case.ts'

/** So that both have the same. Without verification a transaction can be left hanging. */
const properties = {
  'node.id': 1,
  'group.initial.rebalance.delay.ms': 0,
  'offsets.topic.num.partitions': 3,
  'transaction.state.log.num.partitions': 3,
  'transaction.partition.verification.enable': false,
}

export const suite: Suite = {
  name: 'transactions',
  core: true,
  budgetSeconds: 360,
  async prepare() {
    await apacheClassPath()
  },
  async run({ check, scope, startServer, directory }) {
    const server = await startServer({ properties })
    const apache = await startApacheKafka({ properties, isStandalone: true })
    const tools = await Tools.start()
    try {
      await check(
        'kafka-transactions.sh lists, describes, finds a hanging transaction and aborts it, in the words of Apache Kafka',
        () => seesTheSame(tools, server, apache),
      )
      await check('clients have transactions at each level of transaction.version that kafka-features.sh sets', () =>
        goesOnAtEveryLevel(tools, server),
      )
    } finally {
      await tools.close()
      await apache.kill()
    }
    for (const [first, second] of [
      ['Gregor', 'Apache Kafka'],
      ['Apache Kafka', 'Gregor'],
    ] as const) {
      if (scope === 'core') continue
      const name = `${second} ends the transactions that are open when ${first} is killed on its directory`
      await check(name, () => changeHands({ first, second, directory: `${directory}/${first}`, properties }))
    }
    await check(
      'TransactionalMessageCopier, killed and started again, copies each record of VerifiableProducer once',
      () => copiesOnce(server),
    )
  },
}
