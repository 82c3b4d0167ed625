/** For tests: a node in a simulated world, and programs that are run beside it, each with a client of its own. */
import { Broker } from '@gregor/broker'
import { Kafka } from '@gregor/client'
import { BrokerConfig } from '@gregor/config'
import { simulatedEnvironment, type SimulatedEnvironment } from '@gregor/testkit/simulation'
import { ProgramFixture } from './program-fixture.ts'

export const nodeAddress = '127.0.0.1:9092'

/** What a program said, and its exit code. */
export interface Ran {
  readonly code: number
  readonly lines: readonly string[]
  readonly errors: readonly string[]
}

export class NodeFixture {
  readonly environment: SimulatedEnvironment
  readonly #broker: Broker

  private constructor(environment: SimulatedEnvironment, broker: Broker) {
    this.environment = environment
    this.#broker = broker
  }

  static async start(properties: Readonly<Record<string, string>> = {}): Promise<NodeFixture> {
    const environment = simulatedEnvironment(1)
    const given = { 'log.dirs': '/data', listeners: `PLAINTEXT://${nodeAddress}`, 'offsets.topic.num.partitions': '1' }
    const config = BrokerConfig.load({ properties: new Map(Object.entries({ ...given, ...properties })) })
    const onFatal = (error: unknown): never => {
      throw error
    }
    return new NodeFixture(environment, await environment.time.run(Broker.start({ environment, config, onFatal })))
  }

  /** A tool of Kafka’s, asked about this node. */
  tool(name: string, ...words: readonly string[]): Promise<Ran> {
    return this.run('tool', name, '--bootstrap-server', nodeAddress, ...words)
  }

  /** A command of `gregor`, typed as it is. */
  run(...words: readonly string[]): Promise<Ran> {
    return this.runWith({}, ...words)
  }

  /** @param given - `files` by path; `input` is piped in. */
  async runWith(
    given: { readonly files?: Readonly<Record<string, string>>; readonly input?: string },
    ...words: readonly string[]
  ): Promise<Ran> {
    const program = this.program(given.input)
    for (const [path, text] of Object.entries(given.files ?? {})) program.writeFile(path, text)
    const code = await program.run(...words)
    return { code, lines: program.lines.flatMap((line) => line.split('\n')), errors: program.errors }
  }

  /** In the world of the node, with a client of its own; to be run by whoever asks. @param input - is piped in. */
  program(input?: string | Uint8Array): ProgramFixture {
    const { environment } = this
    return new ProgramFixture({
      environment,
      connect: (options) => Promise.resolve(new Kafka({ environment, unknownProperties: 'warn', ...options })),
      variables: { GREGOR_BOOTSTRAP: nodeAddress },
      ...(input !== undefined && { input }),
    })
  }

  async stop(): Promise<void> {
    await this.environment.time.run(this.#broker.stop())
  }
}
