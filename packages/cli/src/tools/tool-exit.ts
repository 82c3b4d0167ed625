/** Ends a tool from anywhere in it: what is said, where, and the exit code. */
export class ToolExit extends Error {
  override readonly name = 'ToolExit'
  readonly exitCode: number
  /** `error`: standard error; `line`: standard output. */
  readonly stream: 'error' | 'line'
  /** The tool’s help follows the message. */
  readonly withHelp: boolean

  /** @param message - may be empty: then nothing is said. */
  constructor(
    message: string,
    options: { readonly exitCode?: number; readonly stream?: 'error' | 'line'; readonly withHelp?: boolean } = {},
  ) {
    super(message)
    this.exitCode = options.exitCode ?? 1
    this.stream = options.stream ?? 'error'
    this.withHelp = options.withHelp ?? false
  }
}
