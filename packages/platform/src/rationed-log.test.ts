import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LogFields } from './environment.ts'
import { RationedLog } from './rationed-log.ts'

describe('RationedLog', () => {
  const newLog = () => {
    const lines: (readonly [string, LogFields | undefined])[] = []
    const timers: { readonly delayMs: number; readonly callback: () => void }[] = []
    const logger = { info: (message: string, fields?: LogFields) => void lines.push([message, fields]) }
    const clock = {
      schedule(delayMs: number, callback: () => void) {
        timers.push({ delayMs, callback })
        return { cancel: () => assert.fail('nobody cancels it') }
      },
    }
    /** The whiles that have begun are over. */
    const pass = (): number[] =>
      timers.splice(0).map(({ delayMs, callback }) => {
        callback()
        return delayMs
      })
    return { lines, pass, log: new RationedLog({ clock, logger, linesMax: 2, whileMs: 1_000 }) }
  }

  it('writes the first few lines of a message, and once how many more there were', () => {
    const { lines, pass, log } = newLog()
    for (let i = 0; i < 7; i++) log.info('Refused', { i })
    assert.deepEqual(lines, [
      ['Refused', { i: 0 }],
      ['Refused', { i: 1 }],
    ])
    assert.deepEqual(pass(), [1_000])
    assert.deepEqual(lines.slice(2), [['Refused', { more: 5, lastMs: 1_000 }]])
  })

  it('writes all of what comes now and then, and nothing beside it', () => {
    const { lines, pass, log } = newLog()
    for (let i = 0; i < 3; i++) {
      log.info('Closed')
      pass()
    }
    assert.deepEqual(
      lines.map(([message]) => message),
      ['Closed', 'Closed', 'Closed'],
    )
  })

  it('counts each message by itself', () => {
    const { lines, log } = newLog()
    for (const message of ['a', 'a', 'a', 'b']) log.info(message)
    assert.deepEqual(
      lines.map(([message]) => message),
      ['a', 'a', 'b'],
    )
  })
})
