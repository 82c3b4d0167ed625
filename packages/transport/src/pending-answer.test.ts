import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PendingAnswer } from './answer.ts'
import { newConnection } from './connection-fixture.ts'
import { ConnectionResources } from './connection-resources.ts'
import { framed } from './scripted-socket.ts'
import type { FrameHandler } from './server-connection.ts'

/** Answers each frame when the pass ends, with what its bytes are then; frames that begin with `later` not at all. */
class Gatherer implements FrameHandler {
  readonly waiting: { readonly frame: Buffer; readonly answer: PendingAnswer }[] = []
  readonly later: PendingAnswer[] = []
  passCount = 0
  readonly #readsAtOnce: boolean

  constructor(readsAtOnce: boolean) {
    this.#readsAtOnce = readsAtOnce
  }

  readsAtOnce(): boolean {
    return this.#readsAtOnce
  }

  frame(frame: Buffer): PendingAnswer {
    const answer = new PendingAnswer()
    if (frame.toString('latin1').startsWith('later')) this.later.push(answer)
    else this.waiting.push({ frame, answer })
    return answer
  }

  passEnded(): void {
    this.passCount++
    for (const { frame, answer } of this.waiting.splice(0)) answer.settle([Buffer.from(frame)])
  }
}

describe('an answer that is pending', () => {
  for (const readsAtOnce of [true, false]) {
    const where = readsAtOnce ? 'where they came in' : 'in a copy'
    it(`is settled at the end of the pass, all with one write, the bytes of frames still there ${where}`, () => {
      const handler = new Gatherer(readsAtOnce)
      const { socket } = newConnection({ handler })
      socket.deliver(Buffer.concat([framed('one'), framed('two'), framed('x'.repeat(20_000)), framed('three')]))
      assert.deepEqual(socket.frames, ['one', 'two', 'x'.repeat(20_000), 'three'])
      assert.equal(socket.writes.length, 1)
      assert.equal(handler.passCount, 1)
    })

    it(`is settled for a frame with memory of its own, which is given back after the pass, ${where}`, () => {
      const handler = new Gatherer(readsAtOnce)
      const resources = new ConnectionResources({ receiveBytes: 64 * 1024 })
      const { socket } = newConnection({ handler, resources })
      const frame = framed('y'.repeat(500_000))
      socket.deliver(frame.subarray(0, 100_000))
      socket.deliver(frame.subarray(100_000))
      assert.deepEqual(socket.frames, ['y'.repeat(500_000)])
      assert.equal(resources.slabs.lentBytes, 0)
    })
  }

  it('is settled, though nobody hears of it, where what follows is no frame', () => {
    const handler = new Gatherer(true)
    const { socket } = newConnection({ handler })
    socket.deliver(Buffer.concat([framed('good'), Buffer.from('ffffffff', 'hex')]))
    assert.deepEqual([handler.passCount, handler.waiting.length], [1, 0])
    assert.equal(socket.isDestroyed, true)
  })

  it('may be settled long after its pass, and keeps its place', async () => {
    const handler = new Gatherer(true)
    const { socket, environment } = newConnection({ handler })
    socket.deliver(Buffer.concat([framed('later 1'), framed('now'), framed('later 2')]))
    assert.deepEqual(socket.frames, [])
    handler.later[1]?.settle([Buffer.from('second')])
    await environment.time.advance(0)
    assert.deepEqual(socket.frames, [])
    handler.later[0]?.settle([Buffer.from('first')])
    await environment.time.advance(0)
    assert.deepEqual(socket.frames, ['first', 'now', 'second'])
  })

  it('may be settled before its frame’s handler returns', () => {
    const handler: FrameHandler = {
      frame() {
        const answer = new PendingAnswer()
        answer.settle([Buffer.from('early')])
        return answer
      },
    }
    const { socket } = newConnection({ handler })
    socket.deliver(framed('?'))
    assert.deepEqual(socket.frames, ['early'])
  })

  it('makes room for more frames in the same read when the bound on frames is met', () => {
    const handler = new Gatherer(true)
    const { socket } = newConnection({ handler, limits: { framesInFlightMax: 2 } })
    socket.deliver(Buffer.concat(['1', '2', '3', '4', '5'].map((text) => framed(text))))
    assert.deepEqual(socket.frames, ['1', '2', '3', '4', '5'])
    assert.equal(handler.passCount, 3)
  })

  it('has the bytes of its frame until the pass ends, also where frames waited and the next one moves on', async () => {
    const handler = new Gatherer(true)
    const resources = new ConnectionResources({ receiveBytes: 64 * 1024 })
    const { socket, connection } = newConnection({ handler, resources })
    const release = connection.hold()
    const last = framed('z'.repeat(30_000))
    socket.deliver(Buffer.concat([framed('a'.repeat(9_000)), framed('b'.repeat(9_000)), last.subarray(0, 20_000)]))
    release()
    assert.deepEqual(socket.frames, ['a'.repeat(9_000), 'b'.repeat(9_000)])
    socket.deliver(last.subarray(20_000))
    assert.deepEqual(socket.frames.slice(2), ['z'.repeat(30_000)])
    assert.equal(resources.slabs.lentBytes, 0)
  })

  it('closes the connection behind the answers before it', async () => {
    const handler = new Gatherer(true)
    const { socket, environment } = newConnection({ handler })
    socket.deliver(Buffer.concat([framed('1'), framed('later')]))
    handler.later[0]?.settle('close')
    await environment.time.advance(0)
    assert.deepEqual(socket.frames, ['1'])
    assert.equal(socket.isDestroyed, true)
  })

  it('is let go of when the connection was closed meanwhile', async () => {
    const handler = new Gatherer(true)
    const { socket, environment } = newConnection({ handler })
    socket.deliver(framed('later'))
    socket.break()
    let wasReleased = false
    handler.later[0]?.settle({ buffers: [Buffer.from('x')], release: () => (wasReleased = true) })
    await environment.time.advance(0)
    assert.equal(wasReleased, true)
    assert.deepEqual(socket.frames, [])
  })
})
