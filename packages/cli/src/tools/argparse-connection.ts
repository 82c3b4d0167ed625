/** What the tools of argparse4j that stand on Admin have in common: which cluster is asked, and how answers are shown. */
import type { Admin } from '@gregor/client'
import type { Program } from '../program.ts'
import { type ConnectionGiven, withAdmin } from './admin-options.ts'
import type { ArgparseOption, Namespace } from './argparse4j.ts'
import { errorCodeOf, javaErrorText } from './java-errors.ts'

/** Without short names. */
export const connectionOptions = {
  bootstrap_server: {
    flags: ['--bootstrap-server'],
    summary: 'Brokers to ask at first, as host:port with commas between them.',
  },
  bootstrap_controller: {
    flags: ['--bootstrap-controller'],
    summary: 'Controllers to ask instead of brokers, as host:port with commas between them.',
  },
  command_config: {
    flags: ['--command-config'],
    summary: 'A file of properties with configs of the client: security, timeouts.',
  },
} as const satisfies Readonly<Record<string, ArgparseOption>>

export function connectionOf(given: Namespace): ConnectionGiven {
  return {
    bootstrapServer: given.text('bootstrap_server'),
    bootstrapController: given.text('bootstrap_controller'),
    commandConfig: given.text('command_config'),
  }
}

export function withAdminOf<T>(given: Namespace, program: Program, use: (admin: Admin) => Promise<T>): Promise<T> {
  return withAdmin(connectionOf(given), program, use)
}

/** What the cluster says goes with the class of its error, as where Java waits for an answer; the rest as it is. */
export function failedAnswer(error: unknown, { out }: Program): number {
  if (!(error instanceof Error)) throw error
  out.error(errorCodeOf(error) === undefined && error.name !== 'TimeoutError' ? error.message : javaErrorText(error))
  return 1
}

/** Columns as wide as what is in them, with a tab behind each. */
export function tabbedTable(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => row.map((cell, column) => `${cell.padEnd(widths[column] ?? 0)}\t`).join(''))
}
