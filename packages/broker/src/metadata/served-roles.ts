/**
 * What kind of node this version can be: broker and controller in one, the only voter of its quorum. Anything else would
 * start a cluster of its own beside the one it was meant for, and is refused.
 */
import { ConfigError, type BrokerConfig } from '@gregor/config'

const onlyNode = 'this version runs broker and controller in one node, the only one of its cluster'

/** @throws ConfigError that says what to write instead. */
export function refuseUnservedRoles(config: BrokerConfig): void {
  const roles = config.get('process.roles')
  if (!roles.includes('broker') || !roles.includes('controller')) {
    const value = roles.join(',')
    const message = `process.roles=${value}: ${onlyNode}; write process.roles=broker,controller, or leave the line out`
    throw new ConfigError([{ key: 'process.roles', value, message }])
  }
  for (const key of ['controller.quorum.voters', 'controller.quorum.bootstrap.servers'] as const) {
    const voters = config.get(key)
    if (voters.length < 2) continue
    const value = voters.join(',')
    const message = `${key}=${value}: ${onlyNode}; name this one alone, or leave the line out`
    throw new ConfigError([{ key, value, message }])
  }
}
