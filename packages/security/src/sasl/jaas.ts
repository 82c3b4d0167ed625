/**
 * One entry of a JAAS configuration, as `sasl.jaas.config` has it: the login module's class, a flag, options in
 * `name=value` or `name="value"`, and a semicolon. Read, never run: the class says which mechanism is meant.
 */

export interface JaasEntry {
  readonly loginModule: string
  readonly options: ReadonlyMap<string, string>
}

const flags: readonly string[] = ['required', 'requisite', 'sufficient', 'optional']

/** `undefined` where the text is none. It may hold a password: nobody prints it. */
export function jaasEntryFromText(text: string): JaasEntry | undefined {
  const tokens = tokensOf(text)
  if (tokens === undefined || tokens.at(-1) !== ';') return undefined
  const [loginModule, flag, ...pairs] = tokens.slice(0, -1)
  if (loginModule === undefined || flag === undefined || !flags.includes(flag.toLowerCase())) return undefined
  if (pairs.length % 3 !== 0) return undefined
  const options = new Map<string, string>()
  for (let at = 0; at < pairs.length; at += 3) {
    const [name, equals, value] = pairs.slice(at, at + 3)
    if (name === undefined || value === undefined || equals !== '=') return undefined
    options.set(name, value)
  }
  return { loginModule, options }
}

/** Words, quoted texts without their quotes, `=` and `;`. */
function tokensOf(text: string): string[] | undefined {
  const tokens: string[] = []
  const pattern = /\s+|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([=;])|([^\s"'=;]+)/gy
  for (let at = 0; at < text.length; at = pattern.lastIndex) {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match === null) return undefined
    const quoted = match[1] ?? match[2]
    const token = quoted?.replaceAll(/\\(.)/g, '$1') ?? match[3] ?? match[4]
    if (token !== undefined) tokens.push(token)
  }
  return tokens
}
