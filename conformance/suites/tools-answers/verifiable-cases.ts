/**
 * kafka-verifiable-producer and -consumer, which Kafka's system tests drive: a process each, as Apache's end their JVM. The
 * JSON of both is the same, but for times and speeds.
 */

import assert from 'node:assert/strict'

import { apacheTool } from '../../harness/apache-kafka.ts'
import type { Server } from '../../harness/server.ts'
import type { SuiteContext } from '../../harness/suite.ts'
import type { OurTools } from './our-tools.ts'

const classes = {
  'kafka-verifiable-producer': 'org.apache.kafka.tools.VerifiableProducer',
  'kafka-verifiable-consumer': 'org.apache.kafka.tools.VerifiableConsumer',
} as const

const lines: readonly (readonly [tool: keyof typeof classes, text: string])[] = [
  ['kafka-verifiable-producer', '--topic verified-SIDE --max-messages 5 --repeating-keys 2 --value-prefix 7'],
  ['kafka-verifiable-consumer', '--topic verified-SIDE --group-id classic-SIDE --max-messages 3 --verbose'],
  ['kafka-verifiable-consumer', '--topic verified-SIDE --group-id new-SIDE --max-messages 5 --group-protocol consumer'],
  ['kafka-verifiable-producer', '--topic verified-SIDE --max-messages many'],
  ['kafka-verifiable-producer', '--topic verified-SIDE --acks 7'],
  ['kafka-verifiable-consumer', '--topic verified-SIDE'],
]

export async function checkVerifiable(server: Server, ours: OurTools, { check }: SuiteContext): Promise<void> {
  await check('kafka-verifiable-producer and -consumer say what Apache Kafka’s say', async () => {
    for (const [tool, text] of lines) {
      const given = (side: string): readonly string[] => [
        '--bootstrap-server',
        server.bootstrap,
        ...text.replaceAll('SIDE', side).split(' '),
      ]
      const [theirs, own] = await Promise.all([apacheTool(classes[tool], [...given('j')]), ours.run(tool, given('q'))])
      assert.deepEqual(
        [own.status, comparableLines(own.stdout, 'q'), mistake(own.stderr)],
        [theirs.status, comparableLines(theirs.stdout, 'j'), mistake(theirs.stderr)],
        `${tool} ${text}`,
      )
    }
    return `${lines.length} lines`
  })
}

function comparableLines(text: string, side: string): readonly string[] {
  return text
    .trim()
    .split('\n')
    .map((line) =>
      line
        .replaceAll(new RegExp(`-${side}\\b`, 'g'), '-SIDE')
        .replace(/"timestamp":\d+/, '"timestamp":MS')
        .replace(/"avg_throughput":[\d.E-]+/, '"avg_throughput":N')
        // How many a poll brings is nobody's promise.
        .replace(/"name":"records_consumed","count":\d+/, '"name":"records_consumed","count":N'),
    )
}

/** What is wrong with the options stands behind the usage, broken into lines by Java; what is logged is not compared. */
function mistake(text: string): string {
  return text.split(': error: ').slice(1).join(' ').split('\n\n')[0]?.replaceAll(/\s+/g, ' ').trim() ?? ''
}
