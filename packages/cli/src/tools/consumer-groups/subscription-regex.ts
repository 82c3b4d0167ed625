/** Whether a regular expression is one that groups of the new protocol may subscribe with: RE2, as brokers read it. */
import { RE2JS } from 're2js'

/** `undefined`: it is one. */
export function regexProblem(regex: string): string | undefined {
  try {
    RE2JS.compile(regex)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
