/** `gregor log dump`: what is in the files of a log. What scripts call is kafka-dump-log; this one knows Kafka’s own topics. */
import { basename, dirname, join, resolve } from 'node:path'
import { DiskError } from '@gregor/platform'
import { defineCommand, flag, integer, text } from '../command.ts'
import { dumpFiles } from '../tools/dump-log/dump-files.ts'
import { DumpFailure } from '../tools/dump-log/findings.ts'
import {
  type RecordParser,
  clusterMetadataParser,
  decoderNamed,
  offsetsParser,
  plainParser,
  shareStateParser,
  transactionLogParser,
} from '../tools/dump-log/record-parsers.ts'

const INDEX_BATCH_BYTES = 5_242_880
/** By the name of the directory, without the number of the partition. */
const parsers: Readonly<Record<string, RecordParser | undefined>> = {
  __consumer_offsets: offsetsParser,
  __transaction_state: transactionLogParser,
  __cluster_metadata: clusterMetadataParser,
  __share_group_state: shareStateParser,
}

export const logDump = defineCommand({
  name: 'log dump',
  summary: 'Show what is in a file of a log, or in all logs of a partition: batches and records.',
  arguments: { path: text({ summary: 'A file, or the directory of a partition.' }) },
  options: {
    batches: flag({ summary: 'Only the batches, not their records.' }),
    'max-bytes': integer({ summary: 'How much of each log to read, from its beginning.', min: 1 }),
  },
  examples: ['log dump data/orders-0', 'log dump data/__cluster_metadata-0 --batches'],
  run({ path, batches, 'max-bytes': maxBytes }, program) {
    const { environment, out, workingDirectory } = program
    try {
      const full = resolve(workingDirectory, path)
      const kind = environment.disk.stat(full)?.kind
      if (kind === undefined) throw new DumpFailure(`${path}: there is no such file`)
      const isDirectory = kind === 'directory'
      const names = isDirectory ? environment.disk.list(full).filter((name) => /\.(log|checkpoint)$/.test(name)) : []
      if (isDirectory && names.length === 0) throw new DumpFailure(`${path} holds no logs`)
      const files = isDirectory ? names.map((name) => join(path, name)) : [path]
      const topic = basename(isDirectory ? full : dirname(full)).replace(/-\d+$/, '')
      const decode = decoderNamed('org.apache.kafka.tools.api.StringDecoder')
      const isBootstrap = basename(full) === 'bootstrap.checkpoint'
      const parser = isBootstrap ? clusterMetadataParser : (parsers[topic] ?? plainParser(decode, decode))
      dumpFiles(
        files,
        () => ({
          isDeep: !batches,
          parser: batches ? undefined : parser,
          skipRecordMetadata: false,
          sanityOnly: false,
          verifyOnly: false,
          maxMessageSize: INDEX_BATCH_BYTES,
          maxBytes: maxBytes ?? Infinity,
        }),
        program,
      )
      return Promise.resolve(0)
    } catch (error) {
      if (!(error instanceof DiskError || error instanceof DumpFailure)) throw error
      out.error(`gregor log dump: ${error.message}`)
      return Promise.resolve(1)
    }
  },
})
