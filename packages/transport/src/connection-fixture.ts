/** A connection on a scripted socket, and handlers whose answers the test gives: for the tests of `ServerConnection`. */
import { RationedLog } from '@gregor/platform'
import { type SimulatedEnvironment, simulatedEnvironment } from '@gregor/testkit/simulation'
import type { Answer, SettledAnswer } from './answer.ts'
import { ConnectionResources } from './connection-resources.ts'
import { ScriptedSocket } from './scripted-socket.ts'
import { type FrameHandler, ServerConnection, type ServerConnectionLimits } from './server-connection.ts'

interface ConnectionParts {
  readonly handler: FrameHandler
  readonly socket?: ScriptedSocket
  readonly environment?: SimulatedEnvironment
  readonly resources?: ConnectionResources
  readonly limits?: Partial<ServerConnectionLimits>
}

export function newConnection(parts: ConnectionParts): {
  socket: ScriptedSocket
  environment: SimulatedEnvironment
  connection: ServerConnection
} {
  const socket = parts.socket ?? new ScriptedSocket()
  const environment = parts.environment ?? simulatedEnvironment(1)
  const connection = new ServerConnection(socket, {
    clock: environment.clock,
    logger: environment.logger,
    rationedLog: new RationedLog(environment),
    resources: parts.resources ?? new ConnectionResources({ receiveBytes: 64 * 1024 }),
    limits: {
      frameBytesMax: 1_000_000,
      framesInFlightMax: 1000,
      lateAnswersMax: 1000,
      requestBytesMax: 1_000_000,
      responseBytesMax: 1_000_000,
      ...parts.limits,
    },
    handler: parts.handler,
  })
  return { socket, environment, connection }
}

export function echo(): FrameHandler {
  return { frame: (frame) => [Buffer.from(frame)] }
}

export function text(content: string): SettledAnswer {
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
export function newDeferred(): Deferred {
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
