/** Takes out of a tool's output what cannot be the same for two servers: addresses, ids, directories, sizes, times. */

import { join } from 'node:path'

import type { Server } from '../../harness/server.ts'
import type { Line } from './line.ts'

export function withoutWhatDiffers(
  text: string,
  server: Server,
  { isUnordered, isOwnText, without }: Pick<Line, 'isUnordered' | 'isOwnText' | 'without'>,
): readonly string[] {
  const plain = text
    .replaceAll('\r\n', '\n')
    .replaceAll(join(server.directory, 'data'), 'DATA')
    .replaceAll(server.directory, 'DIRECTORY')
    .replaceAll(new RegExp(`127\\.0\\.0\\.1([: ]+)${server.port}`, 'g'), 'ADDRESS')
    .replaceAll(/\[\d{4}-\d\d-\d\d [\d:,]+\]/g, 'TIME')
    .replaceAll(/127\.0\.0\.1:\d+|localhost:\d+/g, 'OTHER')
    .replaceAll(/\b\d{13}\b/g, 'MS')
    // Of kafka-metadata-quorum.sh.
    .replaceAll(/^(\d+\s+)[\w-]{22}(\s+)\d+\s*/gm, '$1ID$2N ')
    .replaceAll(/"size":\d+/g, '"size":N')
    .replaceAll(/(TopicId: |DirectoryId": "|"directoryId": "|Cluster ID: |ClusterId:\s+)[\w-]{22}/gi, '$1ID')
    // Ids of members.
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID')
    .replaceAll(/[\w-]{22}(?=\s+\/127\.0\.0\.1)/g, 'ID')
    .replaceAll(/\b(Epoch|LeaderEpoch|HighWatermark):\s*\d+/g, '$1: N')
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '' && !line.startsWith('\tat ') && without?.test(line) !== true)
    .map((line) => (isOwnText === true ? line.replace(/(\w+Exception): .*/, '$1') : line))
  return isUnordered === true ? plain.toSorted() : plain
}
