/** kafka-get-offsets, kafka-delete-records, kafka-log-dirs, kafka-broker-api-versions, kafka-groups. */

import { helpLine, linesOf, type ToolScript } from '../tool-line.ts'

const offsets = linesOf('kafka-get-offsets')
const deleteRecords = linesOf('kafka-delete-records')
const logDirs = linesOf('kafka-log-dirs')
const versions = linesOf('kafka-broker-api-versions')
const topics = linesOf('kafka-topics')

export const offsetScripts: readonly ToolScript[] = [
  {
    name: 'kafka-get-offsets tells offsets, by place and by time',
    lines: [
      offsets('--topic test-topic', { expected: /^test-topic:0:7$/m }),
      offsets('--topic test-topic --time -2', { expected: /^test-topic:0:0$/m }),
      ...['earliest', 'latest', 'max-timestamp', 'earliest-local', 'latest-tiered', 'earliest-pending-upload'].map(
        (time) => offsets(`--topic test-topic --time ${time}`),
      ),
      ...['-1', '-3', '-4', '-5', '-6', '-7', '1', '99999999999999', 'soon'].map((time) =>
        offsets(`--topic test-topic --time ${time}`),
      ),
      offsets('--topic-partitions test-topic:0,three:1-3'),
      offsets('--topic-partitions three:-2'),
      offsets('--topic-partitions three:1-'),
      offsets("--topic-partitions 't.*:0'"),
      offsets('--topic-partitions three:a', {
        differs: 'own-words',
        ours: /^Error occurred: Invalid rule specification: three:a$/m,
      }),
      offsets('--topic three --partitions 0,2'),
      offsets('--topic three --partitions 0,x'),
      offsets('--topic three --partitions 9'),
      offsets('--topic test-topic --topic-partitions three'),
      offsets('--topic no-such-topic'),
      offsets('--topic test-topic --exclude-internal-topics'),
    ],
  },
  {
    name: 'kafka-get-offsets refuses what it does not understand',
    lines: [
      offsets('', { isBare: true, differs: 'own-help' }),
      helpLine('kafka-get-offsets'),
      offsets('--version', { isBare: true }),
      offsets('--topic a', { isBare: true }),
      offsets('--bootstrap-server nowhere --topic a', { isBare: true }),
      offsets('--nothing'),
      offsets('--broker-list localhost:9092 --topic', {
        isBare: true,
        differs: 'older-spellings',
        ours: /topic requires an argument/,
      }),
    ],
  },
  {
    name: 'kafka-delete-records deletes before an offset',
    lines: [
      topics('--create --topic gone-SIDE --partitions 2', { isPreparation: true }),
      linesOf('kafka-console-producer')('--topic gone-SIDE', { input: 'a\nb\nc\nd\n', isPreparation: true }),
      deleteRecords('--offset-json-file FOLDER/gone-SIDE.json', {
        files: { 'gone-SIDE.json': '{"partitions":[{"topic":"gone-SIDE","partition":0,"offset":-1}],"version":1}' },
        without: /low_watermark/,
      }),
      deleteRecords('--offset-json-file FOLDER/far.json', {
        files: { 'far.json': '{"partitions":[{"topic":"test-topic","partition":0,"offset":5000}]}' },
      }),
      deleteRecords('--offset-json-file FOLDER/twice.json', {
        files: {
          'twice.json':
            '{"partitions":[{"topic":"a","partition":0,"offset":1},{"topic":"a","partition":0,"offset":2}],"version":1}',
        },
      }),
      deleteRecords('--offset-json-file FOLDER/version.json', {
        files: { 'version.json': '{"partitions":[],"version":2}' },
      }),
      deleteRecords('--offset-json-file FOLDER/empty.json', { files: { 'empty.json': '{"version":1}' } }),
      deleteRecords('--offset-json-file FOLDER/none.json', { files: { 'none.json': 'nothing' } }),
      deleteRecords('--offset-json-file FOLDER/not-there.json', {
        differs: 'own-words',
        ours: /there is no such file/,
      }),
      deleteRecords('', {}),
      deleteRecords('', { isBare: true, differs: 'own-help' }),
      helpLine('kafka-delete-records'),
      deleteRecords('--version', { isBare: true }),
      deleteRecords('--nothing'),
    ],
  },
  {
    name: 'kafka-log-dirs tells directories and sizes',
    lines: [
      logDirs('--describe --topic-list test-topic --broker-list 1'),
      logDirs('--describe --topic-list test-topic'),
      logDirs('--describe --topic-list no-such-topic'),
      logDirs('--describe --topic-list test-topic --broker-list 1,7'),
      logDirs('--describe --broker-list x'),
      logDirs('--topic-list test-topic'),
      logDirs('--describe', { isBare: true }),
      logDirs('', { isBare: true, differs: 'own-help' }),
      helpLine('kafka-log-dirs'),
      logDirs('--version', { isBare: true }),
    ],
  },
  {
    name: 'kafka-broker-api-versions tells what brokers take',
    lines: [
      versions(''),
      versions('--nothing'),
      versions('', { isBare: true, differs: 'own-help' }),
      helpLine('kafka-broker-api-versions'),
      versions('--version', { isBare: true }),
    ],
  },
]
