/**
 * One of the two servers: asks it about transactions and writes down what it answers, with producer ids named in the
 * order in which they were seen. After each request it waits until no transaction is on its way to an end, so that what
 * comes next does not depend on how fast that goes.
 */

import { setTimeout as sleep } from 'node:timers/promises'

import {
  AddOffsetsToTxn,
  AddPartitionsToTxn,
  CreateTopics,
  DescribeTransactions,
  EndTxn,
  errorName,
  FindCoordinator,
  InitProducerId,
  ListTransactions,
  UpdateFeatures,
  type Api,
  type RequestInput,
  type ResponseOf,
} from '@gregor/protocol'

import { RawClient } from '../../harness/raw-client.ts'

export interface Identity {
  readonly producerId: number
  readonly producerEpoch: number
}

export interface Addition {
  readonly version: number
  readonly topic: string
  readonly partition: number
  /** Asks only, and adds nothing. Since version 4. */
  readonly verifyOnly: boolean
}

const settleMsMax = 20_000

export class Side {
  readonly transcript: string[] = []
  readonly #client: RawClient
  readonly #names = new Map<number, string>()

  constructor(port: number) {
    this.#client = new RawClient(port)
  }

  close(): void {
    this.#client.close()
  }

  /** Begins another dialogue. */
  forget(): void {
    this.transcript.length = 0
    this.#names.clear()
  }

