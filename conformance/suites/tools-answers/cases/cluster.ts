/** What is asked of the cluster as a whole, of leaders and replicas, and of who may do what. */

import { linesOf, type ToolScript } from '../tool-line.ts'

const cluster = linesOf('kafka-cluster')
const features = linesOf('kafka-features')
const quorum = linesOf('kafka-metadata-quorum')
const metrics = linesOf('kafka-client-metrics')
const transactions = linesOf('kafka-transactions')
const election = linesOf('kafka-leader-election')
const reassign = linesOf('kafka-reassign-partitions')
const tokens = linesOf('kafka-delegation-tokens')
const acls = linesOf('kafka-acls')
const topics = linesOf('kafka-topics')

const bare = { isBare: true }
const help = { isBare: true, differs: 'own-help' } as const

/** Java lists one that is not finished yet, too. */
const unknownVersion = {
  differs: 'own-words',
  ours: /^Unknown metadata\.version 'nonsense'\. Supported metadata\.version are: 3\.3-IV3, /m,
} as const

export const clusterScripts: readonly ToolScript[] = [
  {
    name: 'kafka-cluster tells of the cluster',
    lines: [
      cluster('cluster-id BOOTSTRAP', { expected: /^Cluster ID: / }),
      cluster('list-endpoints BOOTSTRAP'),
      cluster('list-endpoints BOOTSTRAP --include-fenced-brokers'),
      cluster('unregister BOOTSTRAP --id 77'),
      cluster('unregister BOOTSTRAP'),
      cluster('unregister BOOTSTRAP --id x'),
      cluster('cluster-id', bare),
      cluster('', bare),
      cluster('nothing', bare),
      cluster('cluster-id BOOTSTRAP --bootstrap-controller a:1'),
      cluster('cluster-id BOOTSTRAP more'),
      cluster('cluster-id BOOTSTRAP --nothing'),
      cluster('--help', help),
      cluster('unregister --help', help),
    ],
  },
  {
    name: 'kafka-features describes, and refuses what there is not',
    lines: [
      features('BOOTSTRAP describe', { expected: /Feature: metadata\.version / }),
      features('BOOTSTRAP upgrade --feature metadata.version=99'),
      features('BOOTSTRAP upgrade --feature no.such.feature=1'),
      features('BOOTSTRAP upgrade --feature transaction.version'),
      features('BOOTSTRAP upgrade --metadata nonsense', unknownVersion),
      features('BOOTSTRAP upgrade --metadata 4.3-IV0 --dry-run'),
      features('BOOTSTRAP upgrade'),
      features('BOOTSTRAP downgrade --feature group.version=0 --dry-run'),
      features('BOOTSTRAP disable --feature no.such.feature'),
      features('version-mapping --release-version 4.0-IV3', bare),
      features('version-mapping --release-version nonsense', { ...bare, ...unknownVersion }),
      features('feature-dependencies --feature transaction.version=2', bare),
      features('describe', bare),
      features('', bare),
      features('BOOTSTRAP nothing'),
      features('--help', help),
    ],
  },
  {
    name: 'kafka-metadata-quorum describes the quorum',
    lines: [
      quorum('BOOTSTRAP describe --status', {
        expected: /^LeaderId: +1$/m,
        without: /HighWatermark|LastOffset|MaxFollower|LogEnd/,
      }),
      quorum('BOOTSTRAP describe'),
      quorum('BOOTSTRAP describe --status --replication'),
      quorum('BOOTSTRAP nothing'),
      quorum('describe --status', bare),
      quorum('', bare),
      quorum('--help', help),
    ],
  },
  {
    name: 'kafka-client-metrics alters, lists, describes and deletes subscriptions',
    lines: [
      metrics('--alter --name metrics-SIDE --metrics org.apache.kafka.producer. --interval 15000'),
      metrics('--describe --name metrics-SIDE', { expected: /interval\.ms=15000/ }),
      metrics('--list', { isUnordered: true, without: /-[jq]$/ }),
      metrics('--delete --name metrics-SIDE'),
      metrics('--describe --name metrics-SIDE'),
      metrics('--alter --metrics a'),
      metrics('--alter --name metrics-SIDE --match nonsense'),
      metrics('--alter --name metrics-SIDE --interval soon'),
      metrics('--delete'),
      metrics('--list --describe'),
      metrics('--list', bare),
      metrics('', help),
      metrics('--help', help),
    ],
  },
  {
    name: 'kafka-transactions lists and describes',
    lines: [
      transactions('BOOTSTRAP list'),
      transactions('BOOTSTRAP describe --transactional-id no-such-id', {
        differs: 'own-words',
        ours: /^Failed to describe transaction state of transactional-id `no-such-id`: /m,
      }),
      transactions('BOOTSTRAP describe'),
      transactions('BOOTSTRAP describe-producers --topic three --partition 0'),
      transactions('BOOTSTRAP find-hanging --broker-id 1'),
      transactions('BOOTSTRAP find-hanging'),
      transactions('BOOTSTRAP abort --topic three --partition 0'),
      transactions('list', bare),
      transactions('BOOTSTRAP', {}),
      transactions('--help', help),
    ],
  },
  {
    name: 'kafka-leader-election and kafka-reassign-partitions',
    lines: [
      topics('--create --topic moved-SIDE --partitions 2', { isPreparation: true }),
      election('--election-type preferred --topic moved-SIDE --partition 0'),
      election('--election-type unclean --topic moved-SIDE --partition 1'),
      election('--election-type preferred --topic no-such-topic --partition 0'),
      election('--election-type preferred --all-topic-partitions'),
      election('--election-type odd --all-topic-partitions'),
      election('--election-type preferred --topic moved-SIDE'),
      election('--election-type preferred'),
      election('--all-topic-partitions'),
      election('--election-type preferred --path-to-json-file FOLDER/elect-SIDE.json', {
        files: { 'elect-SIDE.json': '{"partitions":[{"topic":"moved-SIDE","partition":0}]}' },
      }),
      election('--help', help),
      reassign('--list'),
      reassign('--generate --topics-to-move-json-file FOLDER/move-SIDE.json --broker-list 1', {
        files: { 'move-SIDE.json': '{"topics":[{"topic":"moved-SIDE"}],"version":1}' },
      }),
      reassign('--verify --reassignment-json-file FOLDER/plan-SIDE.json', {
        files: {
          'plan-SIDE.json':
            '{"version":1,"partitions":[{"topic":"moved-SIDE","partition":0,"replicas":[1],"log_dirs":["any"]}]}',
        },
      }),
      reassign('--execute --reassignment-json-file FOLDER/plan-SIDE.json'),
      reassign('--execute --reassignment-json-file FOLDER/far-SIDE.json', {
        files: { 'far-SIDE.json': '{"version":1,"partitions":[{"topic":"moved-SIDE","partition":0,"replicas":[7]}]}' },
      }),
      reassign('--cancel --reassignment-json-file FOLDER/plan-SIDE.json'),
      reassign('--generate'),
      reassign('--list --verify'),
      reassign('', {}),
      reassign('--help', help),
    ],
  },
  {
    name: 'kafka-acls and kafka-delegation-tokens, where nothing is secured',
    lines: [
      acls('--list'),
      acls('--add --allow-principal User:a --operation Read --topic t'),
      acls('--add --allow-principal User:a --operation Read'),
      acls('--add --topic t'),
      acls('--add --allow-principal User:a --operation Nonsense --topic t', {
        differs: 'own-words',
        ours: /^ResourceType TOPIC only supports operations \[/m,
      }),
      acls('--list --add'),
      acls('', {}),
      acls('--help', help),
      tokens('--describe --command-config FOLDER/empty.properties', { files: { 'empty.properties': '' } }),
      tokens('--create --max-life-time-period -1 --command-config FOLDER/empty.properties'),
      tokens('--create', {}),
      tokens('--help', help),
    ],
  },
]
