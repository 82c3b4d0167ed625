/** What a consumer counts: plain fields, so that counting costs an addition. */
export class ConsumerCounts {
  /** Handed out. */
  records = 0
  /** Of whole batches, as they came. */
  fetchedBytes = 0
  /** Answered. */
  fetches = 0
  failedFetches = 0
  commits = 0
  failedCommits = 0
  /** Times that the group gave partitions, or took some. */
  rebalances = 0
}
