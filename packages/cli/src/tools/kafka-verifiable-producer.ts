/** `kafka-verifiable-producer`: writes numbers, and says in JSON what became of each. Kafka’s system tests read that. */
import { asError } from '@gregor/base'
import type { Producer, SentRecord } from '@gregor/client'
import { JavaDouble, type JsonNode, jsonText } from '@gregor/protocol'
import type { Program } from '../program.ts'
import { ArgparseExit, type Namespace } from './argparse4j.ts'
import { propertiesOf } from './client-properties.ts'
import { exitCodeOfSignal } from './ending.ts'
import { javaErrorText } from './java-errors.ts'
import { Throttle } from './perf/throttle.ts'
import { defineTool } from './tool.ts'

/** The event loop gets its turn after so many records, at the latest. */
const RECORDS_AT_ONCE = 500
const UNDER_WAY_MAX = 20_000

export const kafkaVerifiableProducer = defineTool({
  name: 'kafka-verifiable-producer',
  usageName: 'verifiable-producer',
  summary: 'Writes numbers from 0 on to a topic, and says in JSON which were acknowledged.',
  examples: ['--bootstrap-server localhost:9092 --topic t --max-messages 1000'],
  dialect: 'argparse4j',
  helpsWithoutOptions: true,
  options: {
    topic: { flags: ['--topic'], isRequired: true, placeholder: 'TOPIC', summary: 'The topic to write to.' },
    maxMessages: {
      flags: ['--max-messages'],
      type: 'Integer',
      absent: -1,
      placeholder: 'MAX-MESSAGES',
      summary: 'How many records to write; -1: until it is ended.',
    },
    throughput: {
      flags: ['--throughput'],
      type: 'Integer',
      absent: -1,
      placeholder: 'THROUGHPUT',
      summary: 'About so many records a second; -1: as many as possible.',
    },
    acks: {
      flags: ['--acks'],
      type: 'Integer',
      absent: -1,
      choices: ['0', '1', '-1'],
      placeholder: 'ACKS',
      summary: 'acks.',
    },
    'producer.config': {
      flags: ['--producer.config'],
      placeholder: 'CONFIG-FILE',
      summary: 'Deprecated: --command-config.',
    },
    createTime: {
      flags: ['--message-create-time'],
      type: 'Long',
      absent: -1,
      placeholder: 'CREATE-TIME',
      summary: 'The timestamp of the first record; the others follow. -1: the time of sending.',
    },
    valuePrefix: {
      flags: ['--value-prefix'],
      type: 'Integer',
      placeholder: 'VALUE-PREFIX',
      summary: 'Stands before each number, with a dot between.',
    },
    repeatingKeys: {
      flags: ['--repeating-keys'],
      type: 'Integer',
      placeholder: 'REPEATING-KEYS',
      summary: 'Keys from 0 on, over and over, so many.',
    },
    commandConfigFile: {
      flags: ['--command-config'],
      placeholder: 'CONFIG-FILE',
      summary: 'A file with configs of the producer, which go before the options.',
    },
    bootstrapServer: {
      flags: ['--bootstrap-server'],
      placeholder: 'HOST1:PORT1[,HOST2:PORT2[...]]',
      summary: 'Brokers to ask at first.',
    },
  },
  groups: [{ options: ['bootstrapServer'], isRequired: true }],
  async run(given, program) {
    const properties = producerProperties(given, program)
    await using kafka = await program.connect({ properties })
    const producer = kafka.producer({ properties })
    const run = new VerifiedRun(given, producer, program)
    return await run.toEnd()
  },
})

function producerProperties(given: Namespace, program: Program): ReadonlyMap<string, string> {
  const former = given.text('producer.config')
  const file = given.text('commandConfigFile')
  if (former !== undefined && file !== undefined) {
    throw new ArgparseExit('error', {
      message: 'Options --producer.config and --command-config are mutually exclusive.',
    })
  }
  if (former !== undefined) {
    const gone = 'has been deprecated and will be removed in a future version.'
    program.out.line(`Option --producer.config ${gone} Use --command-config instead.`)
  }
  return new Map([
    ['bootstrap.servers', given.text('bootstrapServer') ?? ''],
    ['acks', given.text('acks') ?? '-1'],
    ['retries', '0'],
    ...propertiesOf(former ?? file, program),
  ])
}

class VerifiedRun {
  readonly #given: Namespace
  readonly #producer: Producer
  readonly #program: Program
  #sent = 0
  #acked = 0
  #underWay = 0
  #wake: (() => void) | undefined

  constructor(given: Namespace, producer: Producer, program: Program) {
    this.#given = given
    this.#producer = producer
    this.#program = program
  }

  /** @returns the exit code */
  async toEnd(): Promise<number> {
    const { environment, out } = this.#program
    const { clock } = environment
    const ending = this.#program.ending()
    const throughput = this.#given.number('throughput') ?? -1
    const startMs = clock.wallMs()
    this.#print('startup_complete')
    const throttle = new Throttle(clock, throughput)
    const limit = this.#given.number('maxMessages') ?? -1
    const count = limit < 0 ? Infinity : limit
    for (let index = 0; index < count && !ending.aborted && !out.broken.aborted; index++) {
      this.#send(index, startMs)
      const pause = throttle.wait(index, ending)
      if (pause !== undefined) await pause
      if (this.#underWay >= UNDER_WAY_MAX) await new Promise<void>((resolve) => (this.#wake = resolve))
      else if (index % RECORDS_AT_ONCE === 0) await new Promise<void>((go) => clock.afterTurn(go))
    }
    await this.#producer.flush()
    await this.#producer.close()
    this.#print('shutdown_complete')
    const average = 1_000 * (this.#acked / (clock.wallMs() - startMs))
    this.#print('tool_data', {
      sent: this.#sent,
      acked: this.#acked,
      target_throughput: throughput,
      avg_throughput: new JavaDouble(average),
    })
    return ending.aborted ? exitCodeOfSignal(ending) : 0
  }

  #send(index: number, startMs: number): void {
    const keys = this.#given.number('repeatingKeys')
    const key = keys === undefined ? null : String(keys > 0 ? index % keys : index)
    const prefix = this.#given.number('valuePrefix')
    const value = prefix === undefined ? String(index) : `${prefix}.${index}`
    const topic = this.#given.text('topic') ?? ''
    const createTime = this.#given.number('createTime') ?? -1
    const timestamp =
      createTime === -1 ? {} : { timestamp: createTime + this.#program.environment.clock.wallMs() - startMs }
    this.#sent++
    this.#underWay++
    this.#producer.send(topic, { key, value, ...timestamp }).then(
      (sent) => this.#acknowledged(key, value, sent),
      (error: unknown) => this.#failed({ key, value, topic }, asError(error)),
    )
  }

  #acknowledged(key: string | null, value: string, { topic, partition, offset }: SentRecord): void {
    this.#acked++
    this.#print('producer_send_success', { key, value, offset, topic, partition })
    this.#ended()
  }

  #failed({ key, value, topic }: { key: string | null; value: string; topic: string }, error: Error): void {
    const [className = ''] = javaErrorText(error).split(':')
    this.#print('producer_send_error', { key, value, topic, exception: `class ${className}`, message: error.message })
    this.#ended()
  }

  #ended(): void {
    this.#underWay--
    if (this.#underWay >= UNDER_WAY_MAX / 2) return
    this.#wake?.()
    this.#wake = undefined
  }

  #print(name: string, members: Readonly<Record<string, JsonNode>> = {}): void {
    this.#program.out.line(jsonText({ timestamp: this.#program.environment.clock.wallMs(), name, ...members }))
  }
}
