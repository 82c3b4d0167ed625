/** `--initial-controllers`: who votes in a new quorum, as `id@host:port:directory,…` (KIP-853). */
import { isUuid } from '@gregor/base'
import { ToolExit } from '../tool-exit.ts'

export interface DynamicVoter {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly directoryId: string
}

/** By id. @throws ToolExit */
export function parseDynamicVoters(text: string): readonly DynamicVoter[] {
  const voters = new Map<number, DynamicVoter>()
  for (const part of text.trim().split(',')) {
    if (part === '') continue
    const voter = parseVoter(part.trim())
    if (voters.has(voter.nodeId)) throw new ToolExit(`Node id ${voter.nodeId} was specified more than once.`)
    voters.set(voter.nodeId, voter)
  }
  if (voters.size === 0) throw new ToolExit('No voters given.')
  return [...voters.values()].toSorted((one, other) => one.nodeId - other.nodeId)
}

function parseVoter(text: string): DynamicVoter {
  const at = text.indexOf('@')
  if (at < 0) throw new ToolExit('No @ found in dynamic voter string.')
  if (at === 0) throw new ToolExit('Invalid @ at beginning of dynamic voter string.')
  const nodeId = wholeNumber(text.slice(0, at))
  if (nodeId === undefined) throw new ToolExit('Failed to parse node id in dynamic voter string.')
  if (nodeId < 0) throw new ToolExit(`Invalid negative node id ${nodeId} in dynamic voter string.`)
  const { host, rest } = splitHost(text.slice(at + 1))
  if (!rest.startsWith(':')) throw new ToolExit('Port section must start with a colon.')
  const colon = rest.indexOf(':', 1)
  if (colon < 0) throw new ToolExit('No colon following port could be found.')
  const port = wholeNumber(rest.slice(1, colon))
  if (port === undefined) throw new ToolExit('Failed to parse port in dynamic voter string.')
  if (port < 0 || port > 65_535) throw new ToolExit(`Invalid port ${port} in dynamic voter string.`)
  const directoryId = rest.slice(colon + 1)
  if (!isUuid(directoryId)) throw new ToolExit('Failed to parse directory ID in dynamic voter string.')
  return { nodeId, host, port, directoryId }
}

function splitHost(text: string): { readonly host: string; readonly rest: string } {
  if (text === '') throw new ToolExit('No hostname found after node id.')
  if (text.startsWith('[')) {
    const end = text.indexOf(']')
    if (end < 0) throw new ToolExit('Hostname began with left bracket, but no right bracket was found.')
    return { host: text.slice(1, end), rest: text.slice(end + 1) }
  }
  const end = text.indexOf(':')
  if (end < 0) throw new ToolExit('No colon following hostname could be found.')
  return { host: text.slice(0, end), rest: text.slice(end) }
}

function wholeNumber(text: string): number | undefined {
  const number = /^[+-]?\d+$/.test(text) ? Number(text) : undefined
  return number !== undefined && Math.abs(number) < 2 ** 31 ? number : undefined
}
