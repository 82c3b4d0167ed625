/** What the connections of a client count: plain fields, so that counting costs additions. Read under Kafka’s names. */
export class ConnectionCounts {
  open = 0
  made = 0
  closed = 0
  /** Attempts to connect that came to nothing, authentication included. */
  failed = 0
  authenticated = 0
  authenticatedAgain = 0
  notAuthenticated = 0
  requests = 0
  answers = 0
  outgoingBytes = 0
  incomingBytes = 0
  /** Of all answers, from handing the request over. */
  latencyMsSum = 0
  latencyMsMax = 0

  answered(latencyMs: number): void {
    this.answers++
    this.latencyMsSum += latencyMs
    if (latencyMs > this.latencyMsMax) this.latencyMsMax = latencyMs
  }

  /** Totals count from the beginning; averages and maxima are over the whole time too. */
  metrics(): Readonly<Record<string, number>> {
    return {
      'connection-count': this.open,
      'connection-creation-total': this.made,
      'connection-close-total': this.closed,
      'connection-failure-total': this.failed,
      'successful-authentication-total': this.authenticated,
      'successful-reauthentication-total': this.authenticatedAgain,
      'failed-authentication-total': this.notAuthenticated,
      'request-total': this.requests,
      'response-total': this.answers,
      'outgoing-byte-total': this.outgoingBytes,
      'incoming-byte-total': this.incomingBytes,
      'request-latency-avg': this.answers === 0 ? 0 : this.latencyMsSum / this.answers,
      'request-latency-max': this.latencyMsMax,
    }
  }
}
