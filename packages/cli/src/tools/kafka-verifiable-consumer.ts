/** `kafka-verifiable-consumer`: reads as a member of a group, and says in JSON what happens. Kafka’s system tests read that. */
import { asError } from '@gregor/base'
import type { Consumer, RecordBatch, TopicPartition } from '@gregor/client'
import { type JsonNode, jsonText } from '@gregor/protocol'
import type { Program } from '../program.ts'
import { ArgparseExit, type Namespace } from './argparse4j.ts'
import { propertiesOf } from './client-properties.ts'
import { exitCodeOfSignal } from './ending.ts'
import { javaErrorText } from './java-errors.ts'
import { logError } from './java-log.ts'
import { ToolExit } from './tool-exit.ts'
import { defineTool } from './tool.ts'

const RANGE_ASSIGNOR = 'org.apache.kafka.clients.consumer.RangeAssignor'
const POLL_MS = 60_000

export const kafkaVerifiableConsumer = defineTool({
  name: 'kafka-verifiable-consumer',
  usageName: 'verifiable-consumer',
  summary: 'Reads a topic as a member of a group, and says in JSON what it got and what the group did.',
  examples: ['--bootstrap-server localhost:9092 --topic t --group-id g'],
  dialect: 'argparse4j',
  helpsWithoutOptions: true,
  options: {
    topic: { flags: ['--topic'], isRequired: true, placeholder: 'TOPIC', summary: 'The topic to read.' },
    groupProtocol: {
      flags: ['--group-protocol'],
      absent: 'classic',
      placeholder: 'GROUP-PROTOCOL',
      summary: 'classic or consumer.',
    },
    groupRemoteAssignor: {
      flags: ['--group-remote-assignor'],
      placeholder: 'GROUP-REMOTE-ASSIGNOR',
      summary: 'Which assignor of the coordinator: with --group-protocol consumer.',
    },
    groupId: { flags: ['--group-id'], isRequired: true, placeholder: 'GROUP-ID', summary: 'The consumer group.' },
    groupInstanceId: {
      flags: ['--group-instance-id'],
      placeholder: 'GROUP-INSTANCE-ID',
      summary: 'Who it is in the group, over restarts.',
    },
    maxMessages: {
      flags: ['--max-messages'],
      type: 'Integer',
      absent: -1,
      placeholder: 'MAX-MESSAGES',
      summary: 'End after so many records; -1: when it is ended.',
    },
    sessionTimeout: {
      flags: ['--session-timeout'],
      type: 'Integer',
      placeholder: 'TIMEOUT-MS',
      summary: 'session.timeout.ms: with --group-protocol classic.',
    },
    verbose: { flags: ['--verbose'], action: 'storeTrue', summary: 'Tell of each record.' },
    useAutoCommit: { flags: ['--enable-autocommit'], action: 'storeTrue', summary: 'Leave commits to the consumer.' },
    resetPolicy: {
      flags: ['--reset-policy'],
      absent: 'earliest',
      placeholder: 'RESET-POLICY',
      summary: 'auto.offset.reset.',
    },
    assignmentStrategy: {
      flags: ['--assignment-strategy'],
      absent: RANGE_ASSIGNOR,
      placeholder: 'ASSIGNMENT-STRATEGY',
      summary: 'The assignor: with --group-protocol classic.',
    },
    'consumer.config': {
      flags: ['--consumer.config'],
      placeholder: 'CONFIG-FILE',
      summary: 'Deprecated: --command-config.',
    },
    commandConfigFile: {
      flags: ['--command-config'],
      placeholder: 'CONFIG-FILE',
      summary: 'A file with configs of the consumer; the options go before it.',
    },
    bootstrapServer: {
      flags: ['--bootstrap-server'],
      isRequired: true,
      placeholder: 'HOST1:PORT1[,HOST2:PORT2[...]]',
      summary: 'Brokers to ask at first.',
    },
  },
  groups: [{ options: ['bootstrapServer'], isRequired: true }],
  async run(given, program) {
    const properties = consumerProperties(given, program)
    await using kafka = await program.connect({ properties })
    return await new VerifiedRun(given, kafka.consumer({ properties }), program).toEnd()
  },
})

