/** What the programs of the soak tell, a line of JSON each. */

export interface Memory {
  readonly rssBytes: number
  /** What the heap holds and what buffers take: least right after a collection. */
  readonly heldBytes: number
}

export interface ProducerLine {
  readonly sent: number
  readonly acknowledged: number
  readonly failures: readonly string[]
  readonly memory: Memory
  readonly isLast: boolean
}

export interface MemberLine {
  readonly atMs: number
  readonly what:
    | {
        readonly kind: 'given'
        readonly partition: number
        readonly from: number
        readonly to: number
        readonly count: number
      }
    | { readonly kind: 'committed'; readonly partition: number; readonly offset: number }
    | { readonly kind: 'failed'; readonly reason: string }
    | { readonly kind: 'memory'; readonly memory: Memory }
}

export function memoryNow(): Memory {
  const { rss, heapUsed, external } = process.memoryUsage()
  return { rssBytes: rss, heldBytes: heapUsed + external }
}
