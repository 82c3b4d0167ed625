/** `kafka-producer-perf-test`: how fast a topic can be written to. */
import { randomUuid } from '@gregor/base'
import type { Program } from '../program.ts'
import { ArgparseExit, type Namespace } from './argparse4j.ts'
import { fileContent, propertiesOf } from './client-properties.ts'
import { type Payloads, countingPayloads, payloadsOfFile, randomPayloads, splitPayloads } from './perf/payloads.ts'
import { printMetrics } from './perf/print-metrics.ts'
import { type PerfRun, sendRecords } from './perf/send-records.ts'
import { ToolExit } from './tool-exit.ts'
import { defineTool } from './tool.ts'

const TRANSACTION_DURATION_MS = 3_000
const BUFFER_BYTES = 33_554_432

export const kafkaProducerPerfTest = defineTool({
  name: 'kafka-producer-perf-test',
  summary: 'Writes many records to a topic, and tells how fast that went.',
  examples: ['--bootstrap-server localhost:9092 --topic t --num-records 1000000 --record-size 100 --throughput -1'],
  dialect: 'argparse4j',
  helpsWithoutOptions: true,
  options: {
    bootstrapServer: {
      flags: ['--bootstrap-server'],
      placeholder: 'BOOTSTRAP-SERVER',
      summary: 'Brokers to ask at first. Goes before bootstrap.servers of a file or a property.',
    },
    topic: { flags: ['--topic'], isRequired: true, placeholder: 'TOPIC', summary: 'The topic to write to.' },
    numRecords: {
      flags: ['--num-records'],
      isRequired: true,
      type: 'Long',
      placeholder: 'NUM-RECORDS',
      summary: 'How many records to write.',
    },
    payloadDelimiter: {
      flags: ['--payload-delimiter'],
      absent: '\\n',
      placeholder: 'PAYLOAD-DELIMITER',
      summary: 'What stands between the payloads of --payload-file.',
    },
    throughput: {
      flags: ['--throughput'],
      isRequired: true,
      type: 'Double',
      placeholder: 'THROUGHPUT',
      summary: 'About so many records a second; -1: as many as possible.',
    },
    producerConfig: {
      flags: ['--producer-props'],
      count: '+',
      placeholder: 'PROP-NAME=PROP-VALUE',
      summary: 'Deprecated: --command-property.',
    },
    commandProperties: {
      flags: ['--command-property'],
      count: '+',
      placeholder: 'PROP-NAME=PROP-VALUE',
      summary: 'Configs of the producer: linger.ms=10 batch.size=32768. They go before those of a file.',
    },
    producerConfigFile: {
      flags: ['--producer.config'],
      placeholder: 'CONFIG-FILE',
      summary: 'Deprecated: --command-config.',
    },
    commandConfigFile: {
      flags: ['--command-config'],
      placeholder: 'CONFIG-FILE',
      summary: 'A file with configs of the producer.',
    },
    printMetrics: { flags: ['--print-metrics'], action: 'storeTrue', summary: 'Print what the producer counted, too.' },
    transactionalId: {
      flags: ['--transactional-id'],
      placeholder: 'TRANSACTIONAL-ID',
      summary: 'Write in transactions, as this producer.',
    },
    transactionDurationMs: {
      flags: ['--transaction-duration-ms'],
      type: 'Long',
      placeholder: 'TRANSACTION-DURATION',
      summary: 'Write in transactions, each of so many milliseconds. Default with a transactional id: 3000.',
    },
    warmupRecords: {
      flags: ['--warmup-records'],
      type: 'Long',
      absent: 0,
      placeholder: 'WARMUP-RECORDS',
      summary: 'So many first records are left out of a summary of their own for the rest.',
    },
    reportingInterval: {
      flags: ['--reporting-interval'],
      type: 'Long',
      absent: 5_000,
      placeholder: 'INTERVAL-MS',
      summary: 'How often to tell how it goes, in milliseconds.',
    },
    recordSize: {
      flags: ['--record-size'],
      type: 'Integer',
      placeholder: 'RECORD-SIZE',
      summary: 'Records of so many bytes, letters at random.',
    },
    payloadFile: {
      flags: ['--payload-file'],
      placeholder: 'PAYLOAD-FILE',
      summary: 'Records from this file, one at random each time.',
    },
    payloadMonotonic: {
      flags: ['--payload-monotonic'],
      action: 'storeTrue',
      summary: 'Records that hold their number.',
    },
  },
  groups: [{ options: ['recordSize', 'payloadFile', 'payloadMonotonic'], isRequired: true }],
  async run(given, program) {
    check(given)
    const payloads = payloadsOf(given, program)
    const properties = producerProperties(given, program)
    const run = runOf(given, payloads, properties)
    await using kafka = await program.connect({ properties })
    const producer = kafka.producer({ properties })
    try {
      if (run.transactionDurationMs !== undefined) await producer.initTransactions()
      const stats = await sendRecords(run, producer, program)
      await producer.flush()
      if (!given.flag('printMetrics')) await producer.close()
      stats.all.printTotal(program.environment.clock.wallMs())
      stats.steadyState?.printTotal(program.environment.clock.wallMs())
      if (given.flag('printMetrics')) {
        const clientId = properties.get('client.id') ?? ''
        printMetrics({ group: 'producer-metrics', clientId }, producer.metrics(), program.out)
      }
    } finally {
      await producer.close()
    }
  },
})

