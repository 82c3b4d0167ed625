/**
 * A hand between drivers and node, for planting bugs that the checker has to find: it sees each request before it is
 * sent and each answer before the driver does, and may change them, answer by itself, or break the connection.
 */
import type { Api } from '@gregor/protocol'

export interface TamperedCall {
  readonly api: Api['name']
  readonly client: string
  /** Decoded; as the schema of the API says. */
  readonly request: Record<string, unknown>
}

export interface Tamper {
  /** What is sent instead. */
  request?(call: TamperedCall): Record<string, unknown>
  /** What is answered without asking the node. `undefined`: the node is asked. */
  instead?(call: TamperedCall): Record<string, unknown> | undefined
  /** What the driver is told instead. Throws where the answer gets lost. */
  answer?(call: TamperedCall, response: Record<string, unknown>): Record<string, unknown>
}
