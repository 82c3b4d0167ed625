/** What the programs of the soak tell, a line of JSON each. */

export interface ProducerLine {
  readonly sent: number
  readonly acknowledged: number
  readonly failures: readonly string[]
  readonly rssBytes: number
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
    | { readonly kind: 'memory'; readonly rssBytes: number }
}
