/**
 * Puts a segment that compaction has made in the place of its sources, so that a crash at any point leaves the one or
 * the others, whole: Apache Kafka’s `.cleaned` → `.swap` → final, with the directory synced between the steps, since
 * names may reach the disk in any order.
 *
 * A crash before all names are `.swap`: the sources stand, the rest is removed at opening. After that: the swap is
 * finished at opening, and what is left of the sources removed. The log file gets its final name before its indexes
 * do: while a `.log.swap` is there, indexes with final names pass for those of the sources.
 */

import type { Disk } from '@gregor/platform'
import { cleanedSuffix, swapSuffix } from './file-names.ts'
import type { Segment } from './segment.ts'

/** A log, as far as a swap needs it. */
export interface SwapPlace {
  readonly disk: Pick<Disk, 'syncDirectory'>
  /** Asked each time: it may be renamed. */
  readonly directory: () => string
  /** All of these are segments of the log still, and it may be changed. */
  readonly holds: (old: readonly Segment[]) => boolean
  /** Takes `old` out of the log and out of the way, and puts `made` in, in one step. @throws DiskError */
  readonly replace: (old: readonly Segment[], made: Segment) => void
}

/**
 * `made` is complete, its content synced, its files end in `.cleaned`; so they do again where the answer is false:
 * the log does not hold `old` any more. After a failure nothing may be removed: the next opening decides.
 * @throws DiskError
 */
export async function swapSegments(place: SwapPlace, old: readonly Segment[], made: Segment): Promise<boolean> {
  await place.disk.syncDirectory(place.directory())
  if (!place.holds(old)) return false
  made.renameTo(swapSuffix)
  await place.disk.syncDirectory(place.directory())
  if (!place.holds(old)) {
    made.renameTo(cleanedSuffix)
    return false
  }
  place.replace(old, made)
  await place.disk.syncDirectory(place.directory())
  made.renameLogTo('')
  await place.disk.syncDirectory(place.directory())
  made.renameTo('')
  await place.disk.syncDirectory(place.directory())
  return true
}
