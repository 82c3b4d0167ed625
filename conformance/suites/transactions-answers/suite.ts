/**
 * The same transactions to the coordinators of Apache Kafka and of Gregor, right ones and wrong ones, with every level of
 * `transaction.version` and in every version of the requests: error codes, epochs, states and partitions are equal.
 */

import assert from 'node:assert/strict'

import { apacheClassPath, startApacheKafka } from '../../harness/apache-kafka.ts'
import type { Suite } from '../../harness/suite.ts'
import { Side } from './side.ts'
import { tell, tellNonsense, tellOfLastEpochs, tellOfListing } from './stories.ts'

const properties = {
  'transaction.state.log.num.partitions': 1,
  'offsets.topic.num.partitions': 1,
  'auto.create.topics.enable': false,
}

export const suite: Suite = {
  name: 'transactions-answers',
  core: true,
  budgetSeconds: 400,
  async prepare() {
    await apacheClassPath()
  },
  async run({ check, scope, startServer }) {
    const [apache, gregor] = await Promise.all([startApacheKafka({ properties }), startServer({ properties })])
    const sides = [new Side(apache.port), new Side(gregor.port)] as const
    try {
      await Promise.all(sides.map((side) => side.prepare()))
      if (scope === 'all') {
        await check('goes on alike when the epochs of a producer id are used up', async () => {
          return `${await compare(sides, (side) => tellOfLastEpochs(side, 'last'))} lines`
        })
      }
      const storyCount = scope === 'all' ? 1000 : 100
      for (const transactionVersion of [2, 1, 0]) {
        const level = `transaction.version ${transactionVersion}`
        if (transactionVersion !== 2) {
          await check(`goes down to ${level}`, async () => {
            await Promise.all(sides.map((side) => side.useTransactionVersion(transactionVersion)))
          })
        }
        // Apache Kafka never answers again of an id that it was asked to end with an epoch of its own with level 0.
        const hasEpochs = transactionVersion > 0
        await check(`answers alike with ${level}: ${storyCount} dialogues of producers right and wrong`, async () => {
          let answers = 0
          for (let index = 0; index < storyCount; index++) {
            const seed = transactionVersion * 100_000 + index
            const story = { transactionalId: `story-${seed}`, seed, hasEpochs }
            answers += await compare(sides, (side) => tell(side, story))
          }
          return `${answers} lines`
        })
        if (hasEpochs) {
          await check(`answers nonsense alike with ${level}`, async () => {
            const lines = await compare(sides, (side) => tellNonsense(side, `nonsense-${transactionVersion}`))
            return `${lines} lines`
          })
        }
      }
      await check('lists transactions alike: by state, producer, duration and pattern', async () => {
        return `${await compare(sides, (side) => tellOfListing(side, 'listed'))} lines`
      })
    } finally {
      for (const side of sides) side.close()
      await Promise.all([apache.stop(), gregor.stop()])
    }
  },
}

/** Returns how much was said. */
async function compare(sides: readonly [Side, Side], story: (side: Side) => Promise<void>): Promise<number> {
  const [apache, gregor] = sides
  for (const side of sides) side.forget()
  await Promise.all(sides.map((side) => story(side)))
  assert.deepStrictEqual(gregor.transcript, apache.transcript)
  return apache.transcript.length
}
