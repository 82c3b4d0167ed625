/** Dumps files one after the other, each by the end of its name, and tells at the end what was found wrong. */
import { basename, isAbsolute, join } from 'node:path'
import type { Program } from '../../program.ts'
import { DumpFindings } from './findings.ts'
import { offsetIndexLines, timeIndexLines } from './index-lines.ts'
import { logLines } from './log-lines.ts'
import type { RecordParser } from './record-parsers.ts'
import { producerSnapshotLines, transactionIndexLines } from './state-lines.ts'

export interface DumpOptions {
  readonly isDeep: boolean
  /** `undefined`: contents are not shown. */
  readonly parser: RecordParser | undefined
  readonly skipRecordMetadata: boolean
  readonly sanityOnly: boolean
  readonly verifyOnly: boolean
  readonly maxMessageSize: number
  /** Of each log. Infinity: all. */
  readonly maxBytes: number
}

const suffixes = ['.log', '.checkpoint', '.index', '.timeindex', '.txnindex', '.snapshot']
/** A dump writes many short lines: together they take fewer system calls. */
const LINES_AT_ONCE = 500

/**
 * @param files - as the user wrote them. @param options - asked for when the name of a file has been said: what is wrong
 *   with them is told behind it.
 * @throws DumpFailure, DiskError; files behind the one that failed are left out, and so are the findings.
 */
export function dumpFiles(files: readonly string[], options: () => DumpOptions, program: Program): void {
  const findings = new DumpFindings()
  for (const file of files) dumpFile(javaPath(file), options, { program, findings })
  for (const line of findings.lines()) program.out.error(line)
}

function dumpFile(
  name: string,
  options: () => DumpOptions,
  { program, findings }: { readonly program: Program; readonly findings: DumpFindings },
): void {
  const { out, environment, workingDirectory } = program
  out.line(`Dumping ${name}`)
  const file = basename(name)
  const suffix = file.includes('.') ? file.slice(file.lastIndexOf('.')) : ''
  if (!suffixes.includes(suffix)) return out.error(`Ignoring unknown file ${name}`)
  const dump = { ...options(), name, path: isAbsolute(name) ? name : join(workingDirectory, name) }
  const { disk } = environment
  switch (suffix) {
    case '.log':
    case '.checkpoint':
      return print(logLines(disk, dump, findings), program)
    case '.index':
      return print(offsetIndexLines(disk, dump, findings), program)
    case '.timeindex':
      return print(timeIndexLines(disk, dump, findings), program)
    case '.txnindex':
      return print(transactionIndexLines(disk, dump.path), program)
    default: {
      const { lines, problem } = producerSnapshotLines(disk, dump.path)
      for (const line of lines) out.line(line)
      if (problem !== undefined) out.error(problem)
    }
  }
}

/** What was said before a failure is said. */
function print(lines: Iterable<string>, { out }: Program): void {
  const held: string[] = []
  try {
    for (const line of lines) {
      held.push(line)
      if (held.length === LINES_AT_ONCE) out.line(held.splice(0).join('\n'))
    }
  } finally {
    if (held.length > 0) out.line(held.join('\n'))
  }
}

/** As Java’s `File` writes a path: slashes once, none at the end. */
function javaPath(path: string): string {
  const single = path.replace(/\/+/g, '/')
  return single.length > 1 && single.endsWith('/') ? single.slice(0, -1) : single
}
