import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type SimulatedEnvironment, simulatedEnvironment } from '@gregor/testkit/simulation'
import type { Answer, SettledAnswer } from './answer.ts'
import { ConnectionResources, type ConnectionResourcesOptions } from './connection-resources.ts'
import { ScriptedSocket, framed } from './scripted-socket.ts'
import { type FrameHandler, ServerConnection, type ServerConnectionLimits } from './server-connection.ts'

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

describe('ServerConnection: bounds', () => {
  it('hands out no more frames than may be in flight, and pauses', async () => {
    const { socket, environment, answers, handler } = newDeferred()
    const { connection } = newConnection({ handler, socket, environment, limits: { framesInFlightMax: 2 } })
    socket.deliver(Buffer.concat([framed('1'), framed('2'), framed('3'), framed('4')]))
    assert.equal(connection.framesInFlight, 2)
    assert.equal(socket.isPaused, true)
    await answers.settle('1', text('one'))
    await environment.time.advance(0)
    assert.deepEqual(answers.names, ['1', '2', '3'])
    assert.equal(socket.isPaused, true)
    for (const name of ['2', '3', '4']) {
      await answers.settle(name, text(name))
      await environment.time.advance(0)
    }
    assert.equal(socket.isPaused, false)
    assert.deepEqual(socket.frames, ['one', '2', '3', '4'])
  })

  it('hands out no more while the frames in flight are too many bytes', async () => {
    const { socket, environment, answers, handler } = newDeferred()
    newConnection({ handler, socket, environment, limits: { requestBytesMax: 100 } })
    const large = 'x'.repeat(100)
    socket.deliver(Buffer.concat([framed(large), framed('2')]))
    assert.deepEqual(answers.names, [large])
    await answers.settle(large, null)
    await environment.time.advance(0)
    assert.deepEqual(answers.names, [large, '2'])
  })

  it('hands out no more while too many bytes of answers wait, and goes on when they are taken', () => {
    const { socket, connection } = newConnection({ handler: echo(), limits: { responseBytesMax: 10 } })
    socket.takesAtOnce = false
    socket.deliver(Buffer.concat([framed('123456'), framed('2'), framed('3')]))
    assert.deepEqual(socket.frames, ['123456'])
    assert.equal(connection.responseBytes, 10)
    assert.equal(socket.isPaused, true)
    socket.takesAtOnce = true
    socket.drain()
    assert.deepEqual(socket.frames, ['123456', '2', '3'])
    assert.equal(socket.isPaused, false)
  })

  it('counts answers that wait for one before them', async () => {
    const { socket, environment, answers, handler } = newDeferred()
    const { connection } = newConnection({ handler, socket, environment, limits: { responseBytesMax: 10 } })
    socket.deliver(Buffer.concat([framed('1'), framed('2')]))
    await answers.settle('2', text('0123456789'))
    assert.equal(connection.responseBytes, 10)
    socket.deliver(framed('3'))
    assert.deepEqual(answers.names, ['1', '2'])
    await answers.settle('1', null)
    await environment.time.advance(0)
    assert.deepEqual(answers.names, ['1', '2', '3'])
  })

  it('hands out nothing while the answers of all connections fill the memory', () => {
    const resources = new ConnectionResources({ responseBytesMax: 20 })
    const first = newConnection({ handler: echo(), resources })
    const second = newConnection({ handler: echo(), resources })
    first.socket.takesAtOnce = false
    first.socket.deliver(framed('0123456789abcdef'))
    second.socket.deliver(Buffer.concat([framed('a'), framed('b')]))
    assert.deepEqual(second.socket.frames, [])
    assert.equal(second.socket.isPaused, true)
    first.socket.drain()
    assert.deepEqual(second.socket.frames, ['a', 'b'])
    assert.equal(second.socket.isPaused, false)
    assert.equal(resources.responses.bytes, 0)
  })

  it('starts reading no frame while the requests of all connections fill the memory, but reads on what it began', async () => {
    const resources = new ConnectionResources({ requestBytesMax: 100 })
    const { socket, environment, answers, handler } = newDeferred()
    newConnection({ handler, socket, environment, resources })
    const second = newConnection({ handler: echo(), resources })
    second.socket.deliver(framed('half').subarray(0, 6))
    const large = 'x'.repeat(100)
    socket.deliver(framed(large))
    assert.equal(socket.isPaused, true)
    second.socket.deliver(framed('half').subarray(6))
    assert.deepEqual(second.socket.frames, ['half'])
    assert.equal(second.socket.isPaused, true)
    await answers.settle(large, null)
    await environment.time.advance(0)
    assert.equal(socket.isPaused, false)
    assert.equal(second.socket.isPaused, false)
  })

  it('takes its bytes out of the budgets when it is closed', () => {
    const resources = new ConnectionResources()
    const { socket } = newConnection({ handler: echo(), resources })
    socket.takesAtOnce = false
    socket.deliver(Buffer.concat([framed('answered'), framed('half').subarray(0, 6)]))
    assert.equal(resources.responses.bytes, 12)
    assert.equal(resources.requests.bytes, 6)
    socket.break()
    assert.equal(resources.responses.bytes, 0)
    assert.equal(resources.requests.bytes, 0)
    assert.equal(resources.slabs.lentBytes, 0)
  })

  it('hands out nothing while it is held, by anybody', () => {
    const { socket, connection } = newConnection({ handler: echo() })
    const release = connection.hold()
    const releaseOther = connection.hold()
    assert.equal(socket.isPaused, true)
    socket.deliver(framed('1'))
    release()
    release()
    assert.deepEqual(socket.frames, [])
    releaseOther()
    assert.deepEqual(socket.frames, ['1'])
    assert.equal(socket.isPaused, false)
  })

  it('can be held by the handler of a frame, before the next one', () => {
    const seen: string[] = []
    let release = (): void => undefined
    const handler: FrameHandler = {
      frame(frame, connection) {
        seen.push(frame.toString())
        if (seen.length === 1) release = connection.hold()
        return null
      },
    }
    const { socket } = newConnection({ handler })
    socket.deliver(Buffer.concat([framed('1'), framed('2')]))
    assert.deepEqual(seen, ['1'])
    release()
    assert.deepEqual(seen, ['1', '2'])
  })

  it('is mute for as long as it is throttled, and sends its answers meanwhile', async () => {
    const { socket, environment, answers, handler } = newDeferred()
    const { connection } = newConnection({ handler, socket, environment })
    socket.deliver(framed('1'))
    connection.throttle(500)
    await answers.settle('1', text('answered'))
    socket.deliver(framed('2'))
    await environment.time.advance(499)
    assert.deepEqual(socket.frames, ['answered'])
    assert.deepEqual(answers.names, ['1'])
    await environment.time.advance(1)
    assert.deepEqual(answers.names, ['1', '2'])
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

interface ConnectionParts {
  readonly handler: FrameHandler
  readonly socket?: ScriptedSocket
  readonly environment?: SimulatedEnvironment
  readonly resources?: ConnectionResources
  readonly limits?: Partial<ServerConnectionLimits>
}

function newConnection(parts: ConnectionParts): {
  socket: ScriptedSocket
  environment: SimulatedEnvironment
  connection: ServerConnection
} {
  const socket = parts.socket ?? new ScriptedSocket()
  const environment = parts.environment ?? simulatedEnvironment(1)
  const connection = new ServerConnection(socket, {
    clock: environment.clock,
    logger: environment.logger,
    resources: parts.resources ?? newResources(),
    limits: {
      frameBytesMax: 1_000_000,
      framesInFlightMax: 1000,
      requestBytesMax: 1_000_000,
      responseBytesMax: 1_000_000,
      ...parts.limits,
    },
    handler: parts.handler,
  })
  return { socket, environment, connection }
}

function newResources(options: ConnectionResourcesOptions = {}): ConnectionResources {
  return new ConnectionResources({ receiveBytes: 64 * 1024, ...options })
}

function echo(): FrameHandler {
  return { frame: (frame) => [Buffer.from(frame)] }
}

function text(content: string): SettledAnswer {
  return [Buffer.from(content)]
}

interface Deferred {
  readonly socket: ScriptedSocket
  readonly environment: SimulatedEnvironment
  readonly handler: FrameHandler
  readonly answers: {
    readonly frames: Buffer[]
    /** The text of each frame that was handed out. */
    readonly names: string[]
    settle(name: string, answer: SettledAnswer): Promise<void>
  }
}

/** A handler whose answers the test gives, but for frames that begin with `now:`. */
function newDeferred(): Deferred {
  const frames: Buffer[] = []
  const names: string[] = []
  const waiting = new Map<string, (answer: SettledAnswer) => void>()
  const handler: FrameHandler = {
    frame(frame): Answer {
      const name = frame.toString()
      frames.push(frame)
      names.push(name)
      if (name.startsWith('now:')) return text(name.slice(4))
      const { promise, resolve } = Promise.withResolvers<SettledAnswer>()
      waiting.set(name, resolve)
      return promise
    },
  }
  const settle = async (name: string, answer: SettledAnswer): Promise<void> => {
    waiting.get(name)?.(answer)
    await Promise.resolve()
    await Promise.resolve()
  }
  return {
    socket: new ScriptedSocket(),
    environment: simulatedEnvironment(1),
    handler,
    answers: { frames, names, settle },
  }
}
