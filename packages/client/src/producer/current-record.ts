/**
 * The record that is being appended, as its batch and as a partitioner want to see it: one object, used again for each
 * record. Text becomes bytes for a partitioner only when it looks, and then the bytes are what is appended.
 */
import type { AppendedRecord, PartitionableRecord } from './partitioners/partitioner.ts'
import type { Bytes, RecordHeaders, RecordParts } from './record-encoding.ts'

/** What is left out is not there. */
interface RecordInput {
  readonly key?: Bytes | null | undefined
  readonly value: Bytes | null
  readonly headers?: RecordHeaders | undefined
}

const scratch = Buffer.allocUnsafeSlow(1024)

export class CurrentRecord implements RecordParts {
  key: Bytes | null = null
  value: Bytes | null = null
  headers: RecordHeaders | undefined
  /** As a partitioner sees it. */
  readonly partitionable: PartitionableRecord
  readonly #appended: { -readonly [Name in keyof AppendedRecord]: AppendedRecord[Name] }

  constructor() {
    this.partitionable = new BytesOfRecord(this)
    this.#appended = { record: this.partitionable, partition: 0, byteCount: 0, mayLeave: false }
  }

  set({ key, value, headers }: RecordInput): void {
    this.key = key ?? null
    this.value = value
    this.headers = headers?.length === 0 ? undefined : headers
  }

  appended(partition: number, byteCount: number, mayLeave: boolean): AppendedRecord {
    this.#appended.partition = partition
    this.#appended.byteCount = byteCount
    this.#appended.mayLeave = mayLeave
    return this.#appended
  }
}

class BytesOfRecord implements PartitionableRecord {
  readonly #record: CurrentRecord

  constructor(record: CurrentRecord) {
    this.#record = record
  }

  get key(): Uint8Array | null {
    const { key } = this.#record
    return typeof key === 'string' ? (this.#record.key = bytesOfKey(key)) : key
  }

  get value(): Uint8Array | null {
    const { value } = this.#record
    return typeof value === 'string' ? (this.#record.value = Buffer.from(value)) : value
  }
}

/** Good until the next key. */
function bytesOfKey(key: string): Uint8Array {
  return key.length * 3 > scratch.length ? Buffer.from(key) : scratch.subarray(0, scratch.write(key))
}
