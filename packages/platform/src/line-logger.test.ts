import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LogLevel } from './environment.ts'
import { LineLogger } from './line-logger.ts'

const levels = ['trace', 'debug', 'info', 'warn', 'error'] as const

describe('LineLogger', () => {
  it('writes what is at its level or above, and nothing when off', () => {
    const expected: Record<LogLevel, readonly string[]> = {
      trace: ['trace', 'debug', 'info', 'warn', 'error'],
      debug: ['debug', 'info', 'warn', 'error'],
      info: ['info', 'warn', 'error'],
      warn: ['warn', 'error'],
      error: ['error'],
      off: [],
    }
    for (const level of [...levels, 'off'] as const) {
      const { logger, lines } = newLogger(level)
      for (const each of levels) logger[each]('x')
      assert.deepEqual(
        lines.map((line) => JSON.parse(line).level),
        expected[level],
      )
    }
  })

  it('gives the lines of a child its fields, which a call may override', () => {
    const { logger, lines } = newLogger('info')
    logger.child({ component: 'log', partition: 'a-0' }).child({ component: 'cleaner' }).info('x', { partition: 'a-1' })
    assert.deepEqual(JSON.parse(lines[0] ?? ''), {
      time: '1970-01-01T00:00:01.000Z',
      level: 'info',
      message: 'x',
      component: 'cleaner',
      partition: 'a-1',
    })
  })

  it('changes the level of all that share a root', () => {
    const { logger, lines } = newLogger('info')
    const child = logger.child({})
    child.setLevel('error')
    logger.warn('no')
    child.warn('no')
    logger.error('yes')
    assert.equal(lines.length, 1)
    assert.equal(logger.level, 'error')
  })

  it('writes text where that is asked for', () => {
    const lines: string[] = []
    new LineLogger({ level: 'info', format: 'text', wallMs: () => 0, write: (line) => lines.push(line) }).info('hello')
    assert.match(lines[0] ?? '', /^\[.*\] INFO hello\n$/)
  })
})

function newLogger(level: LogLevel): { logger: LineLogger; lines: string[] } {
  const lines: string[] = []
  return {
    logger: new LineLogger({ level, format: 'json', wallMs: () => 1000, write: (line) => lines.push(line) }),
    lines,
  }
}
