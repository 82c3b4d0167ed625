/** Scripts that complete `gregor` in a shell, made from the commands: their words, then their options. */
import type { Command } from './command.ts'

/** `undefined`: there is none for that shell. */
export function completionScript(shell: string, commands: readonly Command[]): string | undefined {
  switch (shell) {
    case 'bash':
      return bashScript(commands)
    case 'zsh':
      // Zsh can run completions that are written for bash.
      return `autoload -U +X bashcompinit && bashcompinit\n${bashScript(commands)}`
    case 'fish':
      return fishScript(commands)
    default:
      return undefined
  }
}

function optionsOf({ options }: Command): readonly string[] {
  return [...Object.keys(options), 'help', 'version'].map((option) => `--${option}`)
}

/** What may follow each beginning: `''` the first words, `topics` its second ones. */
function followers(commands: readonly Command[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, Set<string>>()
  for (const { name } of commands) {
    const words = name.split(' ')
    for (const [index, word] of words.entries()) {
      const before = words.slice(0, index).join(' ')
      found.set(before, (found.get(before) ?? new Set()).add(word))
    }
  }
  return new Map(Array.from(found, ([before, words]) => [before, [...words]]))
}

function bashScript(commands: readonly Command[]): string {
  const words = Array.from(followers(commands), ([before, next]) => `    "${before}") words="${next.join(' ')}" ;;`)
  const options = commands.map((command) => `    "${command.name}") options="${optionsOf(command).join(' ')}" ;;`)
  return `_gregor() {
  local current=\${COMP_WORDS[COMP_CWORD]} given="" word options="" words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in -*) break ;; esac
    given="\${given:+$given }$word"
  done
  case $given in
${words.join('\n')}
  esac
  while [ -n "$given" ] && [ -z "$options" ]; do
    case $given in
${options.join('\n')}
    esac
    case $given in *" "*) given=\${given% *} ;; *) given="" ;; esac
  done
  case $current in -*) words=$options ;; esac
  if [ -n "$words" ]; then COMPREPLY=($(compgen -W "$words" -- "$current")); else COMPREPLY=($(compgen -f -- "$current")); fi
}
complete -F _gregor gregor`
}

function fishScript(commands: readonly Command[]): string {
  const lines: string[] = []
  for (const [before, words] of followers(commands)) {
    const condition = before === '' ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${before}`
    for (const word of words) lines.push(`complete -c gregor -f -n '${condition}' -a ${word}`)
  }
  for (const { name, summary, options } of commands) {
    const condition = name
      .split(' ')
      .map((word) => `__fish_seen_subcommand_from ${word}`)
      .join('; and ')
    for (const [option, kind] of Object.entries(options)) {
      const takes = kind.placeholder === undefined ? '' : ' -r'
      lines.push(`complete -c gregor -n '${condition}' -l ${option}${takes} -d '${quoted(kind.summary)}'`)
    }
    lines.push(`# ${name}: ${summary}`)
  }
  return lines.join('\n')
}

function quoted(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)
}
