import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nodeEnvironment } from './environment.ts'

describe('nodeEnvironment', () => {
  it('logs as it is told', () => {
    const lines: string[] = []
    const { logger } = nodeEnvironment({ logLevel: 'warn', logFormat: 'json', writeLog: (line) => lines.push(line) })
    logger.info('not this')
    logger.warn('this')
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).message),
      ['this'],
    )
  })

  it('keeps files in memory, or on a disk of ours, where it is told to', async () => {
    const { disk } = nodeEnvironment({ disk: 'memory' })
    await disk.replaceFile('/nowhere', Buffer.from('x'))
    assert.equal(disk.readFile('/nowhere').toString(), 'x')
    assert.equal(nodeEnvironment().disk.stat('/nowhere'), undefined)
    assert.equal(nodeEnvironment({ disk }).disk, disk)
  })

  it('shares nothing with another one', () => {
    const first = nodeEnvironment()
    const second = nodeEnvironment()
    assert.equal(first.logger.level, 'info')
    first.logger.setLevel('error')
    assert.equal(second.logger.level, 'info')
    for (const part of ['clock', 'disk', 'network', 'http', 'random', 'metrics'] as const) {
      assert.notEqual(first[part], second[part])
    }
  })
})
