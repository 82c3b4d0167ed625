/** `kafka-dump-log`: what is in the files of a partition or of the metadata log, line by line. */
import { type DumpOptions, dumpFiles } from './dump-log/dump-files.ts'
import {
  type RecordParser,
  clusterMetadataParser,
  decoderNamed,
  offsetsParser,
  plainParser,
  shareStateParser,
  transactionLogParser,
} from './dump-log/record-parsers.ts'
import { remoteLogMetadataParser } from './dump-log/remote-log-parser.ts'
import { type GivenOptions, flag, integer, optionalText, text } from './joptsimple.ts'
import { defineTool } from './tool.ts'

const STRING_DECODER = 'org.apache.kafka.tools.api.StringDecoder'
const INTEGER_MAX = 2 ** 31 - 1

const options = {
  'print-data-log': flag('Show keys and values of records. Any decoder option implies it.'),
  'verify-index-only': flag('Compare indexes with their log, and do not list their entries.'),
  'index-sanity-check': flag('Only look whether a node would rebuild the index when it starts.'),
  files: text({ summary: 'The files to dump, separated by commas.', placeholder: 'file1, file2, ...' }),
  'max-message-size': integer({
    summary: 'Size of the largest batch.',
    placeholder: 'Integer: size',
    absent: 5_242_880,
  }),
  'max-bytes': integer({
    summary: 'How much of each log to read, from its beginning.',
    placeholder: 'Integer: size',
    absent: INTEGER_MAX,
  }),
  'deep-iteration': flag('One line for each record, too. Implied where contents are shown.'),
  'value-decoder-class': optionalText({ summary: 'Java class of Kafka that reads values.', absent: STRING_DECODER }),
  'key-decoder-class': optionalText({ summary: 'Java class of Kafka that reads keys.', absent: STRING_DECODER }),
  'offsets-decoder': flag('Read records as those of __consumer_offsets.'),
  'transaction-log-decoder': flag('Read records as those of __transaction_state.'),
  'cluster-metadata-decoder': flag('Read records as those of the metadata log and its snapshots.'),
  'remote-log-metadata-decoder': flag('Read records as those of __remote_log_metadata.'),
  'share-group-state-decoder': flag('Read records as those of __share_group_state.'),
  'skip-record-metadata': flag('Contents only: no offsets and sizes of records, and no control records.'),
} as const

const decoderOptions = [
  'print-data-log',
  'offsets-decoder',
  'transaction-log-decoder',
  'cluster-metadata-decoder',
  'remote-log-metadata-decoder',
  'value-decoder-class',
  'key-decoder-class',
  'share-group-state-decoder',
] as const

export const kafkaDumpLog = defineTool({
  name: 'kafka-dump-log',
  summary: 'Shows what is in the files of a log: batches, records, indexes and snapshots, and what is wrong with them.',
  dialect: 'joptsimple',
  options,
  run(given, program) {
    given.require('files')
    dumpFiles(javaSplit(given.value('files') ?? ''), () => dumpOptions(given), program)
    return Promise.resolve()
  },
})

function dumpOptions(given: GivenOptions<typeof options>): DumpOptions {
  const showsContents = given.hasAny(...decoderOptions)
  const maxBytes = given.value('max-bytes')
  return {
    isDeep: showsContents || given.has('deep-iteration'),
    parser: showsContents ? parserOf(given) : undefined,
    skipRecordMetadata: given.has('skip-record-metadata'),
    sanityOnly: given.has('index-sanity-check'),
    verifyOnly: given.has('verify-index-only'),
    maxMessageSize: given.value('max-message-size'),
    maxBytes: maxBytes === INTEGER_MAX ? Infinity : maxBytes,
  }
}

function parserOf(given: GivenOptions<typeof options>): RecordParser {
  if (given.has('offsets-decoder')) return offsetsParser
  if (given.has('transaction-log-decoder')) return transactionLogParser
  if (given.has('cluster-metadata-decoder')) return clusterMetadataParser
  if (given.has('remote-log-metadata-decoder')) return remoteLogMetadataParser
  if (given.has('share-group-state-decoder')) return shareStateParser
  const decodeValue = decoderNamed(given.value('value-decoder-class') ?? STRING_DECODER)
  return plainParser(decoderNamed(given.value('key-decoder-class') ?? STRING_DECODER), decodeValue)
}

/** As Java’s `split`: empty parts at the end are left out. */
function javaSplit(list: string): readonly string[] {
  return list.replace(/(?<=.),+$/, '').split(',')
}
