/** kafka-transactions: transactions and their producers, told of, and ended where they hang (KIP-664). */
import type { AbortTransactionSpec, Admin, TopicPartition } from '@gregor/client'
import type { Program } from '../program.ts'
import type { Namespace } from './argparse4j.ts'
import { tabbedTable, withAdminOf } from './argparse-connection.ts'
import { ToolExit } from './tool-exit.ts'
import { defineTool } from './tool.ts'
import { hangingTable, partitionsToSearch } from './transactions/find-hanging.ts'
import { failureOf, partitionText } from './transactions/failures.ts'

const topic = { flags: ['--topic'], summary: 'The topic.' } as const
const partition = { flags: ['--partition'], type: 'Integer', summary: 'The partition.' } as const
const brokerId = { flags: ['--broker-id'], type: 'Integer' } as const

export const kafkaTransactions = defineTool({
  name: 'kafka-transactions',
  usageName: 'kafka-transactions.sh',
  commandPlaceholder: 'COMMAND',
  dialect: 'argparse4j',
  helpEndsWith: 1,
  summary: 'Tells of transactions and of the producers that have them, finds those that hang, and ends them.',
  examples: ['--bootstrap-server localhost:9092 find-hanging --broker-id 1'],
  options: {
    version: {
      flags: ['-v', '--version'],
      action: 'version',
      summary: 'Print the version of Apache Kafka whose tool this is.',
    },
    command_config: {
      flags: ['--command-config'],
      summary: 'A file of properties with configs of the client: security, timeouts.',
      placeholder: 'FILE',
    },
    bootstrap_server: {
      flags: ['--bootstrap-server'],
      isRequired: true,
      summary: 'Brokers to ask at first, as host:port with commas between them.',
      placeholder: 'host:port',
    },
  },
  commands: {
    list: {
      summary: 'List transactions.',
      options: {
        duration_filter: {
          flags: ['--duration-filter'],
          type: 'Long',
          summary: 'Only those that are open for longer than this many milliseconds. Negative: all.',
        },
        transactional_id_pattern: {
          flags: ['--transactional-id-pattern'],
          summary: 'Only ids that this regular expression (RE2) matches.',
        },
      },
    },
    describe: {
      summary: 'Tell the state of a transactional id.',
      options: { transactional_id: { flags: ['--transactional-id'], isRequired: true, summary: 'The id.' } },
    },
    'describe-producers': {
      summary: 'Tell which producers a partition remembers.',
      options: {
        broker_id: { ...brokerId, summary: 'The replica to ask. Default: the leader.' },
        topic: { ...topic, isRequired: true },
        partition: { ...partition, isRequired: true },
      },
    },
    abort: {
      summary: 'End a transaction that hangs in a partition.',
      options: {
        topic: { ...topic, isRequired: true },
        partition: { ...partition, isRequired: true },
        start_offset: {
          flags: ['--start-offset'],
          type: 'Long',
          summary: 'Where it begins: all that brokers from 3.0 on need to know.',
        },
        producer_id: { flags: ['--producer-id'], type: 'Long', summary: 'For older brokers: the producer’s id,' },
        producer_epoch: { flags: ['--producer-epoch'], type: 'Short', summary: 'its epoch' },
        coordinator_epoch: { flags: ['--coordinator-epoch'], type: 'Integer', summary: 'and the coordinator’s epoch.' },
      },
    },
    'find-hanging': {
      summary: 'Find transactions that are open for too long and that no coordinator knows.',
      options: {
        broker_id: { ...brokerId, summary: 'Only partitions of which this broker has a replica.' },
        max_transaction_timeout: {
          flags: ['--max-transaction-timeout'],
          type: 'Integer',
          absent: 15,
          summary: 'After how many minutes one is open for too long. Default: 15.',
        },
        topic: { ...topic, summary: 'Only this topic; needed with --partition.' },
        partition: { ...partition, summary: 'Only this partition.' },
      },
    },
    forceTerminateTransaction: {
      summary: 'End the open transaction of a transactional id.',
      options: { transactionalId: { flags: ['--transactionalId'], isRequired: true, summary: 'The id.' } },
    },
  },
  run: (given, program, command) => {
    const perform = commands[command]
    if (perform === undefined) throw new ToolExit(`Unexpected command ${command}`)
    return withAdminOf(given, program, (admin) => perform(given, admin, program))
  },
})

type Perform = (given: Namespace, admin: Admin, program: Program) => Promise<void>

const commands: Readonly<Record<string, Perform>> = {
  list,
  describe,
  'describe-producers': describeProducers,
  abort,
  'find-hanging': findHanging,
  forceTerminateTransaction,
}

async function list(given: Namespace, admin: Admin, { out }: Program): Promise<void> {
  const durationMs = given.number('duration_filter')
  const transactionalIdPattern = given.text('transactional_id_pattern')
  const { transactions, failures } = await admin.listTransactions({
    ...(durationMs === undefined ? {} : { durationMs }),
    ...(transactionalIdPattern === undefined ? {} : { transactionalIdPattern }),
  })
  const [failed] = failures
  if (failed !== undefined) throw failureOf('Failed to list transactions', failed.error)
  const rows = transactions.map(({ transactionalId, coordinatorId, producerId, state }) => [
    transactionalId,
    String(coordinatorId),
    String(producerId),
    state,
  ])
  for (const line of tabbedTable([['TransactionalId', 'Coordinator', 'ProducerId', 'TransactionState'], ...rows])) {
    out.line(line)
  }
}

