/** Apache's system tests for exactly-once use this program: it reads, writes and commits offsets in transactions. */

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

import { Driver } from '../../clients/driver.ts'
import { javaClient } from '../../clients/programs.ts'
import { apacheTool, javaArguments } from '../../harness/apache-kafka.ts'
import { background, collect, ended } from '../../harness/process.ts'
import type { Server } from '../../harness/server.ts'

const copier = 'org.apache.kafka.tools.TransactionalMessageCopier'
const verifiableProducer = 'org.apache.kafka.tools.VerifiableProducer'
const recordCount = 5_000
const copyMsMax = 60_000

export async function copiesOnce(server: Server): Promise<string> {
  const driver = Driver.start(await javaClient(), server.bootstrap)
  try {
    for (const topic of ['copy-from', 'copy-to']) await driver.call('create', { topic, partitions: 1, configs: {} })
    const sent = ['--topic', 'copy-from', '--max-messages', String(recordCount), '--throughput', '-1', '--acks', '-1']
    const filled = await apacheTool(verifiableProducer, [...sent, '--bootstrap-server', server.bootstrap])
    assert.equal(filled.status, 0, filled.stderr)
    const first = await copy(server, { untilProcessed: recordCount / 5 })
    const second = await copy(server, {})
    const read = await driver.call('readAll', {
      topics: [
        { name: 'copy-from', partitions: 1 },
        { name: 'copy-to', partitions: 1 },
      ],
      isolation: 'read_committed',
    })
    const [from = [], to = []] = [read['copy-from-0'], read['copy-to-0']]
    assert.equal(from.length, recordCount)
    assert.deepEqual(
      to.map(({ value }) => value),
      from.map(({ value }) => value),
    )
    return `killed after ${first}, then ${second} more`
  } finally {
    await driver.close()
  }
}

/** Copies what is left, or is killed once it has done so much. Resolves to how many records it said it copied. */
async function copy(server: Server, { untilProcessed = Infinity }: { untilProcessed?: number }): Promise<number> {
  const given = ['--broker-list', server.bootstrap, '--input-topic', 'copy-from', '--input-partition', '0']
  const how = ['--output-topic', 'copy-to', '--transactional-id', 'copier', '--consumer-group', 'copiers']
  // It looks for its offsets before it takes over from the one that was killed: they are there when that one’s time is up.
  const timeout = ['--transaction-timeout', '5000']
  const bounds = ['--transaction-size', '100', '--max-messages', '-1', '--enable-random-aborts', '--use-group-metadata']
  const child = background('java', await javaArguments(copier, [...given, ...how, ...timeout, ...bounds]))
  const [stdout, stderr] = [collect(child, 'stdout'), collect(child, 'stderr')]
  const exit = ended(child)
  const timer = setTimeout(() => child.kill('SIGKILL'), copyMsMax)
  const processed = (): number =>
    Math.max(0, ...[...stdout().matchAll(/"totalProcessed":(\d+)/g)].map(([, count]) => Number(count)))
  while (untilProcessed < Infinity && child.exitCode === null && processed() < untilProcessed) await sleep(5)
  if (untilProcessed < Infinity) child.kill('SIGKILL')
  const { status } = await exit
  clearTimeout(timer)
  if (untilProcessed === Infinity) assert.equal(status, 0, stderr().slice(-2_000))
  else assert.ok(processed() >= untilProcessed, `it ended by itself: ${stdout().slice(-500)}${stderr().slice(-1_000)}`)
  return processed()
}