/** @throws ArgparseExit with the usage. */
function check(given: Namespace): void {
  const number = (key: string): number | undefined => given.number(key)
  const count = number('numRecords') ?? 0
  const hasProperties = given.has('commandProperties')
  const hasProps = given.has('producerConfig')
  const problems: readonly (readonly [boolean, string])[] = [
    [count <= 0, '--num-records should be greater than zero.'],
    [
      (number('warmupRecords') ?? 0) >= count,
      'The value for --warmup-records must be strictly fewer than the number of records in the test, --num-records.',
    ],
    [(number('recordSize') ?? 1) <= 0, '--record-size should be greater than zero.'],
    [
      !given.has('bootstrapServer') &&
        !hasProperties &&
        !hasProps &&
        !given.has('producerConfigFile') &&
        !given.has('commandConfigFile'),
      'At least one of --bootstrap-server, --command-property, --producer-props, --producer.config or --command-config must be specified.',
    ],
    [hasProperties && hasProps, '--command-property and --producer-props cannot be specified together.'],
    [
      given.has('commandConfigFile') && given.has('producerConfigFile'),
      '--command-config and --producer.config cannot be specified together.',
    ],
    [(number('transactionDurationMs') ?? 1) <= 0, '--transaction-duration-ms should be greater than zero.'],
    [(number('reportingInterval') ?? 1) <= 0, '--reporting-interval should be greater than zero.'],
  ]
  const found = problems.find(([isWrong]) => isWrong)
  if (found !== undefined) throw new ArgparseExit('error', { message: found[1] })
}

function payloadsOf(given: Namespace, program: Program): Payloads {
  const { random } = program.environment
  const file = given.text('payloadFile')
  if (file === undefined) {
    const size = given.number('recordSize')
    return size === undefined ? countingPayloads : randomPayloads(size, random)
  }
  program.out.line(`Reading payloads from: ${file.startsWith('/') ? file : `${program.workingDirectory}/${file}`}`)
  const payloads = splitPayloads(payloadText(file, program), delimiterOf(given))
  program.out.line(`Number of records read: ${payloads.length}`)
  if (payloads.length === 0) {
    throw new ToolExit('No payload file, record size or payload-monotonic option provided.')
  }
  return payloadsOfFile(payloads, random)
}

function delimiterOf(given: Namespace): string {
  const delimiter = given.text('payloadDelimiter') ?? ''
  return delimiter === '\\n' ? '\n' : delimiter
}

function payloadText(file: string, program: Program): string {
  let text = ''
  try {
    text = fileContent(file, program).toString('utf8')
  } catch (error) {
    if (!(error instanceof ToolExit)) throw error
  }
  if (text === '') throw new ToolExit('File does not exist or empty file provided.')
  return text
}

function producerProperties(given: Namespace, program: Program): ReadonlyMap<string, string> {
  const { out } = program
  const gone = 'has been deprecated and will be removed in a future version.'
  if (given.has('producerConfig')) out.line(`Option --producer-props ${gone} Use --command-property instead.`)
  if (given.has('producerConfigFile')) out.line(`Option --producer.config ${gone} Use --command-config instead.`)
  const single = given.texts(given.has('producerConfig') ? 'producerConfig' : 'commandProperties')
  const properties = new Map([
    ...propertiesOf(given.text(given.has('producerConfigFile') ? 'producerConfigFile' : 'commandConfigFile'), program),
    ...single.map(splitProperty),
  ])
  if (!properties.has('client.id')) properties.set('client.id', 'perf-producer-client')
  const bootstrap = given.text('bootstrapServer')
  if (bootstrap !== undefined) properties.set('bootstrap.servers', bootstrap)
  const isTransactional =
    given.has('transactionDurationMs') || given.has('transactionalId') || properties.has('transactional.id')
  if (isTransactional) {
    const id = given.text('transactionalId') ?? properties.get('transactional.id')
    properties.set('transactional.id', id ?? `performance-producer-${randomUuid(program.environment.random)}`)
  }
  return properties
}

function splitProperty(text: string): readonly [name: string, value: string] {
  const [name, value, ...more] = text.replace(/=+$/, '').split('=')
  if (name === undefined || value === undefined || more.length > 0) throw new ToolExit(`Invalid property: ${text}`)
  return [name, value]
}

function runOf(given: Namespace, payloads: Payloads, properties: ReadonlyMap<string, string>): PerfRun {
  return {
    topic: given.text('topic') ?? '',
    recordCount: given.number('numRecords') ?? 0,
    warmupCount: Math.max(given.number('warmupRecords') ?? 0, 0),
    payloads,
    throughput: given.number('throughput') ?? -1,
    reportingIntervalMs: given.number('reportingInterval') ?? 5_000,
    transactionDurationMs: properties.has('transactional.id')
      ? (given.number('transactionDurationMs') ?? TRANSACTION_DURATION_MS)
      : undefined,
    bufferBytes: Number(properties.get('buffer.memory') ?? BUFFER_BYTES),
  }
}
