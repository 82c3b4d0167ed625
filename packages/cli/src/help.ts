/** The help texts: of one command, and of the program. Nothing is said here that the command does not say itself. */
import { isOptional, type AnyKind, type Command } from './command.ts'

const widthMax = 100
/** In the list of commands; what a longer one takes is in its own help. */
const usageWidthMax = 36

export function commandHelp(command: Command): string {
  const lines = [`gregor ${usage(command)}`, '', command.summary]
  const given = Object.entries(command.arguments).map(([name, kind]) => [name, kind.summary] as const)
  const options = Object.entries(command.options).map(([name, kind]) => [optionText(name, kind), kind.summary] as const)
  if (given.length > 0) lines.push('', 'Arguments:', ...columns(given))
  lines.push(
    '',
    'Options:',
    ...columns([...options, ['--help', 'Print this text.'], ['--version', 'Print the version.']]),
  )
  if (command.examples.length > 0) lines.push('', 'Examples:', ...command.examples.map((each) => `  gregor ${each}`))
  return lines.join('\n')
}

export function programHelp(commands: readonly Command[]): string {
  const each = commands.map((command) => [shortUsage(command), command.summary] as const)
  return [
    'gregor COMMAND',
    '',
    'Kafka, metamorphosed into TypeScript.',
    '',
    'Commands:',
    ...columns(each),
    '',
    'gregor COMMAND --help says more; gregor --version says which version this is.',
  ].join('\n')
}

function shortUsage(command: Command): string {
  const whole = usage(command)
  return whole.length <= usageWidthMax ? whole : [command.name, ...argumentTexts(command), '[options]'].join(' ')
}

/** `start [file] [--override key=value]…` */
export function usage(command: Command): string {
  const options = Object.entries(command.options).map(
    ([name, kind]) => `[${optionText(name, kind)}]${kind.mayRepeat && kind.placeholder !== undefined ? '…' : ''}`,
  )
  return [command.name, ...argumentTexts(command), ...options].join(' ')
}

function argumentTexts(command: Command): readonly string[] {
  return Object.entries(command.arguments).map(([name, kind]) => (isOptional(kind) ? `[${name}]` : name))
}

function optionText(name: string, { placeholder }: AnyKind): string {
  return placeholder === undefined ? `--${name}` : `--${name} ${placeholder}`
}

/** Two columns; the right one is broken at words. */
export function columns(rows: readonly (readonly [string, string])[]): readonly string[] {
  const leftWidth = Math.max(...rows.map(([left]) => left.length))
  const indent = ' '.repeat(leftWidth + 4)
  return rows.flatMap(([left, right]) =>
    broken(right, widthMax - indent.length).map((line, index) =>
      index === 0 ? `  ${left.padEnd(leftWidth)}  ${line}` : `${indent}${line}`,
    ),
  )
}

function broken(sentence: string, width: number): readonly string[] {
  const lines: string[] = []
  for (const word of sentence.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}
