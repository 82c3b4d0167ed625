/** What the tools that stand on Admin have in common: the options that say which cluster, and the connection to it. */
import type { Admin } from '@gregor/client'
import type { Program } from '../program.ts'
import { propertiesOf } from './client-properties.ts'
import { text } from './joptsimple.ts'

/** `--bootstrap-server`, and as guides from before Kafka 2.2 call it. */
export const bootstrapServer = text({
  summary: 'Brokers to ask at first, as host:port with commas between them.',
  placeholder: 'host:port,…',
  formerly: ['broker-list'],
})

export const commandConfig = text({
  summary: 'A file of properties with configs of the client: security, timeouts.',
  placeholder: 'file',
})

export interface ConnectionGiven {
  readonly bootstrapServer?: string | undefined
  /** Instead of it, for what controllers answer themselves. */
  readonly bootstrapController?: string | undefined
  /** The file of `--command-config`. */
  readonly commandConfig?: string | undefined
  readonly clientId?: string
  /** For reaching the cluster. Default: `default.api.timeout.ms`. */
  readonly timeoutMs?: number
}

/** Runs `use` with an Admin that is closed in the end. @throws ToolExit where the file cannot be read. */
export async function withAdmin<T>(
  given: ConnectionGiven,
  program: Program,
  use: (admin: Admin) => Promise<T>,
): Promise<T> {
  const properties = new Map(propertiesOf(given.commandConfig, program))
  if (given.clientId !== undefined && !properties.has('client.id')) properties.set('client.id', given.clientId)
  if (given.bootstrapServer !== undefined) properties.set('bootstrap.servers', given.bootstrapServer)
  if (given.bootstrapController !== undefined) {
    properties.delete('bootstrap.servers')
    properties.set('bootstrap.controllers', given.bootstrapController)
  }
  await using kafka = await program.connect({ properties })
  // So that nodes can be asked by their ids, and one that cannot be reached is named whatever is asked first.
  if (given.bootstrapController === undefined) await kafka.reach(given.timeoutMs)
  await using admin = kafka.admin()
  return await use(admin)
}
