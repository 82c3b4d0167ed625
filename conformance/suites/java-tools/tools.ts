/** Apache's command-line tools by the names of their scripts, run one after another in one JVM. */

import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { ChildProcess } from 'node:child_process'

import { javaProgram } from '../../harness/java-program.ts'
import { background, collect, ended } from '../../harness/process.ts'

export const toolClasses = {
  'kafka-topics': 'org.apache.kafka.tools.TopicCommand',
  'kafka-configs': 'kafka.admin.ConfigCommand',
  'kafka-console-producer': 'org.apache.kafka.tools.ConsoleProducer',
  'kafka-console-consumer': 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  'kafka-consumer-groups': 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  'kafka-groups': 'org.apache.kafka.tools.GroupsCommand',
  'kafka-get-offsets': 'org.apache.kafka.tools.GetOffsetShell',
  'kafka-delete-records': 'org.apache.kafka.tools.DeleteRecordsCommand',
  'kafka-dump-log': 'org.apache.kafka.tools.DumpLogSegments',
  'kafka-log-dirs': 'org.apache.kafka.tools.LogDirsCommand',
  'kafka-leader-election': 'org.apache.kafka.tools.LeaderElectionCommand',
  'kafka-reassign-partitions': 'org.apache.kafka.tools.reassign.ReassignPartitionsCommand',
  'kafka-broker-api-versions': 'org.apache.kafka.tools.BrokerApiVersionsCommand',
  'kafka-features': 'org.apache.kafka.tools.FeatureCommand',
  'kafka-cluster': 'org.apache.kafka.tools.ClusterTool',
  'kafka-metadata-quorum': 'org.apache.kafka.tools.MetadataQuorumCommand',
  'kafka-transactions': 'org.apache.kafka.tools.TransactionsCommand',
  'kafka-acls': 'org.apache.kafka.tools.AclCommand',
  'kafka-client-metrics': 'org.apache.kafka.tools.ClientMetricsCommand',
  'kafka-delegation-tokens': 'org.apache.kafka.tools.DelegationTokenCommand',
  'kafka-producer-perf-test': 'org.apache.kafka.tools.ProducerPerformance',
  'kafka-consumer-perf-test': 'org.apache.kafka.tools.ConsumerPerformance',
  'kafka-e2e-latency': 'org.apache.kafka.tools.EndToEndLatency',
  'kafka-storage': 'kafka.tools.StorageTool',
  'kafka-metadata-shell': 'org.apache.kafka.shell.MetadataShell',
} as const

export type ToolName = keyof typeof toolClasses

export interface ToolResult {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

const toolMsMax = 60_000

export class Tools {
  readonly #child: ChildProcess
  readonly #stderr: () => string
  readonly #answers: AsyncIterator<string>

  private constructor(child: ChildProcess, stdout: NonNullable<ChildProcess['stdout']>) {
    this.#child = child
    this.#stderr = collect(child, 'stderr')
    // What that means is told by the answer that does not come.
    child.stdin?.on('error', () => child.stdin?.destroy())
    this.#answers = createInterface({ input: stdout, crlfDelay: Infinity })[Symbol.asyncIterator]()
  }

  /** @param logging - a file of log4j’s; without it what tools log is not in what they say. */
  static async start({ logging }: { readonly logging?: string } = {}): Promise<Tools> {
    const given = await javaProgram([join(import.meta.dirname, 'java', 'ToolPeer.java')])
    // The last one counts, and the class comes last.
    if (logging !== undefined) given.splice(-1, 0, `-Dlog4j2.configurationFile=${logging}`)
    const child = background('java', given)
    if (child.stdout === null) throw new Error('the tools have no standard output')
    return new Tools(child, child.stdout)
  }

  async run(tool: ToolName, given: readonly string[], input = ''): Promise<ToolResult> {
    this.#child.stdin?.write(`${JSON.stringify({ name: toolClasses[tool], arguments: given, input })}\n`)
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), toolMsMax)
    try {
      const { value, done } = await this.#answers.next()
      if (done === true) throw new Error(`${tool} ended the tools: ${this.#stderr().slice(-2_000)}`)
      return JSON.parse(value) as ToolResult
    } finally {
      clearTimeout(timer)
    }
  }

  /** The same, and throws unless it ends with 0. Returns standard output. */
  async runWell(tool: ToolName, given: readonly string[], input = ''): Promise<string> {
    const { status, stdout, stderr } = await this.run(tool, given, input)
    if (status === 0) return stdout
    throw new Error(`${tool} ${given.join(' ')} exited with ${status}: ${stdout}${stderr}`)
  }

  async close(): Promise<void> {
    const gone = ended(this.#child)
    this.#child.stdin?.end()
    this.#child.kill('SIGTERM')
    await gone
  }
}
