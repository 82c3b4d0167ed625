/**
 * What becomes of a record: where it landed, or why it did not, and who is told. A receipt lies with its batch; records
 * that were offered have none.
 */

/** Where a record landed. */
export interface SentRecord {
  readonly topic: string
  readonly partition: number
  /** -1 where nobody knows: with `acks` 0, or when the broker only knows that it has the record already. */
  readonly offset: number
  /** Milliseconds since the epoch: the record’s own, or the broker’s where the topic stamps records when it appends them. */
  readonly timestamp: number
}

/** One record that somebody waits for. Told once. */
export interface Receipt {
  /** Its number in its batch; another one after a batch was split. */
  recordIndex: number
  /** Its own. */
  timestamp: number
  delivered(sent: SentRecord): void
  failed(error: Error): void
}

/** Records that were offered, and are not in the topic as far as is known. */
export interface DeliveryFailure {
  readonly topic: string
  readonly partition: number
  readonly recordCount: number
  readonly error: Error
}

/** Of `send`: the promise of one record. */
export class SendReceipt implements Receipt {
  recordIndex = 0
  timestamp = 0
  readonly promise: Promise<SentRecord>
  /** Of the promise: settling it is all that happens. */
  readonly delivered: (sent: SentRecord) => void
  readonly failed: (error: Error) => void

  constructor() {
    this.promise = new Promise(keepSettlers)
    this.delivered = lastResolve
    this.failed = lastReject
  }
}

let lastResolve: (sent: SentRecord) => void = () => undefined
let lastReject: (error: Error) => void = () => undefined

/** One function for all promises: a closure for each record would cost as much as the promise. */
function keepSettlers(resolve: (sent: SentRecord) => void, reject: (error: Error) => void): void {
  lastResolve = resolve
  lastReject = reject
}

/** Of `sendAll`: one promise of many records. It fails with the first failure, once the fate of each is known. */
export class SendAllReceipts {
  readonly promise: Promise<readonly SentRecord[]>
  readonly #settle: Pick<PromiseWithResolvers<readonly SentRecord[]>, 'resolve' | 'reject'>
  readonly #sent: SentRecord[] = []
  #givenCount = 0
  #settledCount = 0
  #isComplete = false
  #error: Error | undefined

  constructor() {
    const { promise, resolve, reject } = Promise.withResolvers<readonly SentRecord[]>()
    this.promise = promise
    this.#settle = { resolve, reject }
  }

  /** Of the next record of the call. */
  next(): Receipt {
    return new PlacedReceipt(this, this.#givenCount++)
  }

  /** There are no more. */
  complete(): void {
    this.#isComplete = true
    this.#end()
  }

  delivered(place: number, sent: SentRecord): void {
    this.#sent[place] = sent
    this.#settledCount++
    this.#end()
  }

  failed(error: Error): void {
    this.#error ??= error
    this.#settledCount++
    this.#end()
  }

  #end(): void {
    if (this.#settledCount < this.#givenCount || !this.#isComplete) return
    if (this.#error === undefined) this.#settle.resolve(this.#sent)
    else this.#settle.reject(this.#error)
  }
}

class PlacedReceipt implements Receipt {
  recordIndex = 0
  timestamp = 0
  readonly #all: SendAllReceipts
  readonly #place: number

  constructor(all: SendAllReceipts, place: number) {
    this.#all = all
    this.#place = place
  }

  delivered(sent: SentRecord): void {
    this.#all.delivered(this.#place, sent)
  }

  failed(error: Error): void {
    this.#all.failed(error)
  }
}
