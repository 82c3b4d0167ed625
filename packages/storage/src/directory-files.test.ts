import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MemoryDisk } from '@gregor/platform'
import { takeCleanShutdown, writeCleanShutdown } from './clean-shutdown.ts'
import { readMetaProperties, writeMetaProperties } from './meta-properties.ts'
import { readPartitionMetadata, writePartitionMetadata } from './partition-metadata.ts'

const ID = 'bP8fQtJrQZ6Yh1k2m3n4oA'

function diskWith(name?: string, content = ''): MemoryDisk {
  const disk = new MemoryDisk()
  disk.makeDirectory('/data')
  if (name !== undefined) disk.open(`/data/${name}`, { create: true }).write([Buffer.from(content)], 0)
  return disk
}

describe('meta.properties', () => {
  it('is written and read', async () => {
    const disk = diskWith()
    await writeMetaProperties(disk, '/data', { clusterId: 'my-cluster', nodeId: 3, directoryId: ID })
    assert.equal(
      disk.readFile('/data/meta.properties').toString(),
      `cluster.id=my-cluster\ndirectory.id=${ID}\nnode.id=3\nversion=1\n`,
    )
    assert.deepEqual(readMetaProperties(disk, '/data'), {
      version: 1,
      clusterId: 'my-cluster',
      nodeId: 3,
      directoryId: ID,
    })
  })

  it('may be missing', () => {
    assert.equal(readMetaProperties(diskWith(), '/data'), undefined)
  })

  it('of Apache Kafka is read, comments and all', () => {
    const disk = diskWith('meta.properties', `#\n#Thu Nov 05 12:00:00 UTC 2026\nnode.id=1\nversion=1\ncluster.id=abc\n`)
    assert.deepEqual(readMetaProperties(disk, '/data'), {
      version: 1,
      clusterId: 'abc',
      nodeId: 1,
      directoryId: undefined,
    })
  })

  it('of version 0 has a broker id, and may lack everything', () => {
    assert.equal(readMetaProperties(diskWith('meta.properties', 'version=0\nbroker.id=7\n'), '/data')?.nodeId, 7)
    assert.deepEqual(readMetaProperties(diskWith('meta.properties', ''), '/data'), {
      version: 0,
      clusterId: undefined,
      nodeId: undefined,
      directoryId: undefined,
    })
  })

  for (const [content, message] of [
    ['version=2\n', /version=2 must be 0 or 1/],
    ['version=1\ncluster.id=a\n', /node\.id is missing/],
    ['version=1\nnode.id=1\n', /cluster\.id is missing/],
    ['version=1\nnode.id=one\ncluster.id=a\n', /node\.id=one must be a number/],
    ['version=1\nnode.id=1\ncluster.id=a\ndirectory.id=x\n', /directory\.id=x must be an id/],
  ] as const) {
    it(`is refused, with the reason: ${JSON.stringify(content)}`, () => {
      assert.throws(() => readMetaProperties(diskWith('meta.properties', content), '/data'), {
        name: 'ConfigError',
        message,
      })
    })
  }

  it('that cannot be read is not taken for a missing one', () => {
    const disk = diskWith()
    disk.makeDirectory('/data/meta.properties')
    assert.throws(() => readMetaProperties(disk, '/data'), { name: 'DiskError' })
    disk.makeDirectory('/data/partition.metadata')
    assert.throws(() => readPartitionMetadata(disk, '/data'), { name: 'DiskError' })
  })
})

describe('partition.metadata', () => {
  it('is written as Apache Kafka writes it, and read', async () => {
    const disk = diskWith()
    await writePartitionMetadata(disk, '/data', ID)
    assert.equal(disk.readFile('/data/partition.metadata').toString(), `version: 0\ntopic_id: ${ID}`)
    assert.deepEqual(readPartitionMetadata(disk, '/data'), { topicId: ID })
  })

  it('may be missing', () => {
    assert.deepEqual(readPartitionMetadata(diskWith(), '/data'), { topicId: undefined, problem: 'missing' })
  })

  for (const content of [
    '',
    'version: 0\n',
    `version: x\ntopic_id: ${ID}`,
    'version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAA',
    'version: 0\ntopic_id: short',
  ]) {
    it(`says what is wrong with ${JSON.stringify(content)}`, () => {
      const { topicId, problem } = readPartitionMetadata(diskWith('partition.metadata', content), '/data')
      assert.equal(topicId, undefined)
      assert.equal(typeof problem, 'string')
    })
  }
})

describe('the clean shutdown marker', () => {
  it('is there once', async () => {
    const disk = diskWith()
    await writeCleanShutdown(disk, '/data', 12)
    assert.equal(disk.readFile('/data/.kafka_cleanshutdown').toString(), '{"version":0,"brokerEpoch":12}')
    assert.deepEqual(await takeCleanShutdown(disk, '/data'), { isClean: true, brokerEpoch: 12 })
    assert.deepEqual(await takeCleanShutdown(disk, '/data'), { isClean: false })
  })

  for (const content of ['', 'x', '3', '{}', '{"brokerEpoch":"no"}']) {
    it(`counts by being there: ${JSON.stringify(content)}`, async () => {
      const disk = diskWith('.kafka_cleanshutdown', content)
      assert.deepEqual(await takeCleanShutdown(disk, '/data'), { isClean: true, brokerEpoch: undefined })
    })
  }

  it('that cannot be read is not taken for a missing one', async () => {
    const disk = diskWith()
    disk.makeDirectory('/data/.kafka_cleanshutdown')
    await assert.rejects(takeCleanShutdown(disk, '/data'), { name: 'DiskError' })
  })
})
