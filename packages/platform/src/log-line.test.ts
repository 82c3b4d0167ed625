import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LogFields } from './environment.ts'
import { DiskError, NetworkError } from './errors.ts'
import { type LogEntry, jsonLine, textLine } from './log-line.ts'

describe('textLine', () => {
  it('looks as a line of Apache Kafka', () => {
    const line = textLine(entry('Created topic orders.', { component: 'controller', partitions: 3 }))
    assert.equal(line, '[2026-03-01 09:30:00,007] INFO Created topic orders. (controller) partitions=3\n')
  })

  it('quotes values that would be hard to tell apart', () => {
    const line = textLine(
      entry('x', { empty: '', spaced: 'a b', quoted: 'a"b', plain: 'a-b', none: null, gone: undefined }),
    )
    assert.equal(line, '[2026-03-01 09:30:00,007] INFO x empty="" spaced="a b" quoted="a\\"b" plain=a-b none=null\n')
  })

  it('shows an error with its stack and causes', () => {
    const error = withStack(
      'outer',
      'Error: outer\n    at somewhere',
      withStack('inner', 'Error: inner\n    at elsewhere'),
    )
    assert.deepEqual(textLine(entry('It failed', { error })).split('\n'), [
      '[2026-03-01 09:30:00,007] INFO It failed error=outer',
      'Error: outer',
      '    at somewhere',
      'Caused by: Error: inner',
      '    at elsewhere',
      '',
    ])
  })

  it('shows what a disk or a network refuses in one line', () => {
    const error = new DiskError({ code: 'EIO', path: '/a', operation: 'sync', cause: new Error('inner') })
    assert.equal(textLine(entry('x', { error })), '[2026-03-01 09:30:00,007] INFO x error="sync /a: EIO"\n')
    assert.deepEqual(JSON.parse(jsonLine(entry('x', { error }))).error, { message: 'sync /a: EIO', code: 'EIO' })
    const refused = new NetworkError({ code: 'ECONNREFUSED', host: 'h', port: 1, operation: 'connect' })
    assert.equal(textLine(entry('x', { refused })).split('\n').length, 2)
  })

  it('does not let a name from outside forge a line', () => {
    const line = textLine(entry('topic a\n[2026] INFO forged\r', { client: 'b\nc' }))
    assert.equal(line.split('\n').length, 2)
    assert.match(line, /INFO topic a\\n\[2026\] INFO forged\\r client="b\\nc"\n$/)
  })
})

describe('jsonLine', () => {
  it('is one object with time, level, message and fields', () => {
    const line = jsonLine({
      ...entry('Created', { topic: 'orders', partitions: 3 }),
      wallMs: Date.UTC(2026, 2, 1, 9, 30),
    })
    assert.equal(
      line,
      '{"time":"2026-03-01T09:30:00.000Z","level":"info","message":"Created","topic":"orders","partitions":3}\n',
    )
  })

  it('does not let a field take the place of the message', () => {
    assert.equal(JSON.parse(jsonLine(entry('right', { message: 'wrong' }))).message, 'right')
  })

  it('carries message and stack of an error', () => {
    const fields = JSON.parse(jsonLine(entry('x', { error: withStack('why', 'Error: why\n    at here') })))
    assert.deepEqual(fields.error, { message: 'why', stack: 'Error: why\n    at here' })
  })
})

function entry(message: string, fields: LogFields = {}): LogEntry {
  // Local time, as the text form shows it.
  return { wallMs: new Date(2026, 2, 1, 9, 30, 0, 7).getTime(), level: 'info', message, fields }
}

function withStack(message: string, stack: string, cause?: Error): Error {
  const error = new Error(message, { cause })
  error.stack = stack
  return error
}
