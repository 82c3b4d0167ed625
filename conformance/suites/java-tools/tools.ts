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

const toolMsMax = 120_000

/** The answer of a tool that ends its process: the exit code is that of the process. */
const endsTheProcess = -1

interface Peer {
  readonly child: ChildProcess
  readonly stderr: () => string
  readonly answers: AsyncIterator<string>
  readonly exit: Promise<{ readonly status: number | null }>
}

export class Tools {
  readonly #given: readonly string[]
  #peer: Peer

  private constructor(given: readonly string[]) {
    this.#given = given
    this.#peer = startPeer(given)
  }

  /** @param logging - a file of log4j’s; without it what tools log is not in what they say. */
  static async start({ logging }: { readonly logging?: string } = {}): Promise<Tools> {
    const given = await javaProgram([join(import.meta.dirname, 'java', 'ToolPeer.java')])
    // The last one counts, and the class comes last.
    if (logging !== undefined) given.splice(-1, 0, `-Dlog4j2.configurationFile=${logging}`)
    return new Tools(given)
  }

  async run(tool: ToolName, given: readonly string[], input = ''): Promise<ToolResult> {
    const { child, answers, stderr, exit } = this.#peer
    child.stdin?.write(`${JSON.stringify({ name: toolClasses[tool], arguments: given, input })}\n`)
    const timer = setTimeout(() => child.kill('SIGKILL'), toolMsMax)
    try {
      const { value, done } = await answers.next()
      if (done === true) {
        this.#peer = startPeer(this.#given)
        throw new Error(`${tool} ended the tools: ${stderr().slice(-2_000)}`)
      }
      const result = JSON.parse(value) as ToolResult
      if (result.status !== endsTheProcess) return result
      const { status } = await exit
      this.#peer = startPeer(this.#given)
      return { ...result, status: status ?? endsTheProcess }
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
    const { child, exit } = this.#peer
    child.stdin?.end()
    child.kill('SIGTERM')
    await exit
  }
}

function startPeer(given: readonly string[]): Peer {
  const child = background('java', given)
  if (child.stdout === null) throw new Error('the tools have no standard output')
  // What that means is told by the answer that does not come.
  child.stdin?.on('error', () => child.stdin?.destroy())
  const answers = createInterface({ input: child.stdout, crlfDelay: Infinity })[Symbol.asyncIterator]()
  return { child, answers, stderr: collect(child, 'stderr'), exit: ended(child) }
}
