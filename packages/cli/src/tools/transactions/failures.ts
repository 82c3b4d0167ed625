/** How kafka-transactions tells of what the cluster refused. */
import type { TopicPartition } from '@gregor/client'
import { ToolExit } from '../tool-exit.ts'

/** With the line that Apache Kafka ends with, as scripts look for it. */
export function failureOf(what: string, error: unknown): ToolExit {
  const said = error instanceof Error ? error.message : String(error)
  return new ToolExit(`${what}: ${said}. Enable debug logging for additional detail.`)
}

export function partitionText({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
