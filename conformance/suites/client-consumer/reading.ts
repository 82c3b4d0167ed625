/** Our consumer in cases: polled until something holds, and what it has seen. */

import assert from 'node:assert/strict'

import type { Consumer, ConsumerOptions, ConsumerRecord, RebalanceListener, TopicPartition } from '@gregor/client'

import type { Given } from './suite.ts'

const msMax = 30_000
const pollMs = 100

/** Values in the order in which they were read. */
export async function readValues(consumer: Consumer, count: number): Promise<readonly string[]> {
  const records = await read(consumer, count)
  return records.map(({ value }) => String(value))
}

export async function read(consumer: Consumer, count: number): Promise<readonly ConsumerRecord[]> {
  const records: ConsumerRecord[] = []
  await pollUntil(consumer, (polled) => {
    records.push(...polled)
    return records.length >= count
  })
  assert.equal(records.length, count)
  return records
}

export async function pollUntil(
  consumer: Consumer,
  holds: (polled: readonly ConsumerRecord[]) => boolean,
): Promise<void> {
  const beganMs = performance.now()
  for (;;) {
    const batches = await consumer.poll({ timeoutMs: pollMs })
    if (holds(batches.flatMap(({ records }) => records))) return
    if (performance.now() - beganMs > msMax) throw new Error(`after ${msMax} ms it does not hold`)
  }
}

/** A member of ours that is polled all the time, until it is closed. */
export class Member {
  readonly consumer: Consumer
  readonly told: string[] = []
  /** `partition@offset`, in the order read. */
  readonly read: string[] = []
  readonly #stop = new AbortController()
  readonly #polling: Promise<void>

  constructor({ kafka }: Given, topics: string | RegExp | { readonly pattern: string }, options: ConsumerOptions) {
    this.consumer = kafka.consumer({ autoOffsetReset: 'earliest', autoCommitIntervalMs: 200, ...options })
    const tell = (word: string) => (partitions: readonly TopicPartition[]) => {
      this.told.push([word, ...partitions.map(({ partition }) => partition)].join(' '))
    }
    const listener: RebalanceListener = { assigned: tell('assigned'), revoking: tell('revoking'), lost: tell('lost') }
    this.consumer.subscribe(topics, listener)
    this.#polling = this.#poll()
  }

  get owned(): readonly number[] {
    return this.consumer.assignment.map(({ partition }) => partition).toSorted((a, b) => a - b)
  }

  /** Commits and leaves, unless it is static. */
  async close(options: { readonly leave?: boolean } = {}): Promise<void> {
    this.#stop.abort()
    await this.#polling
    await this.consumer.close(options)
  }

  async #poll(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        const batches = await this.consumer.poll({ timeoutMs: pollMs, signal: this.#stop.signal })
        for (const { partition, records } of batches) {
          for (const { offset } of records) this.read.push(`${partition}@${offset}`)
        }
      } catch (error) {
        if (!this.#stop.signal.aborted) throw error
      }
    }
  }
}

export async function produce(given: Given, topic: string, count: number, partitions = 1): Promise<void> {
  await using producer = given.kafka.producer()
  await producer.sendAll(
    topic,
    Array.from({ length: count }, (_, index) => ({
      key: `key ${index % 10}`,
      value: `${index}`,
      partition: index % partitions,
    })),
  )
}

export async function createTopic({ java }: Given, topic: string, partitions = 1): Promise<void> {
  await java.call('create', { topic, partitions, configs: {} })
}
