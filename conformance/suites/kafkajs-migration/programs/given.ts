/** What the snippets of the guide take for granted. */
import type { Kafka } from '@gregor/client'

export interface Given {
  readonly kafka: Kafka
  readonly handle: (key: Buffer | null, value: Buffer | null) => Promise<void>
  readonly secret: string
  /** Aborts soon: the snippets that read go on until then. */
  readonly signal: AbortSignal
}
