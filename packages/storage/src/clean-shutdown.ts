/**
 * `.kafka_cleanshutdown`: everything in this log directory was synced and closed in order, so that nothing needs to be
 * checked. Written last, taken away before the first log is opened. With it the broker epoch of that life (KIP-966).
 */

import { join } from 'node:path'
import { type Disk, DiskError } from '@gregor/platform'

export const cleanShutdownName = '.kafka_cleanshutdown'

/** `brokerEpoch` is `undefined` where the file does not say it: its being there is what counts. */
export type CleanShutdown =
  | { readonly isClean: false }
  | { readonly isClean: true; readonly brokerEpoch: number | undefined }

/** Reads the marker and removes it, durably: a crash from now on is a crash. @throws DiskError */
export async function takeCleanShutdown(disk: Disk, directory: string): Promise<CleanShutdown> {
  const path = join(directory, cleanShutdownName)
  let text: string
  try {
    text = disk.readFile(path).toString('utf8')
  } catch (error) {
    if (error instanceof DiskError && error.code === 'ENOENT') return { isClean: false }
    throw error
  }
  await disk.remove(path)
  await disk.syncDirectory(directory)
  return { isClean: true, brokerEpoch: brokerEpochOf(text) }
}

/** @throws DiskError */
export function writeCleanShutdown(
  disk: Pick<Disk, 'replaceFile'>,
  directory: string,
  brokerEpoch: number,
): Promise<void> {
  return disk.replaceFile(join(directory, cleanShutdownName), Buffer.from(JSON.stringify({ version: 0, brokerEpoch })))
}

function brokerEpochOf(text: string): number | undefined {
  try {
    const content: unknown = JSON.parse(text)
    if (typeof content !== 'object' || content === null || !('brokerEpoch' in content)) return undefined
    return typeof content.brokerEpoch === 'number' ? content.brokerEpoch : undefined
  } catch {
    // An empty file, as before Apache Kafka 3.7.
    return undefined
  }
}
