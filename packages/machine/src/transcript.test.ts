import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AccountMachine } from './host-fixture.ts'
import type { AccountEvent } from './host-fixture.ts'
import { countingRandom, lineFrom, parseLine, retell } from './transcript.ts'

describe('A transcript', () => {
  it('comes back unchanged when everything happens as it tells', () => {
    const text = `
# an account
@ 1000
> Add amounts=[1,2]
+ 1
+ 2
< 3
> Print text="all is well"
< printed
! Print text="all is well"`
    assert.equal(retell(text, { machine: new AccountMachine(), eventFrom }), text)
  })

  it('comes back with what really happened', () => {
    const told = retell('> Read\n< 5', { machine: new AccountMachine(), eventFrom })
    assert.equal(told, '> Read\n< 0')
  })

  it('gives the machine the time and the next offset', () => {
    const machine = new AccountMachine()
    retell('@ 7\n> Add amounts=[4]\n> Read', { machine, eventFrom, epoch: 3 })
    assert.deepEqual(
      machine.given.map(({ nowMs, epoch, nextOffset }) => [nowMs, epoch, nextOffset]),
      [
        [7, 3, 0],
        [7, 3, 1],
      ],
    )
  })

  it('leaves out a reply that is undefined, and writes the rest as it is told to', () => {
    const machine = { handle: () => ({ records: ['r'], reply: undefined, effects: [] }), apply: () => undefined }
    assert.equal(retell('> Go', { machine, eventFrom: String, write: (value) => `(${value})` }), '> Go\n+ (r)')
  })
})

describe('A line', () => {
  it('reads words, pairs and JSON', () => {
    assert.deepEqual(parseLine('Go name=a b=[1, {"c": 2}] t="x y" n=-1 empty= none=null'), {
      type: 'Go',
      name: 'a',
      b: [1, { c: 2 }],
      t: 'x y',
      n: -1,
      empty: '',
      none: null,
    })
    assert.deepEqual(parseLine('Go {"name":"a"}'), { type: 'Go', name: 'a' })
    assert.throws(() => parseLine(''), SyntaxError)
  })

  it('writes what it reads', () => {
    const line = 'Go name=a b=[1,{"c":2}] t="x y" word="null" n=-1 none=null'
    assert.equal(lineFrom(parseLine(line)), line)
  })

  it('leaves out what is undefined, writes buffers in hex, and other values as JSON', () => {
    assert.equal(lineFrom({ a: undefined, b: Buffer.from([1, 255]) }), 'b="01ff"')
    assert.equal(lineFrom(null), 'null')
    assert.equal(lineFrom(3), '3')
  })
})

describe('countingRandom', () => {
  it('draws in order', () => {
    const random = countingRandom()
    assert.deepEqual(
      [random.uint32(), random.below(1), random.fraction(), random.fill(new Uint8Array(4))[3]],
      [0, 0, 0.02, 3],
    )
  })
})

const eventFrom = (line: object) => line as AccountEvent
