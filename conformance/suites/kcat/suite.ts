/** kcat, the command-line client on librdkafka: produces, reads back, and lists. */

import assert from 'node:assert/strict'

import { requireKcat } from '../../harness/installers.ts'
import { runWell } from '../../harness/process.ts'
import type { Server } from '../../harness/server.ts'
import type { Suite } from '../../harness/suite.ts'

export const suite: Suite = {
  name: 'kcat',
  core: true,
  budgetSeconds: 120,
  prepare: requireKcat,
  async run({ check, startServer, directory }) {
    const server = await startServer({ directory })
    const thousand = Array.from({ length: 1_000 }, (_, index) => String(index + 1))

    await check(
      'creates a topic by producing 1,000 records to it with acks=all, and reads them back in order',
      async () => {
        await produce(server, 'first', thousand, ['-X', 'acks=all'])
        assert.deepEqual(await consume(server, 'first', []), thousand)
      },
    )
    for (const codec of ['gzip', 'snappy', 'lz4', 'zstd']) {
      await check(`compresses with ${codec}`, async () => {
        await produce(server, `codec-${codec}`, thousand, ['-z', codec])
        assert.deepEqual(await consume(server, `codec-${codec}`, []), thousand)
      })
    }
    await check('sends and receives keys, headers, and null values', async () => {
      await produce(server, 'shapes', ['key:value', 'gone:'], ['-K', ':', '-Z', '-H', 'trace=4711'])
      const lines = await consume(server, 'shapes', ['-f', '%k %S %h\\n'])
      assert.deepEqual(lines, ['key 5 trace=4711', 'gone -1 trace=4711'])
    })
    await check('starts at an offset and at the end', async () => {
      assert.deepEqual(await consume(server, 'first', ['-o', '997']), ['998', '999', '1000'])
      assert.deepEqual(await consume(server, 'first', ['-o', '-2']), ['999', '1000'])
    })
    await check('produces idempotently', async () => {
      await produce(server, 'idempotent', thousand, ['-X', 'enable.idempotence=true'])
      assert.deepEqual(await consume(server, 'idempotent', []), thousand)
    })
    await check('lists brokers, topics and partitions', async () => {
      const listing = await runWell('kcat', ['-b', server.bootstrap, '-L'])
      assert.match(listing, new RegExp(`at ${server.bootstrap}`))
      assert.match(listing, /topic "first" with 1 partitions/)
    })
    await check('reads everything again after a restart', async () => {
      await server.kill()
      await startServer({ directory, port: server.port })
      assert.deepEqual(await consume(server, 'first', []), thousand)
    })
  },
}

async function produce(
  server: Server,
  topic: string,
  lines: readonly string[],
  given: readonly string[],
): Promise<void> {
  await runWell('kcat', ['-q', '-P', '-b', server.bootstrap, '-t', topic, ...given], { input: `${lines.join('\n')}\n` })
}

async function consume(server: Server, topic: string, given: readonly string[]): Promise<readonly string[]> {
  const text = await runWell('kcat', ['-q', '-C', '-e', '-b', server.bootstrap, '-t', topic, ...given])
  return text.trimEnd().split('\n')
}
