/**
 * What a producer costs the program it is in: messages that a second of the client's CPU sends, as bunches of 1,000, with
 * acks=all, no compression and six partitions; how many go through in a second of the clock, with the server on the same
 * cores; and memory. Each client as its guide has it, its batching and idempotence at their defaults.
 */

import type { Benchmark } from '../harness/benchmark.ts'
import { type ClientCase, clientPeer, nativeProgram, nodeProgram, ourProgram } from '../harness/client-peers.ts'

const cases: Readonly<Record<string, ClientCase>> = {
  '100 B to Apache Kafka': { server: 'Apache Kafka', messageBytes: 100 },
  '1 KiB to Apache Kafka': { server: 'Apache Kafka', messageBytes: 1024 },
  '100 B to Gregor': { server: 'Gregor', messageBytes: 100 },
  '1 KiB to Gregor': { server: 'Gregor', messageBytes: 1024 },
}

export const benchmark: Benchmark = {
  question: 'What does producing cost a program?',
  measures: [
    { name: 'per CPU-second', unit: 'messages/CPU-s', better: 'more' },
    { name: 'throughput', unit: 'messages/s', better: 'more' },
    { name: 'memory', unit: 'MiB', better: 'less' },
  ],
  cases: Object.keys(cases),
  rounds: 5,
  peers: [
    { name: 'kafkajs', install: nodeProgram('produce-kafkajs.mjs') },
    { name: '@platformatic/kafka', install: nodeProgram('produce-platformatic.mjs') },
    { name: '@confluentinc/kafka-javascript', install: nativeProgram('produce-confluent.mjs') },
    { name: 'ours, sendAll', install: ourProgram('produce-gregor.ts'), given: ['sendAll'] },
    { name: 'ours, a promise each', install: ourProgram('produce-gregor.ts'), given: ['send'] },
    { name: 'ours, offer', install: ourProgram('produce-gregor.ts'), given: ['offer'] },
  ].map((program) => clientPeer(program, cases)),
}
