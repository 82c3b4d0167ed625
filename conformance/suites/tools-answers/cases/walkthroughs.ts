/** Lines as guides of all ages have them (W2, W3, W16, W17): those of today, and what older ones are answered with. */

import { linesOf, type ToolScript } from '../tool-line.ts'

const topics = linesOf('kafka-topics')
const groups = linesOf('kafka-consumer-groups')
const consumer = linesOf('kafka-console-consumer')

export const walkthroughScripts: readonly ToolScript[] = [
  {
    name: 'W2: a topic is created, listed and described, as guides show it',
    lines: [
      topics('--create --topic guide-SIDE BOOTSTRAP', { expected: /^Created topic guide-\w\.$/m }),
      topics('BOOTSTRAP --list --topic guide-SIDE', { expected: /^guide-\w$/m }),
      topics('--describe --topic guide-SIDE BOOTSTRAP --topics-with-overrides', { without: /TopicId/ }),
    ],
  },
  {
    name: 'W16, W17: --zookeeper is answered with the line to write instead',
    lines: [
      topics('--create --zookeeper localhost:2181 --replication-factor 1 --partitions 3 --topic t', {
        isBare: true,
        differs: 'zookeeper',
        ours: /^ {2}kafka-topics\.sh --create --bootstrap-server localhost:9092 --replication-factor 1 --partitions 3 --topic t$/m,
      }),
      topics('--list --zookeeper localhost:2181', {
        isBare: true,
        differs: 'zookeeper',
        ours: /^ {2}kafka-topics\.sh --list --bootstrap-server localhost:9092$/m,
      }),
      topics('--describe --zookeeper=zk1:2181,zk2:2181/kafka --topic t', {
        isBare: true,
        differs: 'zookeeper',
        ours: /^ {2}kafka-topics\.sh --describe --bootstrap-server zk1:9092 --topic t$/m,
      }),
      consumer('--zookeeper host:2181/chroot --topic t', {
        isBare: true,
        differs: 'zookeeper',
        ours: /^ {2}kafka-console-consumer\.sh --bootstrap-server host:9092 --topic t$/m,
      }),
      groups('--zookeeper localhost:2181 --list', {
        isBare: true,
        differs: 'zookeeper',
        ours: /^ {2}kafka-consumer-groups\.sh --bootstrap-server localhost:9092 --list$/m,
      }),
    ],
  },
]