async function describe(given: Namespace, admin: Admin, { out, environment }: Program): Promise<void> {
  const transactionalId = given.text('transactional_id') ?? ''
  const [result] = await admin.describeTransactions([transactionalId])
  if (result?.error !== undefined) {
    throw failureOf(`Failed to describe transaction state of transactional-id \`${transactionalId}\``, result.error)
  }
  if (result === undefined) return
  const { value } = result
  const startMs = value.transactionStartTimeMs
  const header = [
    'CoordinatorId',
    'TransactionalId',
    'ProducerId',
    'ProducerEpoch',
    'TransactionState',
    'TransactionTimeoutMs',
    'CurrentTransactionStartTimeMs',
    'TransactionDurationMs',
    'TopicPartitions',
  ]
  const row = [
    String(value.coordinatorId),
    transactionalId,
    String(value.producerId),
    String(value.producerEpoch),
    value.state,
    String(value.transactionTimeoutMs),
    startMs === undefined ? 'None' : String(startMs),
    startMs === undefined ? 'None' : String(environment.clock.wallMs() - startMs),
    value.topicPartitions.map(partitionText).join(','),
  ]
  for (const line of tabbedTable([header, row])) out.line(line)
}

async function describeProducers(given: Namespace, admin: Admin, { out }: Program): Promise<void> {
  const wanted = partitionOf(given)
  const replica = given.number('broker_id')
  const [result] = await admin.describeProducers([wanted], replica === undefined ? {} : { brokerId: replica })
  if (result?.error !== undefined) {
    const where = replica === undefined ? 'leader' : `broker ${replica}`
    throw failureOf(`Failed to describe producers for partition ${partitionText(wanted)} on ${where}`, result.error)
  }
  const header = [
    'ProducerId',
    'ProducerEpoch',
    'LatestCoordinatorEpoch',
    'LastSequence',
    'LastTimestamp',
    'CurrentTransactionStartOffset',
  ]
  const rows = (result?.value ?? []).map((state) => [
    String(state.producerId),
    String(state.producerEpoch),
    String(state.coordinatorEpoch ?? -1),
    String(state.lastSequence),
    String(state.lastTimestamp),
    String(state.currentTransactionStartOffset ?? 'None'),
  ])
  for (const line of tabbedTable([header, ...rows])) out.line(line)
}

async function abort(given: Namespace, admin: Admin): Promise<void> {
  const spec = await abortSpec(given, admin)
  try {
    await admin.abortTransaction(spec)
  } catch (error) {
    const { producerId, producerEpoch, coordinatorEpoch } = spec
    const text = `AbortTransactionSpec(topicPartition=${partitionText(spec)}, producerId=${producerId}, producerEpoch=${producerEpoch}, coordinatorEpoch=${coordinatorEpoch ?? 0})`
    throw failureOf(`Failed to abort transaction ${text}`, error)
  }
}

async function abortSpec(given: Namespace, admin: Admin): Promise<AbortTransactionSpec> {
  const wanted = partitionOf(given)
  const startOffset = given.number('start_offset')
  const producerId = given.number('producer_id')
  if (startOffset !== undefined) return abortSpecAt(startOffset, wanted, admin)
  if (producerId === undefined) {
    throw new ToolExit(
      'The transaction to abort must be identified either with --start-offset (for brokers on 3.0 or above) or with --producer-id, --producer-epoch, and --coordinator-epoch (for older brokers)',
    )
  }
  const producerEpoch = given.number('producer_epoch')
  if (producerEpoch === undefined) throw new ToolExit('Missing required argument --producer-epoch')
  const coordinatorEpoch = given.number('coordinator_epoch')
  if (coordinatorEpoch === undefined) throw new ToolExit('Missing required argument --coordinator-epoch')
  // Before the first marker there is none: 0 is at most what any coordinator has.
  return { ...wanted, producerId, producerEpoch, coordinatorEpoch: Math.max(0, coordinatorEpoch) }
}

async function abortSpecAt(startOffset: number, wanted: TopicPartition, admin: Admin): Promise<AbortTransactionSpec> {
  const [result] = await admin.describeProducers([wanted])
  if (result?.error !== undefined) {
    throw failureOf(`Failed to validate producer state for partition ${partitionText(wanted)}`, result.error)
  }
  const found = result?.value.find((state) => state.currentTransactionStartOffset === startOffset)
  if (found === undefined) {
    throw new ToolExit(
      `Could not find any open transactions starting at offset ${startOffset} on partition ${partitionText(wanted)}`,
    )
  }
  const { producerId, producerEpoch, coordinatorEpoch = 0 } = found
  return { ...wanted, producerId, producerEpoch, coordinatorEpoch }
}

async function findHanging(given: Namespace, admin: Admin, { out, environment }: Program): Promise<void> {
  const replica = given.number('broker_id')
  const topicName = given.text('topic')
  const index = given.number('partition')
  if (topicName === undefined && replica === undefined) {
    throw new ToolExit(
      'The `find-hanging` command requires either --topic or --broker-id to limit the scope of the search',
    )
  }
  if (index !== undefined && topicName === undefined) {
    throw new ToolExit('The --partition argument requires --topic to be provided')
  }
  const timeoutMinutes = given.number('max_transaction_timeout') ?? 0
  const search = { brokerId: replica, topic: topicName, partition: index }
  const partitions = await partitionsToSearch(admin, search)
  const nowMs = environment.clock.wallMs()
  for (const line of await hangingTable(admin, { partitions, brokerId: replica, timeoutMinutes, nowMs })) out.line(line)
}

async function forceTerminateTransaction(given: Namespace, admin: Admin): Promise<void> {
  const transactionalId = given.text('transactionalId') ?? ''
  try {
    await admin.forceTerminateTransaction(transactionalId)
  } catch (error) {
    throw failureOf(`Failed to force terminate transactionalId \`${transactionalId}\``, error)
  }
}

function partitionOf(given: Namespace): TopicPartition {
  return { topic: given.text('topic') ?? '', partition: given.number('partition') ?? 0 }
}
