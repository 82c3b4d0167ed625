/** What a producer counts: plain fields, so that counting costs an addition. */
export class ProducerCounts {
  /** Acknowledged. */
  sentRecords = 0
  failedRecords = 0
  /** Sent once more. */
  retriedRecords = 0
  requests = 0
  /** Attempts count. */
  sentBatches = 0
  /** After compression. Attempts count. */
  sentBytes = 0
  splitBatches = 0
}
