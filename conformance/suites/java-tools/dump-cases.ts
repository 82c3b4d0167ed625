/** kafka-dump-log.sh on the server's files: batches, indexes, snapshots, metadata, groups. */

import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

import type { Server } from '../../harness/server.ts'
import type { Tools } from './tools.ts'

export interface DumpCase {
  readonly name: string
  readonly body: (tools: Tools, server: Server) => Promise<string | void>
}

/** Of more than one segment, each long enough to be indexed. */
const recordCount = 20_000
const topic = 'dumped'

export const dumpCases: readonly DumpCase[] = [
  {
    name: 'kafka-dump-log.sh finds every batch valid, in every segment, of every codec',
    body: dumpSegments,
  },
  {
    name: 'kafka-dump-log.sh --verify-index-only and --index-sanity-check find nothing wrong',
    async body(tools, server) {
      const all = filesOf(server, `${topic}-0`, ['.index', '.timeindex'])
      // Apache keeps those it writes to at their full size, which its own tool takes for damage.
      const files = server.name === 'Gregor' ? all : all.slice(0, -2)
      assert.ok(files.length >= 6, files.join(', '))
      await dump(tools, files, ['--verify-index-only'])
      const said = await dump(tools, files, ['--index-sanity-check'])
      // Of the segment that is written to, an index may be empty.
      assert.equal(said.match(/(passed sanity check|is empty)\./g)?.length, files.length)
      const entries = await dump(tools, files, [])
      const count = entries.match(/^(offset: \d+ position|timestamp: \d+ offset): \d+/gm)?.length ?? 0
      assert.ok(count > files.length)
      return `${files.length} files, ${count} entries`
    },
  },
  {
    name: 'kafka-dump-log.sh reads producer snapshots',
    async body(tools, server) {
      const files = filesOf(server, `${topic}-0`, ['.snapshot'])
      assert.ok(files.length > 0)
      const said = await dump(tools, files, [])
      assert.match(said, /producerId: \d+ producerEpoch: 0 .*lastSequence: \d+/)
      return `${files.length} files`
    },
  },
  {
    name: 'kafka-dump-log.sh --cluster-metadata-decoder reads the metadata log',
    async body(tools, server) {
      const files = filesOf(server, '__cluster_metadata-0', ['.log'])
      const said = await dump(tools, files, ['--cluster-metadata-decoder'])
      for (const type of [
        'REGISTER_BROKER_RECORD',
        'TOPIC_RECORD',
        'PARTITION_RECORD',
        'CONFIG_RECORD',
        'FEATURE_LEVEL_RECORD',
      ])
        assert.match(said, new RegExp(`"type":"${type}"`))
      requireValid(said)
      return `${said.match(/"type":"/g)?.length} records`
    },
  },
  {
    name: 'kafka-dump-log.sh --cluster-metadata-decoder reads snapshots of the metadata and the bootstrap checkpoint',
    async body(tools, server) {
      const files = [
        ...filesOf(server, '__cluster_metadata-0', ['.checkpoint']),
        ...filesOf(server, '.', ['bootstrap.checkpoint']),
      ]
      assert.ok(files.length > 0)
      const said = await dump(tools, files, ['--cluster-metadata-decoder'])
      assert.match(
        said,
        /"type":"FEATURE_LEVEL_RECORD","version":0,"data":\{"name":"metadata\.version","featureLevel":30\}/,
      )
      return files.map((file) => file.slice(join(server.directory, 'data').length + 1)).join(', ')
    },
  },
  {
    name: 'kafka-dump-log.sh --offsets-decoder reads what groups have stored',
    async body(tools, server) {
      const files = readdirSync(join(server.directory, 'data'))
        .filter((folder) => /^__consumer_offsets-\d+$/.test(folder))
        .flatMap((folder) => filesOf(server, folder, ['.log']))
      if (files.length === 0) return 'there is nothing yet'
      const said = await dump(tools, files, ['--offsets-decoder'])
      requireValid(said)
      assert.match(said, /"type":"OFFSET_COMMIT"|"group":"readers"/)
      return `${files.length} partitions`
    },
  },
]

async function dumpSegments(tools: Tools, server: Server): Promise<string> {
  const bootstrap = ['--bootstrap-server', server.bootstrap]
  const given = ['--create', '--topic', topic, '--config', 'segment.bytes=1048576']
  await tools.runWell('kafka-topics', [...bootstrap, ...given])
  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
    const options = ['--num-records', String(recordCount), '--record-size', '120', '--throughput', '-1']
    const client = ['--command-property', `compression.type=${codec}`]
    await tools.runWell('kafka-producer-perf-test', [...bootstrap, '--topic', topic, ...options, ...client])
  }
  const files = filesOf(server, `${topic}-0`, ['.log'])
  assert.ok(files.length > 2, `${files.length} segments`)
  const said = await dump(tools, files, ['--deep-iteration', '--verify-index-only'])
  requireValid(said)
  const found = [...said.matchAll(/^baseOffset: (\d+) lastOffset: (\d+) .*compresscodec: (\w+)/gm)]
  let next = 0
  for (const [, first, last] of found) {
    assert.equal(Number(first), next)
    next = Number(last) + 1
  }
  assert.equal(next, 5 * recordCount)
  assert.deepEqual([...new Set(found.map(([, , , codec]) => codec))], ['none', 'gzip', 'snappy', 'lz4', 'zstd'])
  return `${found.length} batches in ${files.length} segments`
}

function requireValid(said: string): void {
  assert.ok(said.includes('isvalid: true'))
  assert.doesNotMatch(said, /isvalid: false/)
}

/** What it finds wrong it says on standard error, with exit code 0. */
async function dump(tools: Tools, files: readonly string[], options: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await tools.run('kafka-dump-log', ['--files', files.join(','), ...options])
  // With --deep-iteration it takes the first record of each later segment for a gap behind -1.
  const wrong = stderr.replaceAll(/^Non-consecutive offsets in .*\n {2}-1 is followed by \d+\n(?! )/gm, '')
  assert.deepEqual([status, wrong], [0, ''])
  return stdout
}

function filesOf(server: Server, folder: string, endings: readonly string[]): readonly string[] {
  const directory = join(server.directory, 'data', folder)
  return readdirSync(directory)
    .filter((name) => endings.some((ending) => name.endsWith(ending)))
    .toSorted()
    .map((name) => join(directory, name))
}
