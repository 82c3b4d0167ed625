import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bannerLines, type StartedNode } from './start-banner.ts'

const node: StartedNode = {
  nodeVersion: 'v24.20.0',
  addresses: ['127.0.0.1:9092'],
  directories: ['/srv/node/data'],
  failedDirectories: [],
  clusterId: 'MkU3OEVBNTcwNTJENDM2Qg',
  isSyncedBeforeAcknowledged: false,
  monitoring: 'http://127.0.0.1:9404',
  tookMs: 123.6,
}

describe('the banner', () => {
  it('says where the node is, where its data are, what acknowledged means, and how long it took', () => {
    assert.deepEqual(bannerLines(node), [
      'Gregor 0.1.0 (Apache Kafka 4.3.1) on Node.js 24.20.0',
      '  listening on  127.0.0.1:9092',
      '  data in       /srv/node/data (cluster MkU3OEVBNTcwNTJENDM2Qg)',
      '  durability    acknowledged means in the page cache, synced within 1 s or 64 MiB; log.flush.interval.messages=1 syncs first',
      '  monitoring    http://127.0.0.1:9404/health and http://127.0.0.1:9404/metrics',
      '  ready in      124 ms',
    ])
  })

  it('says so when every acknowledgement waits for the disk', () => {
    const lines = bannerLines({ ...node, isSyncedBeforeAcknowledged: true })
    assert.equal(lines[3], '  durability    acknowledged means synced to the disk (log.flush.interval.messages=1)')
  })

  it('lists all listeners and directories, and leaves out what is not served', () => {
    const addresses = ['127.0.0.1:9092', 'kafka.example:9093']
    const lines = bannerLines({ ...node, addresses, directories: ['/a', '/b'], monitoring: undefined })
    assert.equal(lines[1], '  listening on  127.0.0.1:9092, kafka.example:9093')
    assert.equal(lines[2], '  data in       /a, /b (cluster MkU3OEVBNTcwNTJENDM2Qg)')
    assert.equal(lines.length, 5)
  })

  it('says which directories are offline', () => {
    const lines = bannerLines({ ...node, failedDirectories: ['/b', '/c'] })
    assert.equal(
      lines[3],
      '  offline       /b, /c (the disk failed: see the log; the partitions there are back with the start after it is mended)',
    )
    assert.equal(lines[2], '  data in       /srv/node/data (cluster MkU3OEVBNTcwNTJENDM2Qg)')
  })
})
