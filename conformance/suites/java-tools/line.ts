/** One line that is typed, and the lines that belong together. */

import type { GroupProtocol } from '../groups/member.ts'
import type { ToolName } from './tools.ts'

export interface Line {
  readonly tool: ToolName
  readonly given: readonly string[]
  readonly input?: string
  /** Holds for the output of both. */
  readonly expected?: RegExp
  /** The lines come in no order. */
  readonly isUnordered?: boolean
  /** Lines that are left out. */
  readonly without?: RegExp
  /** The error is the same and its text our own. */
  readonly isOwnText?: boolean
}

export interface Dialogue {
  /** A sentence that is true when it passes. */
  readonly name: string
  readonly isGroups?: boolean
  /** The only member of group `live` reads test-topic meanwhile, by this protocol. */
  readonly liveMember?: GroupProtocol
  readonly lines: readonly Line[]
}

/** Arguments are parted by blanks. */
export function line(tool: ToolName, text: string, more: Omit<Line, 'tool' | 'given'> = {}): Line {
  return { tool, given: text.split(' '), ...more }
}
