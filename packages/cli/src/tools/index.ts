/**
 * Kafka’s tools, by the names of their scripts and, for kafka-run-class, of the Java classes that those start. A tool is
 * loaded when it is wanted: none costs another, or `gregor start`, any time. The only list.
 */
import type { Tool } from './tool.ts'

export interface ToolEntry {
  /** `kafka-topics`: what `bin/kafka-topics.sh` runs. */
  readonly name: string
  /** The class of today, then those of older versions. */
  readonly classNames: readonly string[]
  readonly load: () => Promise<Tool>
}

export const tools: readonly ToolEntry[] = [
  {
    name: 'kafka-dump-log',
    classNames: ['org.apache.kafka.tools.DumpLogSegments', 'kafka.tools.DumpLogSegments'],
    load: async () => (await import('./kafka-dump-log.ts')).kafkaDumpLog,
  },
]
