/**
 * `${provider:path:key}` in values (KIP-297): passwords and addresses that do not stand in the file itself. The three
 * providers Kafka brings along are here: environment variables, properties files, and directories with a file per
 * key. What they read comes through functions that are passed in.
 */
import type { ConfigProblem } from './config-error.ts'
import { parseProperties } from './properties.ts'

export interface ReferenceReaders {
  /** An environment variable; `undefined` where it is not set. */
  environment(name: string): string | undefined
  /** The text of a file; `undefined` where there is none. */
  file(path: string): string | undefined
}

/** Values with references put in; what cannot be found stays as it stands, as with Kafka, and is warned about. */
export interface Resolved {
  readonly properties: ReadonlyMap<string, string>
  readonly problems: readonly ConfigProblem[]
  readonly warnings: readonly string[]
}

type Lookup = (path: string, key: string) => string | undefined

const classes: Readonly<Record<string, Kind>> = {
  'org.apache.kafka.common.config.provider.EnvVarConfigProvider': 'env',
  'org.apache.kafka.common.config.provider.FileConfigProvider': 'file',
  'org.apache.kafka.common.config.provider.DirectoryConfigProvider': 'directory',
}

type Kind = 'env' | 'file' | 'directory'

/** Replaces every reference to a provider that `config.providers` names; without that line nothing is replaced. */
export function resolveReferences(properties: ReadonlyMap<string, string>, readers: ReferenceReaders): Resolved {
  const problems: ConfigProblem[] = []
  const warnings: string[] = []
  const lookups = new Map<string, Lookup>()
  for (const provider of (properties.get('config.providers') ?? '').split(',').map((name) => name.trim())) {
    if (provider === '') continue
    const kind = kindOf(provider, properties)
    const lookup = typeof kind === 'object' ? kind : lookupOf(kind, provider, properties, readers)
    if (typeof lookup === 'object') problems.push(lookup)
    else lookups.set(provider, lookup)
  }
  const resolved = new Map<string, string>()
  for (const [name, value] of properties) resolved.set(name, replace(name, value, lookups, warnings))
  return { properties: resolved, problems, warnings }
}

function kindOf(provider: string, properties: ReadonlyMap<string, string>): Kind | ConfigProblem {
  const key = `config.providers.${provider}.class`
  const named = properties.get(key)?.trim()
  if (named !== undefined) {
    const message = `${key}=${named}: only ${Object.keys(classes).join(', ')} exist here; use one of them`
    return classes[named] ?? { key, value: named, message }
  }
  if (provider === 'env' || provider === 'file' || provider === 'directory') return provider
  const message = `config.providers=${provider}: unknown without ${key}; give the class, or use env, file or directory`
  return { key: 'config.providers', value: provider, message }
}

function lookupOf(
  kind: Kind,
  provider: string,
  properties: ReadonlyMap<string, string>,
  readers: ReferenceReaders,
): Lookup | ConfigProblem {
  if (kind === 'env') {
    const key = `config.providers.${provider}.param.allowlist.pattern`
    const value = properties.get(key) ?? '.*'
    const pattern = patternFromText(value)
    if (pattern === undefined) return { key, value, message: `${key}=${value}: not a regular expression; correct it` }
    return (_, variable) => (pattern.test(variable) ? readers.environment(variable) : undefined)
  }
  const roots = properties.get(`config.providers.${provider}.param.allowed.paths`)?.split(',')
  const read = (path: string): string | undefined => (isAllowed(path, roots) ? readers.file(path) : undefined)
  if (kind === 'directory') return (path, key) => (key.includes('/') ? undefined : read(`${path}/${key}`))
  return (path, key) => {
    const text = read(path)
    return text === undefined ? undefined : parseProperties(text).get(key)
  }
}

function patternFromText(text: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${text})$`)
  } catch {
    return undefined
  }
}

function isAllowed(path: string, roots: readonly string[] | undefined): boolean {
  if (roots === undefined) return true
  const parts = path.split(/[\\/]/)
  return !parts.includes('..') && roots.some((root) => path === root.trim() || path.startsWith(`${root.trim()}/`))
}

function replace(name: string, value: string, lookups: ReadonlyMap<string, Lookup>, warnings: string[]): string {
  return value.replaceAll(
    /\$\{([^}]*?):(?:([^}]*?):)?([^}]*?)\}/g,
    (whole, provider: string, path: string = '', key: string = '') => {
      const lookup = lookups.get(provider)
      const found = lookup?.(path, key)
      if (found !== undefined) return found
      warnings.push(
        lookup === undefined
          ? `${name}: ${whole} is taken literally, because config.providers does not name ${provider}`
          : `${name}: ${whole} was not found and is taken literally`,
      )
      return whole
    },
  )
}
