/**
 * `gregor log repair`: makes the logs of a stopped node readable again. What it changes is copied first, whole; nothing is
 * deleted that cannot be made anew. Records in damaged batches are lost: before the repair, too.
 */
import { basename, dirname, join, relative, resolve } from 'node:path'
import { type Disk, type DiskFile, DiskError } from '@gregor/platform'
import { type DirectoryProblem, verifyDirectory } from '@gregor/storage'
import { defineCommand, flag, text } from '../command.ts'
import type { Program } from '../program.ts'
import { type Repair, keptRanges, planRepairs } from './repair-plan.ts'

const COPY_BYTES = 1 << 20

export const logRepair = defineCommand({
  name: 'log repair',
  summary: 'Mend the logs of a stopped node: take out what is damaged, and let what can be made anew be made anew.',
  arguments: { directory: text({ summary: 'One of log.dirs, or the directory of one partition.' }) },
  options: {
    'dry-run': flag({ summary: 'Only say what would be done.' }),
    backup: text({
      summary: 'Where the files go as they were. Default: a directory beside it, named after the time.',
      placeholder: 'directory',
    }),
    json: flag({ summary: 'Print what was done as JSON.' }),
  },
  examples: ['log repair data --dry-run', 'log repair data/orders-0 --backup /mnt/backup'],
  async run(given, program) {
    const { out, environment, workingDirectory } = program
    const { disk } = environment
    const directory = resolve(workingDirectory, given.directory)
    try {
      const logDirectory = logDirectoryOf(disk, directory)
      const lock = lockOf(disk, logDirectory)
      if (lock === 'taken') {
        out.error(`gregor log repair: a node is using ${logDirectory}: stop it first`)
        return 1
      }
      try {
        const repairs = await plan(disk, directory, logDirectory)
        const backup = resolve(workingDirectory, given.backup ?? defaultBackup(directory, program))
        const isDry = given['dry-run']
        if (!isDry) await repairAll({ repairs, directory: logDirectory, backup }, disk)
        say({ repairs, backup, isDry, isJson: given.json }, program)
        return repairs.some(({ kind }) => kind === 'beyond') ? 1 : 0
      } finally {
        lock?.release()
      }
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      out.error(`gregor log repair: ${error.message}`)
      return 1
    }
  },
})

/** The one of log.dirs that the directory is, or lies in. */
function logDirectoryOf(disk: Disk, directory: string): string {
  const isPartition = disk.list(directory).some((name) => /^\d{20}\.log$/.test(name))
  return isPartition ? dirname(directory) : directory
}

/** `undefined`: no node ever was here. */
function lockOf(disk: Disk, logDirectory: string): { release(): void } | 'taken' | undefined {
  const path = join(logDirectory, '.lock')
  if (disk.stat(path) === undefined) return undefined
  return disk.lock(path) ?? 'taken'
}

async function plan(disk: Disk, directory: string, logDirectory: string): Promise<readonly Repair[]> {
  const problems: DirectoryProblem[] = []
  for await (const problem of verifyDirectory(disk, directory)) problems.push(problem)
  return planRepairs(problems, logDirectory, (path) => disk.stat(path) !== undefined)
}

function defaultBackup(directory: string, { environment }: Program): string {
  const time = new Date(environment.clock.wallMs()).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')
  return `${directory}.before-repair-${time}`
}

async function repairAll(
  {
    repairs,
    directory,
    backup,
  }: { readonly repairs: readonly Repair[]; readonly directory: string; readonly backup: string },
  disk: Disk,
): Promise<void> {
  const changing = repairs.filter(({ kind }) => kind !== 'beyond')
  // All copies before the first change.
  for (const { file } of changing) await copy(disk, file, join(backup, relative(directory, file)))
  for (const repair of changing) {
    if (repair.kind === 'remove') await disk.remove(repair.file)
    else if (repair.kind === 'cut') await cut(disk, repair)
    await disk.syncDirectory(dirname(repair.file))
  }
}

async function copy(disk: Disk, from: string, to: string): Promise<void> {
  disk.makeDirectory(dirname(to))
  const source = disk.open(from, { readOnly: true })
  const target = disk.open(to, { create: true, exclusive: true })
  try {
    copyRange({ source, target }, { position: 0, end: source.size() }, 0)
    await target.sync()
  } finally {
    source.close()
    target.close()
  }
  await disk.syncDirectory(dirname(to))
}

async function cut(disk: Disk, { file, ranges }: Repair & { readonly kind: 'cut' }): Promise<void> {
  const rewritten = `${file}.repaired`
  await disk.remove(rewritten)
  const source = disk.open(file, { readOnly: true })
  const target = disk.open(rewritten, { create: true, exclusive: true })
  try {
    let at = 0
    for (const range of keptRanges(ranges, source.size())) at += copyRange({ source, target }, range, at)
    await target.sync()
  } finally {
    source.close()
    target.close()
  }
  disk.rename(rewritten, file)
}

/** @returns how many bytes */
function copyRange(
  { source, target }: { readonly source: DiskFile; readonly target: DiskFile },
  { position, end }: { readonly position: number; readonly end: number },
  at: number,
): number {
  const buffer = Buffer.allocUnsafe(Math.min(COPY_BYTES, end - position))
  for (let done = 0; done < end - position;) {
    const count = source.readNow(buffer.subarray(0, Math.min(buffer.length, end - position - done)), position + done)
    if (count === 0) return done
    target.write([buffer.subarray(0, count)], at + done)
    done += count
  }
  return end - position
}

function say(
  given: {
    readonly repairs: readonly Repair[]
    readonly backup: string
    readonly isDry: boolean
    readonly isJson: boolean
  },
  { out }: Program,
): void {
  const { repairs, backup, isDry, isJson } = given
  const changes = repairs.filter(({ kind }) => kind !== 'beyond').length
  if (isJson) {
    const report = { dryRun: isDry, backup: changes > 0 && !isDry ? backup : null, repairs }
    return out.line(JSON.stringify(report, null, 2))
  }
  for (const repair of repairs) for (const line of repairLines(repair, isDry)) out.line(line)
  if (repairs.length === 0) return out.line('nothing to repair')
  if (changes === 0) return
  const many = `${changes} file${changes === 1 ? '' : 's'}`
  out.line(isDry ? `${many} would be changed; nothing was` : `${many} changed; as they were, they are in ${backup}`)
}

function repairLines(repair: Repair, isDry: boolean): readonly string[] {
  const { file } = repair
  switch (repair.kind) {
    case 'remove':
      return [`${file}: ${isDry ? 'would be ' : ''}removed, as ${reason(file, repair.because)}`]
    case 'beyond':
      return [`${file}: cannot be repaired: ${repair.because}`]
    default:
      return repair.ranges.map(({ position, end, offset, problem }) => {
        const bytes = `${end - position} bytes at position ${position}`
        return `${file}: ${bytes} ${isDry ? 'would be ' : ''}taken out, ${problem}; records from offset ${offset} on are lost there`
      })
  }
}

function reason(file: string, because: string): string {
  return basename(file).startsWith('0') ? `${because}; the next start makes it anew` : because
}
