import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type SimulatedEnvironment, SimulatedWorld } from '@gregor/testkit/simulation'
import type { Answer, SettledAnswer } from './answer.ts'
import { ClientConnection } from './client-connection.ts'
import { ConnectionLimits } from './connection-limits.ts'
import { ConnectionResources } from './connection-resources.ts'
import { ClosedError, ConnectionError, TimeoutError } from './errors.ts'
import { FrameServer } from './frame-server.ts'
import { ScriptedSocket } from './scripted-socket.ts'

const timeoutMs = 30_000

describe('ClientConnection', () => {
  it('gets to each request its answer', async () => {
    const { world, connection } = await newPair((text) => `answer to ${text}`)
    const answers = [connection.request(says('a'), { timeoutMs }), connection.request(says('b'), { timeoutMs })]
    assert.equal(connection.inFlightCount, 2)
    assert.deepEqual((await world.time.run(Promise.all(answers))).map(String), ['answer to a', 'answer to b'])
    assert.equal(connection.inFlightCount, 0)
  })

  it('numbers its requests from 0', async () => {
    const { connection } = await newPair(() => '')
    const ids: number[] = []
    for (let count = 0; count < 3; count++) {
      connection.sendOnly((correlationId) => {
        ids.push(correlationId)
        return says('x')(correlationId)
      })
    }
    assert.deepEqual(ids, [0, 1, 2])
  })

  it('hands over an answer to keep, small or large', async () => {
    const { world, connection } = await newPair((text) => text.repeat(text === 'large' ? 100_000 : 1))
    const large = await world.time.run(connection.request(says('large'), { timeoutMs }))
    const small = await world.time.run(connection.request(says('small'), { timeoutMs }))
    await world.time.run(connection.request(says('other'), { timeoutMs }))
    assert.equal(large.toString(), 'large'.repeat(100_000))
    assert.equal(small.toString(), 'small')
  })

  it('expects no answer to what wants none', async () => {
    const { world, connection, received } = await newPair((text) => (text === 'silent' ? null : text))
    connection.sendOnly(says('silent'))
    const answer = await world.time.run(connection.request(says('loud'), { timeoutMs }))
    assert.equal(answer.toString(), 'loud')
    assert.deepEqual(received, ['silent', 'loud'])
  })

  it('ends all requests in flight when one is not answered in time', async () => {
    const { world, connection } = await newPair((text) => (text === 'never' ? new Promise(() => undefined) : text))
    const first = connection.request(says('never'), { timeoutMs: 1000 })
    const second = connection.request(says('behind'), { timeoutMs })
    const [one, two] = await world.time.run(Promise.allSettled([first, second]))
    assert.ok(one.status === 'rejected' && one.reason instanceof TimeoutError)
    assert.match(one.reason.message, /no answer from 10\.0\.0\.1 within 1000 ms/)
    assert.ok(two.status === 'rejected' && two.reason instanceof ConnectionError)
    assert.equal(connection.isOpen, false)
    assert.ok(world.time.nowMs < 1100)
  })

  it('lives on when a request is aborted, and ignores its answer', async () => {
    const { world, connection } = await newPair((text) => text)
    const controller = new AbortController()
    const aborted = connection.request(says('aborted'), { timeoutMs, signal: controller.signal })
    controller.abort(new Error('not wanted'))
    await assert.rejects(world.time.run(aborted), /not wanted/)
    const answer = await world.time.run(connection.request(says('wanted'), { timeoutMs }))
    assert.equal(answer.toString(), 'wanted')
  })

  it('sends nothing that is aborted before', async () => {
    const { connection, received, world } = await newPair((text) => text)
    const signal = AbortSignal.abort('why not')
    await assert.rejects(connection.request(says('x'), { timeoutMs, signal }), ClosedError)
    await world.time.advance(100)
    assert.deepEqual(received, [])
  })

  it('leaves a signal alone after the answer', async () => {
    const { world, connection } = await newPair((text) => text)
    const controller = new AbortController()
    const answer = await world.time.run(connection.request(says('x'), { timeoutMs, signal: controller.signal }))
    controller.abort()
    assert.equal(answer.toString(), 'x')
    assert.equal(connection.isOpen, true)
  })

  it('fails what is in flight when the connection breaks, and all that comes after', async () => {
    const reasons: (Error | undefined)[] = []
    const { world, connection } = await newPair(() => new Promise(() => undefined), {
      onClosed: (why) => reasons.push(why),
    })
    const request = connection.request(says('x'), { timeoutMs })
    await world.time.advance(10)
    world.network.cut('server')
    await assert.rejects(world.time.run(request), ConnectionError)
    await assert.rejects(connection.request(says('y'), { timeoutMs }), ConnectionError)
    assert.throws(() => connection.sendOnly(says('z')), ConnectionError)
    await world.time.advance(10)
    assert.equal(reasons.length, 1)
    assert.ok(reasons[0] instanceof ConnectionError)
  })

  it('fails what is in flight when the peer closes', async () => {
    const { world, connection } = await newPair(() => 'close')
    await assert.rejects(
      world.time.run(connection.request(says('x'), { timeoutMs })),
      /10\.0\.0\.1 closed the connection/,
    )
  })

  it('fails what is in flight when it is closed here, once', async () => {
    const reasons: (Error | undefined)[] = []
    const { world, connection } = await newPair(() => new Promise(() => undefined), {
      onClosed: (why) => reasons.push(why),
    })
    const request = connection.request(says('x'), { timeoutMs })
    const closing = Promise.all([connection.close(), connection.close()])
    await assert.rejects(request, ClosedError)
    await world.time.run(closing)
    assert.deepEqual(reasons, [undefined])
  })

  it('breaks off where an answer belongs to no request', async () => {
    const wrongId: SettledAnswer = [Buffer.from([0, 0, 0, 99])]
    const { world, connection } = await newPair(() => wrongId)
    await assert.rejects(world.time.run(connection.request(says('x'), { timeoutMs })), (error: Error) => {
      assert.ok(error instanceof ConnectionError && error.cause instanceof Error)
      assert.equal(error.cause.message, 'an answer with correlation id 99, expected was 0')
      return true
    })
  })

  it('breaks off where an answer comes that nobody asked for', async () => {
    const { world, connection } = await newPair((text) => text)
    connection.sendOnly(says('answered all the same'))
    await world.time.advance(100)
    assert.equal(connection.isOpen, false)
  })

  it('breaks off where an answer is too large', async () => {
    const { world, connection } = await newPair(() => 'x'.repeat(5000), { frameBytesMax: 1000 })
    await assert.rejects(
      world.time.run(connection.request(says('x'), { timeoutMs })),
      /sent what is no answer: a frame of 5004 bytes; allowed are 0 to 1000$/,
    )
  })

  it('takes larger answers once it is told so', async () => {
    const { world, connection } = await newPair(() => 'x'.repeat(5000), { frameBytesMax: 1000 })
    connection.frameBytesMax = 10_000
    const answer = await world.time.run(connection.request(says('x'), { timeoutMs }))
    assert.equal(answer.length, 5000)
  })

  it('sends the requests of one turn with one write', async () => {
    const { world, environment, resources } = newWorld()
    const socket = new ScriptedSocket()
    const network = { connect: () => Promise.resolve(socket) }
    const connection = await ClientConnection.open({
      environment: { clock: environment.clock, network },
      host: 'server',
      port: 9092,
      resources,
      connectTimeoutMs: 1000,
    })
    for (const text of ['a', 'b', 'c']) connection.sendOnly(says(text))
    assert.equal(connection.waitingBytes, 27)
    await world.time.advance(0)
    assert.deepEqual(socket.frames, ['\0\0\0\0a', '\0\0\0\x01b', '\0\0\0\x02c'])
    assert.equal(socket.writes.length, 1)
  })

  it('hands on how it is to be encrypted', async () => {
    const { environment, resources } = newWorld()
    const tls = { checksHost: true }
    const asked: unknown[] = []
    const network = {
      connect: (address: object) => {
        asked.push(address)
        return Promise.resolve(new ScriptedSocket())
      },
    }
    const options = { host: 'server', port: 9093, resources, connectTimeoutMs: 1000, tls }
    await ClientConnection.open({ environment: { clock: environment.clock, network }, ...options })
    assert.deepEqual(asked, [{ host: 'server', port: 9093, timeoutMs: 1000, tls }])
  })

  it('fails to open where nobody listens', async () => {
    const { world, environment, resources } = newWorld()
    const opening = ClientConnection.open({ environment, host: 'server', port: 1, resources, connectTimeoutMs: 1000 })
    await assert.rejects(world.time.run(opening), { name: 'NetworkError', code: 'ECONNREFUSED' })
  })
})

