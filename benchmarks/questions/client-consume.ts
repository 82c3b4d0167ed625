/**
 * What a consumer costs the program it is in: messages that a second of the client's CPU reads, of a topic of six partitions
 * that was filled before, as the only member of a group, looking at each value; how many go through in a second of the
 * clock, with the server on the same cores; and memory. Each client in the fastest way that its guide has.
 */

import type { Benchmark } from '../harness/benchmark.ts'
import { type ClientCase, clientPeer, nativeProgram, nodeProgram, ourProgram } from '../harness/client-peers.ts'

const small = { messageBytes: 100, filledWith: 1_000_000 }
const large = { messageBytes: 1024, filledWith: 300_000 }

const cases: Readonly<Record<string, ClientCase>> = {
  '100 B from Apache Kafka': { server: 'Apache Kafka', ...small },
  '1 KiB from Apache Kafka': { server: 'Apache Kafka', ...large },
  '100 B from Gregor': { server: 'Gregor', ...small },
  '1 KiB from Gregor': { server: 'Gregor', ...large },
}

export const benchmark: Benchmark = {
  question: 'What does consuming cost a program?',
  measures: [
    { name: 'per CPU-second', unit: 'messages/CPU-s', better: 'more' },
    { name: 'throughput', unit: 'messages/s', better: 'more' },
    { name: 'memory', unit: 'MiB', better: 'less' },
  ],
  cases: Object.keys(cases),
  rounds: 5,
  peers: [
    { name: 'kafkajs', install: nodeProgram('consume-kafkajs.mjs') },
    { name: '@platformatic/kafka', install: nodeProgram('consume-platformatic.mjs') },
    { name: '@confluentinc/kafka-javascript', install: nativeProgram('consume-confluent.mjs') },
    { name: 'ours, poll', install: ourProgram('consume-gregor.ts'), given: ['poll'] },
    { name: 'ours, for await', install: ourProgram('consume-gregor.ts'), given: ['iterate'] },
    { name: 'ours, each', install: ourProgram('consume-gregor.ts'), given: ['each'] },
  ].map((program) => clientPeer(program, cases)),
}
