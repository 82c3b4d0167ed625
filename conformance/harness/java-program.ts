/** Programs of ours in Java, compiled against Apache's jars when they are first wanted. */

import { readdirSync } from 'node:fs'
import { basename, delimiter, dirname, join } from 'node:path'

import { type ApacheVersion, apacheClassPath, javaArguments } from './apache-kafka.ts'
import { cached } from './cache.ts'
import { isInstalled, runWell } from './process.ts'
import { Unavailable } from './suite.ts'

/** What to give to `java` to run the class of the last source. */
export async function javaProgram(sources: readonly string[]): Promise<string[]> {
  const main = basename(sources.at(-1) ?? '', '.java')
  return javaArguments(main, [], { classPath: await compiledClassPath(sources) })
}

/** The classes of the sources and Apache's jars. Throws `Unavailable` without Java, its compiler, Maven or the network. */
export async function compiledClassPath(sources: readonly string[], version: ApacheVersion = '4.3.1'): Promise<string> {
  const jars = await apacheClassPath(version)
  if (!(await isInstalled('javac'))) throw new Unavailable('javac is not installed')
  const classes = await cached({
    name: `java-${basename(sources.at(-1) ?? '', '.java')}-${version}`,
    lockedBy: sources,
    fill: (target) => runWell('javac', ['-nowarn', '-d', target, '-cp', expanded(jars), ...sources]),
  })
  return [classes, jars].join(delimiter)
}

/** The compiler would take the `*` for itself as well, but would then process annotations in all of them. */
function expanded(jars: string): string {
  const folder = dirname(jars)
  const names = readdirSync(folder).filter((name) => name.endsWith('.jar'))
  return names.map((name) => join(folder, name)).join(delimiter)
}
