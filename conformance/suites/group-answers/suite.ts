/**
 * The same dialogues with the group coordinators of Apache Kafka and of Gregor, of good clients and of bad ones, in every
 * version: the decoded answers are equal, but for ids that a server makes, its own words, and the order of what has none.
 */

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

import { CreateTopics, DescribeGroups, errorCode, FindCoordinator } from '@gregor/protocol'

import { apacheClassPath, startApacheKafka } from '../../harness/apache-kafka.ts'
import { RawClient } from '../../harness/raw-client.ts'
import type { Suite, SuiteContext } from '../../harness/suite.ts'
import { dialogues } from './dialogues/index.ts'
import { migrationDialogues } from './dialogues/migration.ts'
import { retentionDialogue } from './dialogues/retention.ts'
import { Unanswered, Talk, type Dialogue } from './talk.ts'

const properties = {
  'offsets.topic.num.partitions': 1,
  'group.initial.rebalance.delay.ms': 0,
  'group.min.session.timeout.ms': 300,
  'group.max.size': 4,
  'group.consumer.max.size': 4,
  'group.consumer.min.heartbeat.interval.ms': 1,
  'group.consumer.min.session.timeout.ms': 300,
  // Apache Kafka assigns in the answer then, and not in a thread of its own some time later.
  'group.consumer.assignment.interval.ms': 0,
  'group.consumer.assignor.offload.enable': false,
  'num.partitions': 1,
  'auto.create.topics.enable': false,
}

/** Beside the default, which is both ways. */
const policies = ['disabled', 'upgrade', 'downgrade']

export const suite: Suite = {
  name: 'group-answers',
  core: true,
  budgetSeconds: 420,
  async prepare() {
    await apacheClassPath()
  },
  async run(context) {
    await compareAll(context, dialogues, {})
    for (const policy of context.scope === 'all' ? policies : policies.slice(0, 1)) {
      const titled = migrationDialogues.map(({ title, run }) => ({ title: `${title} (policy ${policy})`, run }))
      await compareAll(context, titled, { 'group.consumer.migration.policy': policy })
    }
    if (context.scope === 'core') return
    await compareAll(context, [retentionDialogue], {
      'offsets.retention.minutes': '1',
      'offsets.retention.check.interval.ms': '1000',
    })
  },
}

async function compareAll(
  { check, startServer }: SuiteContext,
  all: readonly Dialogue[],
  more: Readonly<Record<string, string>>,
): Promise<void> {
  const options = { properties: { ...properties, ...more } }
  const [apache, gregor] = await Promise.all([startApacheKafka(options), startServer(options)])
  try {
    await Promise.all([prepareTopics(apache.port), prepareTopics(gregor.port)])
    for (const dialogue of all) {
      await check(`is answered alike: ${dialogue.title}`, async () => {
        const [expected, actual] = await Promise.all([
          transcriptOf(dialogue, apache.port),
          transcriptOf(dialogue, gregor.port),
        ])
        assert.deepStrictEqual(actual, expected)
        return `${expected.length} answers`
      })
    }
  } finally {
    await Promise.all([apache.stop(), gregor.stop()])
  }
}

async function transcriptOf(dialogue: Dialogue, port: number): Promise<readonly unknown[]> {
  const talk = new Talk(port)
  try {
    await dialogue.run(talk)
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error
  } finally {
    talk.close()
  }
  return talk.transcript()
}

/** `four` has four partitions, `one` and `gone` have one; and there is a coordinator. */
async function prepareTopics(port: number): Promise<void> {
  const client = new RawClient(port)
  const topic = (name: string, numPartitions: number) => {
    return { name, numPartitions, replicationFactor: 1, assignments: [], configs: [] }
  }
  await client.call(CreateTopics, { topics: [topic('four', 4), topic('one', 1), topic('gone', 1)], timeoutMs: 20_000 })
  for (let isServed = false; !isServed;) {
    await client.call(FindCoordinator, { key: '', keyType: 0, coordinatorKeys: ['g'] })
    const answer = await client.call(DescribeGroups, { groups: ['g'] })
    isServed = answer !== 'closed' && answer.groups[0]?.errorCode === errorCode('GROUP_ID_NOT_FOUND')
    if (!isServed) await sleep(50)
  }
  client.close()
}
