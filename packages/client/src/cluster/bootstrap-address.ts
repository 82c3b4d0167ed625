/** `host:port`, as `bootstrap.servers` has it: `kafka:9092`, `10.0.0.1:9092`, `[::1]:9092`, `SSL://kafka:9093`. */
import { ConfigError, type ConfigProblem } from '@gregor/config'

export interface Address {
  readonly host: string
  readonly port: number
}

const pattern = /^(?:[a-zA-Z][\w+.-]*:\/\/)?(?:\[([0-9a-fA-F:.%\w]+)\]|([^:[\]/\s]+)):(\d{1,5})$/

/** @throws ConfigError with every address that is none, or where there are none at all. */
export function bootstrapAddresses(servers: readonly string[]): readonly Address[] {
  const problems: ConfigProblem[] = []
  const addresses: Address[] = []
  for (const server of servers.map((text) => text.trim()).filter((text) => text !== '')) {
    const match = pattern.exec(server)
    const host = match?.[1] ?? match?.[2]
    const port = Number(match?.[3])
    if (host === undefined || !(port >= 1 && port <= 65_535)) {
      problems.push({
        key: 'bootstrap.servers',
        value: server,
        message: `Invalid url in bootstrap.servers: ${server}; expected is host:port, as in kafka:9092.`,
      })
    } else addresses.push({ host, port })
  }
  if (addresses.length === 0 && problems.length === 0) {
    const message = 'bootstrap.servers names no server: give at least one host:port.'
    problems.push({ key: 'bootstrap.servers', message })
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return addresses
}
