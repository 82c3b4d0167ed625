/**
 * The history checker: a pure function from what clients saw to what they should not have seen. The invariants have
 * the numbers of SPEC.md.
 */
import { copyViolations } from './copy-checks.ts'
import type { History } from './history.ts'
import { logViolations } from './log-checks.ts'
import { membershipViolations } from './membership-checks.ts'
import { offsetViolations } from './offset-checks.ts'
import { readViolations } from './read-checks.ts'
import { transactionViolations } from './transaction-checks.ts'
import type { CheckOptions, Violation } from './violation.ts'

export function checkHistory(history: History, options: CheckOptions): readonly Violation[] {
  return [
    ...logViolations(history, options),
    ...readViolations(history, options),
    ...transactionViolations(history, options),
    ...offsetViolations(history, options),
    ...membershipViolations(history, options),
    ...copyViolations(history, options),
  ]
}
