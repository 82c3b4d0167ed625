import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SettledAnswer } from './answer.ts'
import { echo, newConnection, newDeferred, text } from './connection-fixture.ts'
import { ConnectionResources } from './connection-resources.ts'
import { framed } from './scripted-socket.ts'
import type { FrameHandler } from './server-connection.ts'

describe('ServerConnection: frames and answers', () => {
  it('answers all frames of a read with one write', () => {
    const { socket } = newConnection({ handler: echo() })
    socket.deliver(Buffer.concat([framed('a'), framed('b'), framed('c')]))
    assert.equal(socket.writes.length, 1)
    assert.deepEqual(socket.frames, ['a', 'b', 'c'])
  })

  it('sends answers in the order of their frames, whatever the order in which they are found', async () => {
    const { socket, environment, answers, handler } = newDeferred()
    newConnection({ handler, socket, environment })
    socket.deliver(Buffer.concat([framed('1'), framed('2'), framed('3')]))
    await answers.settle('3', text('third'))
    await answers.settle('2', text('second'))
    assert.deepEqual(socket.frames, [])
    await answers.settle('1', text('first'))
    await environment.time.advance(0)
    assert.deepEqual(socket.frames, ['first', 'second', 'third'])
    assert.equal(socket.writes.length, 1)
  })

  it('lets an answer that is there at once wait for the one before it', async () => {
    const { socket, environment, answers, handler } = newDeferred()
    newConnection({ handler, socket, environment })
    socket.deliver(Buffer.concat([framed('1'), framed('now:2')]))
    assert.deepEqual(socket.frames, [])
    await answers.settle('1', text('first'))
    await environment.time.advance(0)
    assert.deepEqual(socket.frames, ['first', '2'])
  })

  it('sends nothing for null', () => {
    const { socket } = newConnection({ handler: { frame: () => null } })
    socket.deliver(framed('acks=0'))
    assert.deepEqual(socket.writes, [])
  })

  it('sends the parts of an answer as one frame', () => {
    const parts = [Buffer.from('head '), Buffer.alloc(5000, 'x'), Buffer.from(' tail')]
    const { socket } = newConnection({ handler: { frame: () => parts } })
    socket.deliver(framed('?'))
    assert.deepEqual(socket.frames, [`head ${'x'.repeat(5000)} tail`])
  })

  it('closes after the answers before a close, and drops those after it', async () => {
    const { socket, environment, answers, handler } = newDeferred()
    const { connection } = newConnection({ handler, socket, environment })
    socket.deliver(Buffer.concat([framed('1'), framed('2'), framed('3')]))
    let wasReleased = false
    await answers.settle('3', { buffers: [Buffer.from('third')], release: () => (wasReleased = true) })
    await answers.settle('2', 'close')
    await answers.settle('1', text('first'))
    await environment.time.advance(0)
    assert.deepEqual(socket.frames, ['first'])
    assert.equal(socket.isDestroyed, true)
    assert.equal(connection.isClosed, true)
    assert.equal(wasReleased, true)
  })

  it('hands out no frame after a close', () => {
    const seen: string[] = []
    const handler: FrameHandler = {
      frame(frame) {
        seen.push(frame.toString())
        return 'close'
      },
    }
    const { socket } = newConnection({ handler })
    socket.deliver(Buffer.concat([framed('1'), framed('2')]))
    assert.deepEqual(seen, ['1'])
    assert.equal(socket.isDestroyed, true)
  })

  it('keeps a frame valid until its answer is there, though the connection reads on', async () => {
    for (const size of [10, 5000]) {
      const { socket, environment, answers, handler } = newDeferred()
      newConnection({ handler, socket, environment })
      const first = 'A'.repeat(size)
      socket.deliver(Buffer.concat([framed(first), framed('x'.repeat(size))]))
      socket.deliver(framed('y'.repeat(size)))
      assert.equal(answers.frames[0]?.toString(), first)
      await answers.settle(first, text('done'))
    }
  })

  it('hands out the shared receive buffer itself to a handler that reads at once', () => {
    const resources = new ConnectionResources()
    const memory: unknown[] = []
    const handler: FrameHandler = {
      frame(frame) {
        memory.push(frame.buffer)
        return null
      },
      readsAtOnce: () => true,
    }
    const { socket } = newConnection({ handler, resources })
    socket.deliver(framed('at once'))
    assert.equal(memory[0], resources.shared.buffer)
  })

  it('gives memory back when the answer is settled', async () => {
    const resources = new ConnectionResources()
    const { socket, environment, answers, handler } = newDeferred()
    newConnection({ handler, socket, environment, resources })
    const large = 'L'.repeat(10_000)
    socket.deliver(framed(large))
    assert.equal(resources.slabs.lentBytes, 10_240)
    await answers.settle(large, text('done'))
    await environment.time.advance(0)
    assert.equal(resources.slabs.lentBytes, 0)
  })

  it('releases an answer when the system has taken it', () => {
    let isReleased = false
    const answer: SettledAnswer = { buffers: [Buffer.alloc(5000)], release: () => (isReleased = true) }
    const { socket } = newConnection({ handler: { frame: () => answer } })
    socket.takesAtOnce = false
    socket.deliver(framed('?'))
    assert.equal(isReleased, false)
    socket.drain()
    assert.equal(isReleased, true)
  })

  it('releases an answer when the connection is gone first', () => {
    let releases = 0
    const answer: SettledAnswer = { buffers: [Buffer.alloc(5000)], release: () => void releases++ }
    const { socket } = newConnection({ handler: { frame: () => answer } })
    socket.takesAtOnce = false
    socket.deliver(framed('?'))
    socket.break(new Error('reset'))
    assert.equal(releases, 1)
  })

  it('releases an answer that is found after the connection is gone', async () => {
    const { socket, environment, answers, handler } = newDeferred()
    newConnection({ handler, socket, environment })
    socket.deliver(framed('1'))
    socket.break()
    let releases = 0
    await answers.settle('1', { buffers: [Buffer.alloc(5)], release: () => void releases++ })
    assert.equal(releases, 1)
    assert.deepEqual(socket.writes, [])
  })
})

