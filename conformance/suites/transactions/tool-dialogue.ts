/** What `kafka-transactions.sh` says of two servers on which the same has happened, one of them Apache Kafka. */

import assert from 'node:assert/strict'

import { BatchBuilder, errorName, Metadata, Produce } from '@gregor/protocol'

import { Driver } from '../../clients/driver.ts'
import { javaClient } from '../../clients/programs.ts'
import { base64 } from '../../clients/sample-records.ts'
import { RawClient } from '../../harness/raw-client.ts'
import type { Server } from '../../harness/server.ts'
import { withoutWhatDiffers } from '../java-tools/normal-output.ts'
import type { Tools } from '../java-tools/tools.ts'

interface Line {
  readonly given: string
  readonly expected?: RegExp
  readonly isUnordered?: boolean
}

const lines: readonly Line[] = [
  { given: 'list', expected: /told-twice\s.*CompleteAbort/, isUnordered: true },
  { given: 'list --transactional-id-pattern told.*', expected: /told-twice/ },
  { given: 'list --transactional-id-pattern nothing' },
  { given: 'list --duration-filter 3600000' },
  { given: 'describe --transactional-id told-twice', expected: /CompleteAbort/ },
  { given: 'describe --transactional-id nobody', expected: /could not be found/ },
  { given: 'describe-producers --topic told --partition 0', isUnordered: true },
  { given: 'find-hanging --topic told --partition 0' },
  { given: 'find-hanging --broker-id 1', expected: /hanging\s+0\s+424242\s+7/ },
  { given: 'find-hanging --topic hanging --partition 0', expected: /424242/ },
  { given: 'describe-producers --topic hanging --partition 0', expected: /424242/ },
  { given: 'abort --topic hanging --partition 0 --start-offset 5', expected: /Could not find any open transactions/ },
  { given: 'abort --topic hanging --partition 0 --start-offset 0' },
  { given: 'find-hanging --broker-id 1' },
  { given: 'describe-producers --topic hanging --partition 0', expected: /None/ },
  { given: 'forceTerminateTransaction --transactionalId told-twice' },
  { given: 'describe --transactional-id told-twice' },
]

export async function seesTheSame(tools: Tools, server: Server, apache: Server): Promise<string> {
  for (const each of [server, apache]) await happen(each)
  const problems: string[] = []
  for (const line of lines) {
    const [ours, theirs] = [await ask(tools, server, line), await ask(tools, apache, line)]
    if (ours !== theirs) problems.push(`${line.given}\n    ours:   ${ours}\n    Apache: ${theirs}`)
    else if (line.expected?.test(ours) === false) problems.push(`${line.given}: neither says ${line.expected}: ${ours}`)
  }
  assert.equal(problems.length, 0, problems.join('\n  '))
  return `${lines.length} commands`
}

/** A transaction that was committed, one that was aborted, and one that nobody will end. */
async function happen(server: Server): Promise<void> {
  const driver = Driver.start(await javaClient(), server.bootstrap)
  try {
    for (const topic of ['told', 'hanging']) await driver.call('create', { topic, partitions: 1, configs: {} })
    const record = { partition: 0, key: null, value: base64('told'), headers: [] }
    const given = { topic: 'told', transactionalId: 'told-twice', commit: [record], abort: [record] }
    await driver.call('transaction', given)
  } finally {
    await driver.close()
  }
  const client = new RawClient(server.port)
  const metadata = await client.call(Metadata, { topics: [{ name: 'hanging' }] })
  const topicId = metadata === 'closed' ? undefined : metadata.topics[0]?.topicId
  assert.ok(topicId !== undefined)
  const batch = new BatchBuilder({ producerId: 424_242, producerEpoch: 7, baseSequence: 0, isTransactional: true })
  batch.append(null, Buffer.from('left alone'), [], Date.now() - 3_600_000)
  const data = { name: 'hanging', partitionData: [{ index: 0, records: batch.build() }] }
  // In a version in which the client adds partitions itself, which it then did not.
  const request = { transactionalId: 'hanging', acks: -1, timeoutMs: 5_000, topicData: [data] }
  const answer = await client.call(Produce, request, 11)
  client.close()
  const code = answer === 'closed' ? -1 : (answer.responses[0]?.partitionResponses[0]?.errorCode ?? -1)
  assert.equal(errorName(code), 'NONE')
}

async function ask(tools: Tools, server: Server, { given, isUnordered = false }: Line): Promise<string> {
  const all = ['--bootstrap-server', server.bootstrap, ...given.split(' ')]
  const { status, stdout, stderr } = await tools.run('kafka-transactions', all)
  const text = `${stdout}${stderr}\nexit code ${status}`
  // Columns are as wide as what is in them, and one says for how long it has been.
  return withoutWhatDiffers(text, server, { isUnordered })
    .map((line) => line.replaceAll(/\s+/g, ' ').replace(/ MS \d+$/, ' MS N'))
    .join('\n')
}
