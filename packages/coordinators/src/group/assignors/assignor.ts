/**
 * What an assignor is given, and gives. It says who shall have what in the end; how members get there is not its
 * business. Members come in the order of the group, topics are there.
 */
import type { Assignment } from '../consumer/partition-epochs.ts'

export interface AssignorMember {
  readonly memberId: string
  readonly instanceId: string | null
  /** What it subscribes to, by name or by expression. */
  readonly topicIds: ReadonlySet<string>
  /** What it shall have according to the last assignment. */
  readonly assignment: Assignment
}

export interface AssignorInput {
  readonly members: readonly AssignorMember[]
  /** All members subscribe to the same topics. */
  readonly isHomogeneous: boolean
  readonly partitionCount: (topicId: string) => number
}

/** By member id; who is not there gets nothing. */
export type Assignor = (input: AssignorInput) => ReadonlyMap<string, Assignment>
