/** A case of this suite: what is asked of a node through Admin, and what has to come of it on any Kafka. */
import { asError } from '@gregor/base'
import type { Admin, Kafka } from '@gregor/client'

export interface AdminCase {
  /** A sentence that is true when it passes. */
  readonly name: string
  readonly run: (stage: Stage) => Promise<string | void>
  /** Kafka 3.9 cannot do it. */
  readonly isNew?: boolean
}

export interface Stage {
  readonly admin: Admin
  readonly kafka: Kafka
  /** Where the node was told to keep its data. */
  readonly logDirs: readonly string[]
}

/** The code of what failed; of nothing, `NONE`. */
export function codeOf(error: unknown): string {
  if (error === undefined) return 'NONE'
  return error instanceof Error && 'code' in error ? String(error.code) : String(asError(error))
}

/** Brokers learn of changes a moment after the controller has made them. */
export async function eventually<T>(read: () => Promise<T>, isSo: (value: T) => boolean): Promise<T> {
  let value = await read()
  for (let count = 0; !isSo(value) && count < 200; count++) {
    await new Promise((resolve) => {
      setTimeout(resolve, 25)
    })
    value = await read()
  }
  return value
}