  /** Topics t and u with three partitions, and a coordinator for every transactional id. */
  async prepare(): Promise<void> {
    const topics = ['t', 'u'].map((name) => ({
      name,
      numPartitions: 3,
      replicationFactor: 1,
      assignments: [],
      configs: [],
    }))
    await this.#call(CreateTopics, { topics, timeoutMs: 20_000 })
    for (const keyType of [0, 1]) {
      await this.#until(async () => {
        const { coordinators } = await this.#call(FindCoordinator, { key: '', keyType, coordinatorKeys: ['x'] })
        return coordinators[0]?.errorCode === 0
      })
    }
    await this.#until(async () => {
      const first = { transactionalId: 'first', transactionTimeoutMs: 1000 }
      return (await this.#call(InitProducerId, first, 5)).errorCode === 0
    })
  }

  /** Down or up, until the coordinator goes by it, which shows in the form of its answers. */
  async useTransactionVersion(maxVersionLevel: number): Promise<void> {
    const update = { feature: 'transaction.version', maxVersionLevel, allowDowngrade: false, upgradeType: 2 }
    const { errorCode } = await this.#call(UpdateFeatures, { featureUpdates: [update] })
    if (errorCode !== 0) throw new Error(`transaction.version cannot be ${maxVersionLevel}: ${errorName(errorCode)}`)
  }

  async init(
    transactionalId: string,
    asked: { readonly version: number; readonly timeoutMs: number; readonly expected: Identity | undefined },
  ): Promise<Identity | undefined> {
    const { version, timeoutMs, expected } = asked
    const request = { transactionalId, transactionTimeoutMs: timeoutMs, ...expected }
    const answer = await this.#call(InitProducerId, request, version)
    this.#note(`InitProducerId v${version} ${timeoutMs} ms as ${this.#nameOf(expected)}`, answer.errorCode, answer)
    await this.#settle(transactionalId)
    return identityFrom(answer)
  }

  async add(transactionalId: string, producer: Identity, addition: Addition): Promise<void> {
    const { version, topic, partition, verifyOnly } = addition
    const topics = [{ name: topic, partitions: [partition] }]
    const { producerId, producerEpoch } = producer
    const inOldForm = {
      v3AndBelowTransactionalId: transactionalId,
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: topics,
    }
    const inNewForm = { transactions: [{ transactionalId, producerId, producerEpoch, verifyOnly, topics }] }
    const answer = await this.#call(AddPartitionsToTxn, version < 4 ? inOldForm : inNewForm, version)
    const results = version < 4 ? answer.resultsByTopicV3AndBelow : answer.resultsByTransaction[0]?.topicResults
    const code = results?.[0]?.resultsByPartition[0]?.partitionErrorCode ?? answer.errorCode
    const what = verifyOnly ? 'asks for' : 'adds'
    this.#note(`AddPartitionsToTxn v${version} ${what} ${topic}-${partition} as ${this.#nameOf(producer)}`, code)
    await this.#settle(transactionalId)
  }

  async addOffsets(transactionalId: string, producer: Identity, version: number): Promise<void> {
    const { errorCode } = await this.#call(AddOffsetsToTxn, { transactionalId, ...producer, groupId: 'g' }, version)
    this.#note(`AddOffsetsToTxn v${version} as ${this.#nameOf(producer)}`, errorCode)
    await this.#settle(transactionalId)
  }

  async end(
    transactionalId: string,
    producer: Identity,
    { version, committed }: { readonly version: number; readonly committed: boolean },
  ): Promise<Identity | undefined> {
    const answer = await this.#call(EndTxn, { transactionalId, ...producer, committed }, version)
    const what = `EndTxn v${version} ${committed ? 'commit' : 'abort'} as ${this.#nameOf(producer)}`
    this.#note(what, answer.errorCode, answer)
    await this.#settle(transactionalId)
    return identityFrom(answer)
  }

  /** Aborts nothing, again and again, each time under the next epoch, until this one is reached. None of it is noted. */
  async useUpEpochs(transactionalId: string, first: Identity, untilEpoch: number): Promise<Identity> {
    let producer = first
    while (producer.producerEpoch < untilEpoch) {
      const answer = await this.#call(EndTxn, { transactionalId, ...producer, committed: false }, 5)
      if (errorName(answer.errorCode) === 'CONCURRENT_TRANSACTIONS') continue
      const next = identityFrom(answer)
      if (next === undefined) throw new Error(`epoch ${producer.producerEpoch}: ${errorName(answer.errorCode)}`)
      producer = next
    }
    await this.#settle(transactionalId)
    return producer
  }

  /** What a filter lets through; the order has no meaning. */
  async list(request: RequestInput<typeof ListTransactions>): Promise<void> {
    const answer = await this.#call(ListTransactions, request)
    const listed = answer.transactionStates.map(({ transactionalId, transactionState }) => {
      return `${transactionalId} ${transactionState}`
    })
    const unknown = answer.unknownStateFilters.toSorted().join()
    this.#note(
      `ListTransactions ${JSON.stringify(request)}: ${listed.toSorted().join(', ')} [${unknown}]`,
      answer.errorCode,
    )
  }

  #note(question: string, code: number, answer?: Identity): void {
    this.transcript.push(`${question} → ${errorName(code)} ${this.#nameOf(answer && identityFrom(answer))}`)
  }

  /** Its state is part of the transcript. */
  async #settle(transactionalId: string): Promise<void> {
    let described: ResponseOf<typeof DescribeTransactions>['transactionStates'][number] | undefined
    await this.#until(async () => {
      const { transactionStates } = await this.#call(DescribeTransactions, { transactionalIds: [transactionalId] })
      described = transactionStates[0]
      return described?.transactionState.startsWith('Prepare') === false
    })
    if (described === undefined || described.errorCode !== 0) {
      this.transcript.push(`  ${errorName(described?.errorCode ?? -1)}`)
      return
    }
    const { transactionState, transactionTimeoutMs, transactionStartTimeMs, topics } = described
    const partitions = topics.flatMap(({ topic, partitions: all }) => all.map((one) => `${topic}-${one}`))
    const begun = transactionStartTimeMs > 0 ? 'begun' : String(transactionStartTimeMs)
    this.transcript.push(
      `  ${transactionState} ${this.#nameOf(described)} ${transactionTimeoutMs} ms ${begun} ${partitions.toSorted().join()}`,
    )
  }

  #nameOf(identity: Identity | undefined): string {
    if (identity === undefined) return 'nobody'
    const { producerId, producerEpoch } = identity
    const name = this.#names.get(producerId) ?? `p${this.#names.size}`
    this.#names.set(producerId, name)
    return `${name}/${producerEpoch}`
  }

  async #until(isSo: () => Promise<boolean>): Promise<void> {
    const endMs = performance.now() + settleMsMax
    while (!(await isSo())) {
      if (performance.now() > endMs) throw new Error(`not settled:\n${this.transcript.slice(-12).join('\n')}`)
      await sleep(3)
    }
  }

  async #call<A extends Api>(api: A, request: RequestInput<A>, version?: number): Promise<ResponseOf<A>> {
    const answer = await this.#client.call(api, request, version)
    if (answer === 'closed') throw new Error(`${api.name}: the connection was closed`)
    return answer
  }
}

function identityFrom({ producerId, producerEpoch }: Identity): Identity | undefined {
  return producerId === -1 ? undefined : { producerId, producerEpoch }
}
