/** The help texts of tools, made from what their options say. In our own words; the layout of usage is argparse4j’s. */
import { columns } from '../help.ts'
import { argparseName, helpFlags, type ArgparseCommand, type ArgparseOption } from './argparse4j.ts'
import { sharedOptions, type OptionKind, type OptionKinds } from './joptsimple.ts'

const usageWidth = 75

/** Without the summary, which goes before it. */
export function joptsimpleHelp({ options }: { readonly options: OptionKinds }): string {
  const shown = Object.entries({ ...options, ...sharedOptions }).filter(([, { isHidden }]) => !isHidden)
  const rows = shown.map(([name, kind]) => [joptsimpleOption(name, kind), joptsimpleSummary(kind)] as const)
  return columns(rows).join('\n')
}

function joptsimpleOption(name: string, { argument, placeholder, aliases }: OptionKind<unknown, unknown>): string {
  const names = [name, ...aliases].map((each) => (each.length === 1 ? `-${each}` : `--${each}`)).join(', ')
  if (argument === 'none') return names
  return argument === 'required' ? `${names} <${placeholder}>` : `${names} [${placeholder}]`
}

function joptsimpleSummary({ summary, absent }: OptionKind<unknown, unknown>): string {
  return typeof absent === 'string' || typeof absent === 'number' ? `${summary} (default: ${absent})` : summary
}

interface WithCommands extends ArgparseCommand {
  readonly name: string
  readonly usageName?: string
  readonly summary: string
  readonly commands?: Readonly<Record<string, ArgparseCommand>>
  readonly commandPlaceholder?: string
}

export function argparseHelp(tool: WithCommands, command?: string): string {
  const of = command === undefined ? tool : tool.commands?.[command]
  const options = Object.entries(of?.options ?? {}).filter(([, { isHidden }]) => isHidden !== true)
  const positions = options.filter(([, { flags }]) => flags === undefined)
  const commands = command === undefined ? Object.entries(tool.commands ?? {}) : []
  const lines = [argparseUsage(tool, command), '', of?.summary ?? tool.summary]
  const placed = [
    ...positions.map(([key, option]) => [key, option.summary] as const),
    ...commands.map(([name, { summary = '' }]) => [name, summary] as const),
  ]
  if (placed.length > 0) lines.push('', 'positional arguments:', ...columns(placed))
  const named = options.filter(([, { flags }]) => flags !== undefined)
  const rows = named.map(([key, option]) => {
    const value = placeholder(key, option)
    const { flags = [], absent, summary } = option
    const left = flags.map((flag) => (value === '' ? flag : `${flag} ${value}`)).join(', ')
    return [left, absent === undefined ? summary : `${summary} (default: ${absent})`] as const
  })
  lines.push('', 'optional arguments:', ...columns([[helpFlags.join(', '), 'Print this text.'], ...rows]))
  return lines.join('\n')
}

/** `usage: kafka-features [-h] (--bootstrap-server A | --bootstrap-controller B) {describe,upgrade} ...` */
export function argparseUsage(tool: WithCommands, command?: string): string {
  const parts =
    command === undefined
      ? ownParts(tool)
      : [...requiredParts(tool), command, ...ownParts(tool.commands?.[command] ?? { options: {} })]
  const commands = command === undefined ? Object.keys(tool.commands ?? {}) : []
  if (commands.length > 0) parts.push(tool.commandPlaceholder ?? `{${commands.join(',')}}`, '...')
  const head = `usage: ${tool.usageName ?? tool.name}`
  const indent = ' '.repeat(head.length > 30 ? 6 : head.length)
  const lines = head.length > 30 ? [head, indent] : [head]
  for (const part of parts) {
    const last = lines.at(-1) ?? ''
    if (last !== indent && last !== head && last.length + part.length + 1 > usageWidth) lines.push(`${indent} ${part}`)
    else lines[lines.length - 1] = `${last} ${part}`
  }
  return lines.join('\n')
}

function ownParts(command: ArgparseCommand): string[] {
  const { options, groups = [] } = command
  const inGroups = new Set(groups.flatMap((group) => group.options))
  const shown = Object.entries(options).filter(([, { isHidden }]) => isHidden !== true)
  const flagged = shown.filter(([key, { flags }]) => flags !== undefined && !inGroups.has(key))
  const placed = shown.filter(([, { flags }]) => flags === undefined)
  return [
    '[-h]',
    ...flagged.map((each) => bracketed(...each)),
    ...groups.flatMap((group) => groupParts(group, options)),
    ...placed.map(([key, option]) => placeholder(key, option)),
  ]
}

/** Of the tool, before a command: what must be given there. */
function requiredParts({ options, groups = [] }: ArgparseCommand): string[] {
  const inGroups = new Set(groups.flatMap((group) => group.options))
  const required = Object.entries(options).filter(([key, { isRequired }]) => isRequired === true && !inGroups.has(key))
  return [
    ...required.map((each) => bracketed(...each)),
    ...groups.filter(({ isRequired }) => isRequired === true).flatMap((group) => groupParts(group, options)),
  ]
}

function groupParts(
  group: NonNullable<ArgparseCommand['groups']>[number],
  options: ArgparseCommand['options'],
): readonly string[] {
  const texts = group.options.flatMap((key) => {
    const option = options[key]
    return option === undefined || option.isHidden === true ? [] : [bare(key, option)]
  })
  const [open, close] = group.isRequired === true ? ['(', ')'] : ['[', ']']
  const [only] = texts
  if (only !== undefined && texts.length === 1) return [group.isRequired === true ? only : `[${only}]`]
  return texts.flatMap((text, index) => [
    ...(index === 0 ? [] : ['|']),
    `${index === 0 ? open : ''}${text}${index === texts.length - 1 ? close : ''}`,
  ])
}

function bracketed(key: string, option: ArgparseOption): string {
  return option.isRequired === true ? bare(key, option) : `[${bare(key, option)}]`
}

function bare(key: string, option: ArgparseOption): string {
  const value = placeholder(key, option)
  const flag = option.flags?.[0] ?? argparseName(key, option)
  return value === '' ? flag : `${flag} ${value}`
}

function placeholder(key: string, { flags, action, choices, count, placeholder: given }: ArgparseOption): string {
  if (action === 'storeTrue' || action === 'version') return ''
  const usual = choices === undefined ? (flags === undefined ? key : key.toUpperCase()) : `{${choices.join(',')}}`
  const one = given ?? usual
  if (count === '+') return `${one} [${one} ...]`
  if (count === '*') return `[${one} [${one} ...]]`
  return count === '?' ? `[${one}]` : one
}
