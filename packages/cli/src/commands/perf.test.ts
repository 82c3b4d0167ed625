import assert from 'node:assert/strict'
import { it } from 'node:test'
import { withNode } from '../running-node-fixture.ts'

const bootstrap = ['--bootstrap', '127.0.0.1:9092']

it('writes and reads many records, and tells how fast that went', async () => {
  await withNode(async (node) => {
    const sent = await node.run([
      'perf',
      'produce',
      't',
      ...bootstrap,
      '--records',
      '1000',
      '--size',
      '1024',
      '--rate',
      '2000',
    ])
    assert.equal(sent.exitCode, 0)
    assert.match(sent.lines[0] ?? '', /^RECORDS +SECONDS +RECORDS\/S +MIB\/S +P50 MS +P99 MS +P99\.9 MS$/)
    assert.match(sent.lines[1] ?? '', /^ +1000 +0\.\d+ +(19|20)\d\d +(1\.9\d*|2(\.0\d)?) +\d+ +\d+ +\d+$/)
    const read = await node.run(['perf', 'consume', 't', ...bootstrap, '--json'])
    const [row] = JSON.parse(read.lines.join('\n')) as { records: number; seconds: number }[]
    assert.equal(row?.records, 1000)
    const some = await node.run([
      'perf',
      'consume',
      't',
      ...bootstrap,
      '--records',
      '10',
      '--json',
      '--config',
      'max.poll.records=10',
    ])
    assert.match(some.lines.join(''), /"records": 10,/)
    const wrong = await node.run(['perf', 'produce', 't', ...bootstrap, '--config', 'acks=7'])
    assert.equal(wrong.exitCode, 1)
    assert.match(wrong.errors[0] ?? '', /^gregor perf produce: .*acks/)
  })
})
