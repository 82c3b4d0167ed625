import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { echo, newConnection, newDeferred, text } from './connection-fixture.ts'
import { ConnectionResources } from './connection-resources.ts'
import { simulatedEnvironment } from '@gregor/testkit/simulation'
import { PendingAnswer } from './answer.ts'
import { framed } from './scripted-socket.ts'
import type { FrameHandler } from './server-connection.ts'

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

  it('hands out no more to who takes no answers while those of all fill the memory, and goes on with the others', () => {
    const resources = new ConnectionResources({ responseBytesMax: 20 })
    const [first, second, third] = [1, 2, 3].map(() => newConnection({ handler: echo(), resources }))
    assert.ok(first !== undefined && second !== undefined && third !== undefined)
    for (const { socket } of [first, second]) {
      socket.takesAtOnce = false
      socket.deliver(framed('123456'))
    }
    first.socket.deliver(framed('more'))
    assert.deepEqual(first.socket.frames, ['123456'])
    assert.equal(first.socket.isPaused, true)
    third.socket.deliver(Buffer.concat([framed('a'), framed('b')]))
    assert.deepEqual(third.socket.frames, ['a', 'b'])
    assert.equal(third.socket.isPaused, false)
    second.socket.drain()
    assert.deepEqual(first.socket.frames, ['123456', 'more'])
    assert.equal(first.socket.isPaused, false)
  })

  it('hands out nothing while the answers of all connections are twice what they may be', () => {
    const resources = new ConnectionResources({ responseBytesMax: 10 })
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

  it('reads small frames while the requests of all connections fill the memory, and large ones one by one', () => {
    const resources = new ConnectionResources({ receiveBytes: 64 * 1024, requestBytesMax: 100_000 })
    const [first, second, third, small] = [1, 2, 3, 4].map(() => newConnection({ handler: echo(), resources }))
    assert.ok(first !== undefined && second !== undefined && third !== undefined && small !== undefined)
    const large = framed('x'.repeat(200_000))
    for (const { socket } of [first, second, third]) socket.deliver(large.subarray(0, 70_000))
    // The second one fills it: then the first has the turn.
    assert.deepEqual([first.socket.isPaused, second.socket.isPaused, third.socket.isPaused], [false, true, true])
    small.socket.deliver(framed('small'))
    assert.deepEqual(small.socket.frames, ['small'])
    assert.equal(small.socket.isPaused, false)
    first.socket.deliver(large.subarray(70_000))
    assert.equal(first.socket.frames.length, 1)
    assert.deepEqual([second.socket.isPaused, third.socket.isPaused], [false, true])
    second.socket.break()
    assert.equal(third.socket.isPaused, false)
    third.socket.deliver(large.subarray(70_000))
    assert.equal(third.socket.frames.length, 1)
    assert.equal(resources.requests.bytes, 0)
  })

  it('gives up its turn to send a large frame while it is throttled', () => {
    const resources = new ConnectionResources({ receiveBytes: 64 * 1024, requestBytesMax: 100_000 })
    const [first, second] = [1, 2].map(() => newConnection({ handler: echo(), resources }))
    assert.ok(first !== undefined && second !== undefined)
    const large = framed('x'.repeat(200_000))
    for (const { socket } of [first, second]) socket.deliver(large.subarray(0, 70_000))
    assert.deepEqual([first.socket.isPaused, second.socket.isPaused], [false, true])
    first.connection.throttle(60_000)
    // The answer that says so has left.
    first.socket.drain()
    assert.deepEqual([first.socket.isPaused, second.socket.isPaused], [true, false])
    second.socket.deliver(large.subarray(70_000))
    assert.equal(second.socket.frames.length, 1)
  })

  it('hands out the frames behind a promise once it is settled where one may be due, and does not pause for it', async () => {
    const { socket, environment, answers, handler } = newDeferred()
    newConnection({ handler, socket, environment, limits: { lateAnswersMax: 1 } })
    socket.deliver(Buffer.concat([framed('1'), framed('now:2')]))
    socket.deliver(framed('3'))
    assert.deepEqual(answers.names, ['1'])
    assert.equal(socket.isPaused, false)
    await answers.settle('1', text('one'))
    await environment.time.advance(0)
    assert.deepEqual(socket.frames, ['one', '2'])
    assert.deepEqual(answers.names, ['1', 'now:2', '3'])
  })

  it('pauses when much waits behind a promise', async () => {
    const { socket, environment, answers, handler } = newDeferred()
    const resources = new ConnectionResources({ receiveBytes: 64 * 1024 })
    newConnection({ handler, socket, environment, resources, limits: { lateAnswersMax: 1 } })
    socket.deliver(Buffer.concat([framed('1'), framed(`now:${'x'.repeat(16 * 1024)}`)]))
    assert.equal(socket.isPaused, true)
    await answers.settle('1', text('one'))
    await environment.time.advance(0)
    assert.equal(socket.isPaused, false)
    assert.equal(socket.frames.length, 2)
    assert.equal(resources.requests.bytes, 0)
  })

  it('hands out what is behind a pending answer', () => {
    const pending = new PendingAnswer()
    const frames: string[] = []
    const handler: FrameHandler = {
      frame(frame) {
        frames.push(frame.toString())
        return frames.length === 1 ? pending : null
      },
    }
    newConnection({ handler, limits: { lateAnswersMax: 1 } }).socket.deliver(Buffer.concat([framed('1'), framed('2')]))
    assert.deepEqual(frames, ['1', '2'])
  })

  it('answers what waits behind a promise to a peer that has said all, then closes', async () => {
    const { socket, environment, answers, handler } = newDeferred()
    newConnection({ handler, socket, environment, limits: { lateAnswersMax: 1 } })
    socket.deliver(Buffer.concat([framed('1'), framed('now:2')]))
    socket.endByPeer()
    assert.equal(socket.isDestroyed, false)
    await answers.settle('1', text('one'))
    await environment.time.advance(0)
    assert.deepEqual(socket.frames, ['one', '2'])
    assert.equal(socket.isDestroyed, true)
  })

  it('hands out 256 frames of a connection, then those of others, then the next', async () => {
    const environment = simulatedEnvironment(1)
    const resources = new ConnectionResources({ receiveBytes: 64 * 1024 })
    const seen: string[] = []
    const handler: FrameHandler = {
      frame(frame) {
        seen.push(frame.toString())
        return null
      },
    }
    const many = newConnection({ handler, environment, resources })
    const other = newConnection({ handler, environment, resources })
    many.socket.deliver(Buffer.concat(Array.from({ length: 600 }, () => framed('many'))))
    other.socket.deliver(framed('other'))
    assert.deepEqual([seen.length, seen.indexOf('other')], [257, 256])
    await environment.time.advance(0)
    assert.equal(seen.length, 601)
    assert.equal(many.socket.isPaused, false)
    assert.equal(resources.requests.bytes, 0)
  })

  it('does not count frames that were read at once', () => {
    const resources = new ConnectionResources({ receiveBytes: 64 * 1024 })
    const handler: FrameHandler = { frame: () => new Promise(() => undefined), readsAtOnce: () => true }
    const { socket } = newConnection({ handler, resources, limits: { requestBytesMax: 10 } })
    socket.deliver(Buffer.concat([framed('0123456789'), framed('0123456789')]))
    assert.equal(resources.requests.bytes, 0)
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

  it('hands out no frame in the middle of an answer', async () => {
    const { socket, environment, answers, handler } = newDeferred()
    newConnection({ handler, socket, environment, limits: { framesInFlightMax: 1 } })
    socket.deliver(Buffer.concat([framed('1'), framed('2')]))
    await answers.settle('1', text('one'))
    assert.deepEqual(socket.frames, ['one'])
    assert.deepEqual(answers.names, ['1'])
    await environment.time.advance(0)
    assert.deepEqual(answers.names, ['1', '2'])
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
