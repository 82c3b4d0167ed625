/** kafka-log-dirs: the log directories of brokers with the sizes of their partitions, as JSON. */
import type { LogDirDescription } from '@gregor/client'
import { commandConfig, withAdmin } from './admin-options.ts'
import { javaErrorText } from './java-errors.ts'
import { flag, text } from './joptsimple.ts'
import { defineTool } from './tool.ts'
import { ToolExit } from './tool-exit.ts'

const options = {
  // Here --broker-list has always been something else.
  'bootstrap-server': text({
    summary: 'Brokers to ask at first, as host:port with commas between them.',
    placeholder: 'host:port,…',
  }),
  'command-config': commandConfig,
  describe: flag('Tell of the log directories.'),
  'topic-list': text({
    summary: 'Only these topics, with commas between them. Default: all.',
    placeholder: 'topics',
    absent: '',
  }),
  'broker-list': text({
    summary: 'Only these brokers, by id, with commas between them. Default: all.',
    placeholder: 'brokers',
    absent: '',
  }),
}

export const kafkaLogDirs = defineTool({
  name: 'kafka-log-dirs',
  dialect: 'joptsimple',
  summary: 'Tells how much the log directories of brokers hold.',
  options,
  examples: ['--bootstrap-server localhost:9092 --describe --topic-list orders'],
  async run(given, program) {
    given.require('bootstrap-server', 'describe')
    const connection = {
      bootstrapServer: given.value('bootstrap-server'),
      commandConfig: given.value('command-config'),
      clientId: 'log-dirs-tool',
    }
    const { out } = program
    const topics = new Set(
      given
        .value('topic-list')
        .split(',')
        .filter((topic) => topic !== ''),
    )
    await withAdmin(connection, program, async (admin) => {
      const { nodes } = await admin.describeCluster()
      const live = nodes.map(({ nodeId }) => nodeId)
      const wanted = given
        .value('broker-list')
        .split(',')
        .filter((broker) => broker !== '')
        .map(brokerId)
      const unknown = wanted.filter((broker) => !live.includes(broker))
      if (unknown.length > 0) {
        throw new ToolExit(
          `ERROR: The given brokers do not exist from --broker-list: ${unknown.join(',')}. Current existent brokers: ${live.join(',')}`,
        )
      }
      const asked = wanted.length === 0 ? live : wanted
      out.line('Querying brokers for log directories information')
      const described = (await admin.describeLogDirs(asked)).all()
      out.line(`Received log directory information from brokers ${asked.join(',')}`)
      const brokers = asked.map((broker, index) => ({ broker, logDirs: logDirs(described[index] ?? [], topics) }))
      // As Jackson writes a HashMap with these keys.
      out.line(JSON.stringify({ brokers, version: 1 }))
    })
  },
})

function brokerId(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw new ToolExit(`For input string: "${text}"`)
  return Number(text)
}

function logDirs(described: readonly LogDirDescription[], topics: ReadonlySet<string>): readonly unknown[] {
  return described.map(({ path, error, replicas }) => ({
    partitions: replicas
      .filter(({ topic }) => topics.size === 0 || topics.has(topic))
      .map(({ topic, partition, sizeBytes, offsetLag, isFuture }) => ({
        partition: `${topic}-${partition}`,
        size: sizeBytes,
        offsetLag,
        isFuture,
      })),
    error: error === undefined ? null : javaErrorText(error).split(':', 1)[0],
    logDir: path,
  }))
}
