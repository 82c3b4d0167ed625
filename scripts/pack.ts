/**
 * `npm run pack [-- DIRECTORY]`: the packages as they are published, each as a folder below DIRECTORY (default: packed/):
 * JavaScript and declarations instead of the sources that a checkout runs, and a package.json that points to them. Of
 * `@gregor/client` and `gregor`, and of all of ours that they need.
 */

import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

import { runTool } from './run-tool.ts'

interface Manifest {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly license: string
  readonly exports: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly engines: Readonly<Record<string, string>>
}

const root = resolve(import.meta.dirname, '..')
const published = ['@gregor/client', 'gregor']
const target = resolve(process.argv[2] ?? join(root, 'packed'))

if (!runTool('typescript/tsc', ['-b', 'packages/client', 'packages/gregor'])) process.exit(1)
const folders = new Map(
  globSync('packages/*/package.json', { cwd: root }).map((file) => [
    readManifest(file).name,
    dirname(join(root, file)),
  ]),
)
rmSync(target, { recursive: true, force: true })
for (const name of closureOf(published)) packOne(name)

/** With all that they depend on among our packages. */
function closureOf(names: readonly string[]): ReadonlySet<string> {
  const closure = new Set(names)
  for (const name of closure) {
    for (const dependency of Object.keys(manifestOf(name).dependencies ?? {}))
      if (folders.has(dependency)) closure.add(dependency)
  }
  return closure
}

function packOne(name: string): void {
  const folder = folders.get(name) ?? ''
  const to = join(target, name.replace('/', '-').replace('@', ''))
  const isShipped = (file: string): boolean => !/\.test\.|-fixture\./.test(file)
  for (const file of globSync('dist/**/*.{js,d.ts}', { cwd: folder }).filter(isShipped)) {
    const place = join(to, file)
    mkdirSync(dirname(place), { recursive: true })
    writeFileSync(place, publishedText(readFileSync(join(folder, file), 'utf8')))
  }
  cpSync(join(root, 'LICENSE'), join(to, 'LICENSE'))
  writeFileSync(join(to, 'README.md'), readmeOf(manifestOf(name)))
  writeFileSync(join(to, 'package.json'), `${JSON.stringify(publishedManifest(manifestOf(name)), null, 2)}\n`)
  process.stdout.write(`${relative(process.cwd(), to)}\n`)
}

/** Imports name what is there, and no maps of sources that are not. */
function publishedText(text: string): string {
  return text
    .replaceAll(/((?:from|import)\s*\(?\s*['"]\.{1,2}\/[^'"]*)\.ts(['"])/g, '$1.js$2')
    .replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n')
}

function publishedManifest({ name, version, description, license, exports, dependencies, engines }: Manifest): object {
  const entries = Object.entries(exports).map(([entry, source]) => {
    const built = source.replace('./src/', './dist/')
    return [entry, { types: built.replace(/\.ts$/, '.d.ts'), default: built.replace(/\.ts$/, '.js') }]
  })
  return {
    name,
    version,
    description,
    license,
    type: 'module',
    exports: Object.fromEntries([...entries, ['./package.json', './package.json']]) as object,
    files: ['dist'],
    dependencies,
    engines,
  }
}

function readmeOf({ name, description }: Manifest): string {
  const pages = published.includes(name)
    ? 'Guides and the reference are in `docs/` of the repository.'
    : 'A part of Gregor that its other packages stand on: what it exports may change with any version.'
  return `# ${name}\n\n${description}\n\n${pages}\n`
}

function manifestOf(name: string): Manifest {
  return readManifest(join(folders.get(name) ?? '', 'package.json'))
}

function readManifest(file: string): Manifest {
  return JSON.parse(readFileSync(resolve(root, file), 'utf8')) as Manifest
}
