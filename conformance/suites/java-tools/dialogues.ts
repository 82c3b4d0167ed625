/**
 * What is typed, tool by tool, in order: each line runs against our server and against Apache Kafka, and what both say
 * must be the same once what has to differ (addresses, ids, sizes, times) is taken out.
 */

import { groupDialogues } from './group-dialogues.ts'
import { line, type Dialogue, type Line } from './line.ts'

const topics = (text: string, more: Omit<Line, 'tool' | 'given'> = {}): Line => line('kafka-topics', text, more)
const configs = (text: string, more: Omit<Line, 'tool' | 'given'> = {}): Line => line('kafka-configs', text, more)
const groups = (text: string, more: Omit<Line, 'tool' | 'given'> = {}): Line =>
  line('kafka-consumer-groups', text, more)
const offsets = (text: string, more: Omit<Line, 'tool' | 'given'> = {}): Line => line('kafka-get-offsets', text, more)

export const dialogues: readonly Dialogue[] = [
  {
    name: 'W2: kafka-topics.sh creates, lists and describes',
    lines: [
      topics('--create --topic test-topic', { expected: /^Created topic test-topic\.$/m }),
      topics('--create --topic test-topic', { expected: /Topic 'test-topic' already exists/ }),
      topics('--create --topic test-topic --if-not-exists'),
      topics('--create --topic three --partitions 3 --replication-factor 1 --config retention.ms=3600000'),
      topics('--create --topic assigned --replica-assignment 1,1'),
      topics('--create --topic many --partitions 1 --replication-factor 3', { expected: /Unable to replicate/ }),
      topics('--create --topic a/b'),
      topics('--create --topic .'),
      topics('--create --topic none --partitions 0'),
      topics('--create --topic odd --config no.such.config=1'),
      topics('--create --topic odd --config retention.ms=soon'),
      topics('--list', { isUnordered: true, expected: /^test-topic$/m }),
      topics('--describe --topic three', { expected: /PartitionCount: 3\tReplicationFactor: 1/ }),
      topics('--describe --topic test-topic', { expected: /Partition: 0\tLeader: 1\tReplicas: 1\tIsr: 1/ }),
      topics('--describe', { isUnordered: true }),
      topics('--describe --topics-with-overrides', { isUnordered: true }),
      topics('--describe --under-replicated-partitions'),
      topics('--describe --unavailable-partitions'),
      topics('--describe --topic no-such-topic'),
      topics('--describe --partition-size-limit-per-response 2', { isUnordered: true }),
    ],
  },
  {
    name: 'kafka-topics.sh alters and deletes',
    lines: [
      topics('--alter --topic three --partitions 5'),
      topics('--describe --topic three', { expected: /PartitionCount: 5/ }),
      topics('--alter --topic three --partitions 2'),
      topics('--alter --topic three --partitions 5'),
      topics('--alter --topic no-such-topic --partitions 2'),
      topics('--delete --topic assigned'),
      topics('--list', { isUnordered: true }),
      topics('--delete --topic no-such-topic'),
      topics('--delete --topic no-such-topic --if-exists'),
    ],
  },
  {
    name: 'W3: kafka-console-producer.sh writes, and kafka-get-offsets.sh counts it',
    lines: [
      line('kafka-console-producer', '--topic test-topic', { input: 'one\ntwo\nthree\n' }),
      line(
        'kafka-console-producer',
        '--topic test-topic --reader-property parse.key=true --reader-property key.separator=: --compression-codec zstd',
        { input: 'k1:four\nk2:five\n' },
      ),
      line(
        'kafka-console-producer',
        '--topic test-topic --sync --request-required-acks 1 --reader-property parse.headers=true --reader-property null.marker=NULL',
        { input: 'h:1,g:2\tsix\nh:1\tNULL\n' },
      ),
      line('kafka-console-producer', '--topic made-by-sending', { input: 'one\n' }),
      offsets('--topic test-topic', { expected: /^test-topic:0:7$/m }),
      offsets('--topic test-topic --time -2', { expected: /^test-topic:0:0$/m }),
      offsets('--topic test-topic --time earliest'),
      offsets('--topic test-topic --time max-timestamp'),
      offsets('--topic test-topic --time earliest-local'),
      offsets('--topic test-topic --time latest-tiered'),
      offsets('--topic test-topic --time 1'),
      offsets('--topic test-topic --time 99999999999999'),
      offsets('--topic-partitions test-topic:0,three:1-3', { isUnordered: true }),
      offsets('--topic no-such-topic'),
    ],
  },
  {
    name: 'kafka-console-consumer.sh reads a partition from any offset, and prints all there is to a record',
    lines: [
      line(
        'kafka-console-consumer',
        '--topic test-topic --partition 0 --offset earliest --max-messages 7 --formatter-property print.key=true --formatter-property print.offset=true --formatter-property print.headers=true --formatter-property print.partition=true --formatter-property print.epoch=true',
        { expected: /Offset:6/ },
      ),
      line('kafka-console-consumer', '--topic test-topic --partition 0 --offset 5 --max-messages 1', {
        expected: /^six$/m,
      }),
    ],
  },
  {
    name: 'kafka-configs.sh describes, alters and refuses, for topics',
    lines: [
      configs('--entity-type topics --entity-name test-topic --describe'),
      configs(
        '--entity-type topics --entity-name test-topic --alter --add-config retention.ms=7200000,segment.bytes=2097152',
      ),
      configs('--entity-type topics --entity-name test-topic --describe', { expected: /retention\.ms=7200000/ }),
      configs('--topic test-topic --describe --all'),
      configs('--entity-type topics --entity-name test-topic --alter --add-config cleanup.policy=[compact,delete]'),
      configs('--entity-type topics --entity-name test-topic --alter --delete-config cleanup.policy,retention.ms'),
      configs('--entity-type topics --entity-name test-topic --alter --delete-config retention.ms'),
      configs('--entity-type topics --entity-name test-topic --describe'),
      configs('--entity-type topics --entity-name test-topic --alter --add-config no.such.config=1'),
      configs('--entity-type topics --entity-name test-topic --alter --add-config segment.bytes=many'),
      configs('--entity-type topics --entity-name test-topic --alter --add-config compression.type=best'),
      configs('--entity-type topics --entity-name no-such-topic --describe'),
      configs('--entity-type topics --entity-name no-such-topic --alter --add-config retention.ms=1'),
      configs('--entity-type topics --describe', { isUnordered: true }),
    ],
  },
  {
    name: 'kafka-configs.sh describes, alters and refuses, for brokers',
    lines: [
      configs('--entity-type brokers --entity-name 1 --describe'),
      configs('--entity-type brokers --entity-default --describe'),
      configs('--entity-type brokers --entity-name 1 --alter --add-config log.cleaner.threads=2'),
      configs('--entity-type brokers --entity-default --alter --add-config log.retention.ms=86400000'),
      configs('--entity-type brokers --entity-name 1 --describe', { expected: /log\.cleaner\.threads=2/ }),
      configs('--entity-type brokers --entity-default --describe', { expected: /log\.retention\.ms=86400000/ }),
      configs('--entity-type topics --entity-name three --describe --all', { isUnordered: true }),
      configs('--entity-type brokers --entity-name 1 --alter --delete-config log.cleaner.threads'),
      configs('--entity-type brokers --entity-default --alter --delete-config log.retention.ms'),
      configs('--entity-type brokers --entity-name 1 --alter --add-config node.id=2'),
      configs('--entity-type brokers --entity-name 1 --alter --add-config num.partitions=2'),
      configs('--entity-type brokers --entity-name 1 --alter --add-config background.threads=x'),
      configs('--entity-type brokers --entity-name 1 --alter --add-config background.threads=100000', {
        isOwnText: true,
      }),
      configs('--entity-type brokers --entity-name 7 --describe'),
      configs('--entity-type brokers --entity-name 1 --describe --all', {
        isUnordered: true,
        without: /STATIC_BROKER_CONFIG|listeners|gregor\.|controller\.quorum|metadata\.max\.idle/,
      }),
    ],
  },
  {
    name: 'kafka-log-dirs.sh tells directories and sizes',
    lines: [
      line('kafka-log-dirs', '--describe --topic-list test-topic,three --broker-list 1', { isUnordered: true }),
      line('kafka-log-dirs', '--describe --topic-list test-topic --broker-list 1,7'),
    ],
  },
  {
    name: 'kafka-leader-election.sh and kafka-reassign-partitions.sh',
    lines: [
      line('kafka-leader-election', '--election-type preferred --topic three --partition 0'),
      line('kafka-leader-election', '--election-type unclean --topic three --partition 1'),
      line('kafka-leader-election', '--election-type preferred --topic no-such-topic --partition 0'),
      line('kafka-reassign-partitions', '--list'),
    ],
  },
  {
    name: 'kafka-features.sh, kafka-cluster.sh and kafka-metadata-quorum.sh',
    lines: [
      line('kafka-features', 'describe', {
        expected: /metadata\.version\s+.*FinalizedVersionLevel: 4\.3-IV0/,
        // We finalize these when we serve what they are about.
        without: /(transaction|share|streams)\.version/,
      }),
      line('kafka-features', 'upgrade --feature metadata.version=99'),
      line('kafka-features', 'downgrade --feature no.such.feature=1'),
      line('kafka-cluster', 'cluster-id', { expected: /^Cluster ID: / }),
      line('kafka-cluster', 'list-endpoints'),
      line('kafka-metadata-quorum', 'describe --status', { expected: /LeaderId:\s+1/ }),
      line('kafka-metadata-quorum', 'describe --replication', { expected: /Leader\s*$/m }),
    ],
  },
  {
    name: 'kafka-transactions.sh describes the producers of a partition',
    lines: [line('kafka-transactions', 'describe-producers --topic test-topic --partition 0', { isUnordered: true })],
  },
  {
    name: 'W17: kafka-console-consumer.sh reads in a group; kafka-consumer-groups.sh lists, describes, resets, deletes',
    isGroups: true,
    lines: [
      line(
        'kafka-console-consumer',
        '--topic test-topic --group readers --from-beginning --max-messages 7 --timeout-ms 15000',
        { expected: /^six$/m },
      ),
      groups('--list', { expected: /^readers$/m }),
      groups('--describe --group readers', { expected: /readers\s+test-topic\s+0\s+7\s+7\s+0/ }),
      groups('--describe --group readers --state'),
      groups('--describe --group readers --members'),
      groups('--describe --group no-such-group'),
      groups('--reset-offsets --group readers --topic test-topic --to-offset 2 --execute'),
      groups('--describe --group readers', { expected: /readers\s+test-topic\s+0\s+2\s+7\s+5/ }),
      groups('--reset-offsets --group readers --topic test-topic --shift-by 2 --dry-run'),
      groups('--delete-offsets --group readers --topic test-topic'),
      groups('--delete --group readers', { expected: /Deletion of requested consumer groups/ }),
      groups('--list'),
    ],
  },
  ...groupDialogues,
]
