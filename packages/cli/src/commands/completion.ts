/** `gregor completion SHELL`: a script that teaches a shell the commands and options of gregor and of Kafka’s tools. */
import { defineCommand, text } from '../command.ts'
import { completionScript } from '../completion-script.ts'
import { UsageError } from '../usage-error.ts'

export const completion = defineCommand({
  name: 'completion',
  summary: 'Print what makes a shell complete commands and options.',
  arguments: { shell: text({ summary: 'bash, zsh or fish.' }) },
  options: {},
  examples: ['completion bash > ~/.local/share/bash-completion/completions/gregor', 'completion fish | source'],
  async run({ shell }, program) {
    const { commands } = await import('./index.ts')
    const script = completionScript(shell, commands)
    if (script === undefined) throw new UsageError(`${shell}: there are bash, zsh and fish`)
    program.out.line(script)
    return 0
  },
})
