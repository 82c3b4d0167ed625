/** What a history breaks: the invariant by its number in SPEC.md, and what was seen. */

export interface Violation {
  readonly invariant: string
  readonly message: string
}

/** How the node was set up, and how the run ended. */
export interface CheckOptions {
  /** Nothing is acknowledged before it is synced: a loss of power loses nothing. Else it leaves a prefix. */
  readonly isSynced: boolean
}

/** The reader who reads every partition from its start to its end when all is over, at both isolation levels. */
export const finalReader = 'final'
