/** Values as JSON in UTF-8, checked by a schema of any library that speaks Standard Schema. */
import { SerdeError, type Serde, serde } from './serde.ts'
import { issuesText, type StandardSchema } from './standard-schema.ts'

/**
 * JSON without a check: what is read is taken to be a `T`, so say `unknown` where others write, too.
 * @throws SerdeError where a value has no JSON (`undefined`, a function, a bigint), or bytes are none.
 */
export function json<T = unknown>(): Serde<T>
/**
 * JSON that a schema accepts, when it is written and when it is read. Written is what was given; read is what the schema
 * makes of it, defaults and transformations included. `null` is a tombstone and is not checked.
 * @throws SerdeError with all that the schema finds wrong, or where it is one that answers later (a promise).
 */
export function json<Input, Output>(schema: StandardSchema<Input, Output>): Serde<Input, Output>
export function json<Input, Output>(schema?: StandardSchema<Input, Output>): Serde<Input, Output> {
  // Without a schema nothing says what it is but the type that was asked for.
  const checked = (value: unknown): Output => (schema === undefined ? (value as Output) : accepted(schema, value))
  return serde<Input, Output>({
    write: (value) => {
      checked(value)
      return Buffer.from(jsonText(value))
    },
    read: (bytes) => checked(parsed(bytes)),
  })
}

function accepted<Output>(schema: StandardSchema<unknown, Output>, value: unknown): Output {
  const result = schema['~standard'].validate(value)
  if (result instanceof Promise) {
    // Its failure is not the one that is told.
    result.catch(() => undefined)
    throw new SerdeError('the schema answers later: one that validates at once is needed')
  }
  if (result.issues !== undefined) throw new SerdeError(issuesText(result.issues))
  return result.value
}

function jsonText(value: unknown): string {
  const text = attempt(() => JSON.stringify(value) as string | undefined)
  if (text === undefined) throw new SerdeError(`${typeof value} has no JSON`)
  return text
}

function parsed(bytes: Buffer): unknown {
  return attempt(() => JSON.parse(bytes.toString('utf8')) as unknown)
}

function attempt<T>(action: () => T): T {
  try {
    return action()
  } catch (cause) {
    throw new SerdeError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}
