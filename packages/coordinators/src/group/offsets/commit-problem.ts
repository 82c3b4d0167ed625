/** Who may commit offsets of a classic group. */
import type { ProtocolError } from '@gregor/protocol'
import type { ClassicGroup } from '../classic/classic-group.ts'
import { memberProblem } from '../classic/member-problem.ts'

export interface Committer {
  readonly memberId: string
  readonly instanceId: string | null
  /** -1: no member, such as an administrator or a consumer that assigns itself. */
  readonly generationId: number
}

/** Of a commit in a transaction less is asked: old producers say nothing of their group. */
export function classicCommitProblem(
  group: ClassicGroup,
  { memberId, instanceId, generationId }: Committer,
  isTransactional: boolean,
): ProtocolError | undefined {
  if (generationId < 0 && group.state === 'Empty') return undefined
  if (generationId >= 0 || memberId !== '' || instanceId !== null) {
    const problem = memberProblem(group, memberId, instanceId)
    if (problem !== undefined) return problem
    if (generationId !== group.generationId) return 'ILLEGAL_GENERATION'
  } else if (!isTransactional) {
    return 'UNKNOWN_MEMBER_ID'
  }
  // It knows of its generation, but has no assignment in it yet: it comes again.
  return !isTransactional && group.state === 'CompletingRebalance' ? 'REBALANCE_IN_PROGRESS' : undefined
}
