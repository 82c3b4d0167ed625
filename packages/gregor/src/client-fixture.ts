/** For tests: just enough of a client to create a topic, write to it and read it again, over a real socket. */
import { ByteReader, ByteWriter } from '@gregor/base'
import { nodeEnvironment } from '@gregor/platform'
import {
  advertisedVersions,
  BatchBuilder,
  CreateTopics,
  decodeResponse,
  encodeRequest,
  encodeRequestHeader,
  errorName,
  Fetch,
  Metadata,
  Produce,
  RecordCursor,
  recordCountAt,
  responseHeaderVersion,
  type Api,
  type RequestInput,
  type ResponseOf,
} from '@gregor/protocol'
import { ClientConnection, ConnectionResources } from '@gregor/transport'

const timeoutMs = 10_000
const batchHeaderBytes = 61

export class ClientFixture implements AsyncDisposable {
  readonly #connection: ClientConnection

  private constructor(connection: ClientConnection) {
    this.#connection = connection
  }

  static async connect({ host, port }: { host: string; port: number }): Promise<ClientFixture> {
    return new ClientFixture(
      await ClientConnection.open({
        environment: nodeEnvironment({ logLevel: 'off' }),
        host,
        port,
        resources: new ConnectionResources(),
        connectTimeoutMs: timeoutMs,
      }),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.close()
  }

  async call<A extends Api>(api: A, request: RequestInput<A>): Promise<ResponseOf<A>> {
    const apiVersion = advertisedVersions(api)?.max ?? api.versions.max
    const answer = await this.#connection.request(
      (correlationId) => {
        const writer = new ByteWriter()
        encodeRequestHeader(api, { apiVersion, correlationId, clientId: 'test' }, writer)
        encodeRequest(api, apiVersion, request as never, writer)
        return writer.finish()
      },
      { timeoutMs },
    )
    const reader = new ByteReader(answer)
    if (responseHeaderVersion(api, apiVersion) === 1) reader.skip(1)
    return decodeResponse(api, apiVersion, reader) as ResponseOf<A>
  }

  /** Resolves to the topic’s id. */
  async createTopic(name: string): Promise<string> {
    const topic = { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
    const { topics } = await this.call(CreateTopics, { topics: [topic], timeoutMs })
    return topics[0]?.topicId ?? ''
  }

  async produce(topicId: string, values: readonly string[]): Promise<string> {
    const builder = new BatchBuilder()
    for (const value of values) builder.append(null, Buffer.from(value), [], 1_767_225_600_000)
    const topicData = [{ topicId, partitionData: [{ index: 0, records: builder.build() }] }]
    const { responses } = await this.call(Produce, { transactionalId: null, acks: -1, timeoutMs, topicData })
    return errorName(responses[0]?.partitionResponses[0]?.errorCode ?? -1)
  }

  /** The values of the first batch of partition 0. */
  async consume(topicId: string): Promise<readonly string[]> {
    const partition = { partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000 }
    const topics = [{ topicId, partitions: [partition] }]
    const { responses } = await this.call(Fetch, { maxWaitMs: 0, minBytes: 0, topics, forgottenTopicsData: [] })
    const records = responses[0]?.partitions[0]?.records
    if (records === null || records === undefined || records.length === 0) return []
    const cursor = new RecordCursor()
    cursor.reset(records.subarray(batchHeaderBytes), recordCountAt(records, 0), 0, 0)
    const values: string[] = []
    while (cursor.next()) {
      const start = batchHeaderBytes + cursor.valueStart
      values.push(records.toString('utf8', start, start + cursor.valueLength))
    }
    return values
  }

  async topicNames(): Promise<readonly string[]> {
    const { topics } = await this.call(Metadata, { topics: null })
    return topics.map(({ name }) => name ?? '').toSorted()
  }
}