describe('ServerConnection: its end', () => {
  it('answers what it was asked before it closes', async () => {
    const { socket, environment, answers, handler } = newDeferred()
    const { connection } = newConnection({ handler, socket, environment })
    socket.deliver(framed('1'))
    connection.close()
    connection.close()
    socket.deliver(framed('2'))
    assert.equal(socket.isDestroyed, false)
    await answers.settle('1', text('last'))
    await environment.time.advance(0)
    assert.deepEqual(socket.frames, ['last'])
    assert.deepEqual(answers.names, ['1'])
    assert.equal(socket.isDestroyed, true)
  })

  it('answers a peer that has said all, then closes', () => {
    const { socket } = newConnection({ handler: echo() })
    socket.takesAtOnce = false
    socket.deliver(framed('1'))
    socket.endByPeer()
    assert.equal(socket.isDestroyed, false)
    socket.drain()
    assert.equal(socket.isDestroyed, true)
  })

  it('tells the handler once, with the reason', () => {
    const reasons: (Error | undefined)[] = []
    const reason = new Error('reset')
    const { socket } = newConnection({ handler: { frame: () => null, closed: (why) => reasons.push(why) } })
    socket.break(reason)
    assert.deepEqual(reasons, [reason])
  })

  it('closes when a length is no length', async () => {
    const { socket, connection, environment } = newConnection({ handler: echo(), limits: { frameBytesMax: 10 } })
    socket.deliver(Buffer.concat([framed('1'), Buffer.from([0x7f, 0xff, 0xff, 0xff])]))
    await Promise.resolve()
    assert.equal(connection.isClosed, true)
    assert.deepEqual(environment.logger.lines(), ['INFO Closing a connection that sent no frame'])
  })

  it('answers what came before that which is no frame', async () => {
    const { socket, answers, handler, environment } = newDeferred()
    newConnection({ handler, socket, environment })
    socket.deliver(Buffer.concat([framed('now:1'), framed('2'), Buffer.from('ffffffff', 'hex'), framed('now:3')]))
    assert.deepEqual([socket.frames, socket.isDestroyed], [['1'], false])
    await answers.settle('2', text('two'))
    await environment.time.advance(0)
    assert.deepEqual([socket.frames, socket.isDestroyed], [['1', 'two'], true])
  })

  it('closes when a handler throws, and says so', async () => {
    const failing: FrameHandler = {
      frame() {
        throw new Error('a bug')
      },
    }
    const { socket, connection, environment } = newConnection({ handler: failing })
    socket.deliver(Buffer.concat([framed('1'), framed('2')]))
    await Promise.resolve()
    assert.equal(connection.isClosed, true)
    assert.deepEqual(environment.logger.lines(), ['ERROR Closing a connection: its request failed'])
  })

  it('closes when an answer fails, and says so', async () => {
    const failing: FrameHandler = { frame: () => Promise.reject(new Error('a bug')) }
    const { socket, connection, environment } = newConnection({ handler: failing })
    socket.deliver(framed('1'))
    await environment.time.advance(0)
    assert.equal(connection.isClosed, true)
    assert.deepEqual(environment.logger.lines(), ['ERROR Closing a connection: its request failed'])
  })

  it('hands out nothing once it is destroyed', () => {
    const { socket, connection } = newConnection({ handler: echo() })
    connection.destroy()
    connection.destroy()
    assert.equal(socket.isDestroyed, true)
    socket.break()
    connection.destroy()
    assert.equal(connection.isClosed, true)
  })
})

describe('ServerConnection: signs of life', () => {
  it('is alive after a frame, and silent without one', () => {
    const { socket, connection } = newConnection({ handler: echo() })
    assert.equal(connection.look(), 'alive')
    assert.equal(connection.look(), 'silent')
    socket.deliver(framed('1'))
    assert.equal(connection.look(), 'alive')
  })

  it('is silent while a frame only drips in', () => {
    const { socket, connection } = newConnection({ handler: echo() })
    connection.look()
    socket.deliver(framed('x'.repeat(100_000)).subarray(0, 4000))
    assert.equal(connection.look(), 'silent')
    socket.deliver(Buffer.alloc(96))
    assert.equal(connection.look(), 'alive')
    assert.equal(connection.look(), 'silent')
  })

  it('is alive while it waits for an answer', () => {
    const { socket, connection } = newConnection({ handler: { frame: () => new Promise(() => undefined) } })
    socket.deliver(framed('1'))
    connection.look()
    assert.equal(connection.look(), 'alive')
  })

  it('is stalled when it takes nothing of its answers between two looks', () => {
    const { socket, connection } = newConnection({ handler: echo() })
    socket.takesAtOnce = false
    socket.deliver(framed('1'))
    assert.equal(connection.look(), 'alive')
    assert.equal(connection.look(), 'stalled')
    socket.drain(2)
    assert.equal(connection.look(), 'alive')
    assert.equal(connection.look(), 'stalled')
  })
})
