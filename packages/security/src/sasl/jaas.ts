/**
 * One entry of a JAAS configuration, as `sasl.jaas.config` has it: the login module's class, a flag, options in
 * `name=value` or `name="value"`, and a semicolon. Read, never run: the class says which mechanism is meant.
 */

export interface JaasEntry {
  readonly loginModule: string
  readonly options: ReadonlyMap<string, string>
}

const flags: readonly string[] = ['required', 'requisite', 'sufficient', 'optional']

interface Token {
  readonly text: string
  /** `=` or `;`, not quoted. */
  readonly isMark: boolean
}

/** `undefined` where the text is none. It may hold a password: nobody prints it. */
export function jaasEntryFromText(text: string): JaasEntry | undefined {
  const tokens = tokensOf(text)
  const last = tokens?.pop()
  if (tokens === undefined || last?.isMark !== true || last.text !== ';') return undefined
  const [loginModule, flag, ...pairs] = tokens
  if (loginModule === undefined || flag === undefined || !flags.includes(flag.text.toLowerCase())) return undefined
  if (loginModule.isMark || pairs.length % 3 !== 0) return undefined
  const options = new Map<string, string>()
  for (let at = 0; at < pairs.length; at += 3) {
    const [name, equals, value] = pairs.slice(at, at + 3)
    if (name === undefined || equals === undefined || value === undefined) return undefined
    if (name.isMark || value.isMark || !equals.isMark || equals.text !== '=') return undefined
    options.set(name.text, value.text)
  }
  return { loginModule: loginModule.text, options }
}

function tokensOf(text: string): Token[] | undefined {
  const tokens: Token[] = []
  const pattern = /\s+|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([=;])|([^\s"'=;]+)/gy
  for (let at = 0; at < text.length; at = pattern.lastIndex) {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match === null) return undefined
    const quoted = match[1] ?? match[2]
    const mark = match[3]
    const word = quoted?.replaceAll(/\\(.)/g, '$1') ?? match[4]
    if (mark !== undefined) tokens.push({ text: mark, isMark: true })
    else if (word !== undefined) tokens.push({ text: word, isMark: false })
  }
  return tokens
}