interface Pair {
  readonly world: SimulatedWorld
  readonly connection: ClientConnection
  /** What the server was asked. */
  readonly received: string[]
}

type Reply = string | Exclude<Answer, 'close'>

/** A server that answers text with text: a string comes behind the correlation id, anything else is the whole answer. */
async function newPair(
  reply: (text: string) => Reply,
  options: { onClosed?: (reason: Error | undefined) => void; frameBytesMax?: number } = {},
): Promise<Pair> {
  const { world, environment, resources } = newWorld()
  const received: string[] = []
  const frame = (request: Buffer): Answer => {
    const text = request.toString('utf8', 4)
    received.push(text)
    const answer = reply(text)
    if (typeof answer !== 'string' || answer === 'close') return answer
    return [Buffer.from(request.subarray(0, 4)), Buffer.from(answer)]
  }
  await world.time.run(
    FrameServer.open({
      environment: world.node('server').environment,
      host: '0.0.0.0',
      port: 9092,
      resources: new ConnectionResources(),
      connectionLimits: new ConnectionLimits(),
      limits: {
        frameBytesMax: 1e6,
        framesInFlightMax: 100,
        lateAnswersMax: 100,
        requestBytesMax: 1e6,
        responseBytesMax: 1e6,
      },
      idleMsMax: 600_000,
      handlerFor: () => ({ frame }),
    }),
  )
  const opening = ClientConnection.open({
    environment,
    host: 'server',
    port: 9092,
    resources,
    connectTimeoutMs: 1000,
    ...options,
  })
  const connection = await world.time.run(opening)
  return { world, connection, received }
}

function newWorld(): { world: SimulatedWorld; environment: SimulatedEnvironment; resources: ConnectionResources } {
  const world = new SimulatedWorld({ seed: 3 })
  world.node('server')
  return { world, environment: world.node('client').environment, resources: new ConnectionResources() }
}

/** A request of a correlation id and a text. */
function says(text: string): (correlationId: number) => readonly Uint8Array[] {
  return (correlationId) => {
    const head = Buffer.alloc(4)
    head.writeInt32BE(correlationId)
    return [head, Buffer.from(text)]
  }
}