function consumerProperties(given: Namespace, program: Program): ReadonlyMap<string, string> {
  const former = given.text('consumer.config')
  const file = given.text('commandConfigFile')
  if (former !== undefined && file !== undefined) {
    throw new ArgparseExit('error', {
      message: 'Options --consumer.config and --command-config are mutually exclusive.',
    })
  }
  if (former !== undefined) {
    const gone = 'has been deprecated and will be removed in a future version.'
    program.out.line(`Option --consumer.config ${gone} Use --command-config instead.`)
  }
  const protocol = (given.text('groupProtocol') ?? '').toLowerCase()
  if (protocol !== 'classic' && protocol !== 'consumer') {
    throw new ToolExit(`No enum constant org.apache.kafka.clients.consumer.GroupProtocol.${protocol.toUpperCase()}`)
  }
  const properties = new Map([...propertiesOf(former ?? file, program), ['group.protocol', protocol] as const])
  const put = (name: string, value: string | undefined): void => {
    if (value !== undefined) properties.set(name, value)
  }
  if (protocol === 'consumer') put('group.remote.assignor', given.text('groupRemoteAssignor'))
  else put('partition.assignment.strategy', given.text('assignmentStrategy'))
  put('session.timeout.ms', given.text('sessionTimeout'))
  put('group.id', given.text('groupId'))
  put('group.instance.id', given.text('groupInstanceId'))
  put('bootstrap.servers', given.text('bootstrapServer'))
  put('enable.auto.commit', String(given.flag('useAutoCommit')))
  put('auto.offset.reset', given.text('resetPolicy'))
  return properties
}

interface Received {
  readonly topic: string
  readonly partition: number
  readonly count: number
  readonly minOffset: number
  readonly maxOffset: number
}

class VerifiedRun {
  readonly #given: Namespace
  readonly #consumer: Consumer
  readonly #program: Program
  readonly #limit: number
  #consumed = 0

  constructor(given: Namespace, consumer: Consumer, program: Program) {
    this.#given = given
    this.#consumer = consumer
    this.#program = program
    const limit = given.number('maxMessages') ?? -1
    this.#limit = limit < 0 ? Infinity : limit
  }

  /** @returns the exit code */
  async toEnd(): Promise<number> {
    const ending = this.#program.ending()
    const requested = (): void => this.#print('shutdown_requested')
    ending.addEventListener('abort', requested, { once: true })
    this.#print('startup_complete')
    try {
      await this.#consume(AbortSignal.any([ending, this.#program.out.broken]))
    } catch (error) {
      logError(
        this.#program,
        'org.apache.kafka.tools.VerifiableConsumer',
        'Error during processing, terminating consumer process: ',
      )
      this.#program.out.error(javaErrorText(asError(error)))
    } finally {
      await this.#consumer.close()
      ending.removeEventListener('abort', requested)
      this.#print('shutdown_complete')
      // Of itself it ends first, and its last step is told behind that.
      if (!ending.aborted) requested()
    }
    return ending.aborted ? exitCodeOfSignal(ending) : 0
  }

  async #consume(stop: AbortSignal): Promise<void> {
    this.#consumer.subscribe(this.#given.text('topic') ?? '', {
      assigned: (partitions) => this.#print('partitions_assigned', { partitions: partitions.map(named) }),
      revoking: (partitions) => this.#print('partitions_revoked', { partitions: partitions.map(named) }),
      lost: (partitions) => this.#print('partitions_revoked', { partitions: partitions.map(named) }),
    })
    while (this.#consumed < this.#limit) {
      const batches = await this.#poll(stop)
      if (batches === undefined) return
      if (batches.length === 0) continue
      const received = this.#take(batches)
      if (!this.#given.flag('useAutoCommit')) await this.#commit(received)
    }
  }

  /** `undefined`: it is to end. */
  async #poll(stop: AbortSignal): Promise<readonly RecordBatch[] | undefined> {
    try {
      return await this.#consumer.poll({ timeoutMs: POLL_MS, signal: stop })
    } catch (error) {
      if (stop.aborted) return undefined
      throw error
    }
  }

  #take(batches: readonly RecordBatch[]): readonly Received[] {
    const received: Received[] = []
    for (const { topic, partition, records } of batches) {
      const taken = records.slice(0, this.#limit - this.#consumed)
      const [first, last] = [taken[0], taken.at(-1)]
      if (first === undefined || last === undefined) continue
      received.push({ topic, partition, count: taken.length, minOffset: first.offset, maxOffset: last.offset })
      this.#consumed += taken.length
      if (!this.#given.flag('verbose')) continue
      for (const { key, value, offset } of taken) {
        this.#print('record_data', { key: textOf(key), value: textOf(value), topic, partition, offset })
      }
    }
    const count = batches.reduce((sum, { records }) => sum + records.length, 0)
    this.#print('records_consumed', { count, partitions: received.map((each) => ({ ...each })) })
    return received
  }

  async #commit(received: readonly Received[]): Promise<void> {
    const offsets = received.map(({ topic, partition, maxOffset }) => ({ topic, partition, offset: maxOffset + 1 }))
    try {
      await this.#consumer.commit(offsets)
      this.#print('offsets_committed', { offsets, success: true })
    } catch (error) {
      this.#print('offsets_committed', { offsets, error: asError(error).message, success: false })
    }
  }

  #print(name: string, members: Readonly<Record<string, JsonNode>> = {}): void {
    this.#program.out.line(jsonText({ timestamp: this.#program.environment.clock.wallMs(), name, ...members }))
  }
}

function named({ topic, partition }: TopicPartition): JsonNode {
  return { topic, partition }
}

function textOf(bytes: Buffer | null): string | null {
  return bytes === null ? null : bytes.toString('utf8')
}
