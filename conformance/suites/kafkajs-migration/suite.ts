/**
 * docs/migrating-from-kafkajs.md is true: its TypeScript type-checks against our packages as they are published, runs
 * against a node, and members of both clients share a group while a program moves from one to the other.
 */

import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { npmFolder } from '../../harness/installers.ts'
import { installOurPackages } from '../../harness/installed-packages.ts'
import { runWell } from '../../harness/process.ts'
import type { Suite } from '../../harness/suite.ts'

const repository = join(import.meta.dirname, '..', '..', '..')
const runners = join(repository, 'conformance', 'clients', 'test-runners')
const programs = join(import.meta.dirname, 'programs')

export const suite: Suite = {
  name: 'kafkajs-migration',
  core: true,
  budgetSeconds: 300,
  async prepare() {
    await npmFolder(runners, [])
  },
  async run({ check, directory, startServer }) {
    const installed = join(await npmFolder(runners, []), 'node_modules')
    await installOurPackages(directory)
    const packages = join(directory, 'node_modules')
    symlinkSync(join(installed, 'kafkajs'), join(packages, 'kafkajs'))
    for (const name of ['@types', 'undici-types'])
      symlinkSync(join(repository, 'node_modules', name), join(packages, name))
    cpSync(programs, directory, { recursive: true })
    const snippets = snippetsOf(readFileSync(join(repository, 'docs', 'migrating-from-kafkajs.md'), 'utf8'))
    mkdirSync(join(directory, 'snippets'))
    for (const { name, module } of snippets) writeFileSync(join(directory, 'snippets', `${name}.ts`), module)

    await check('its snippets type-check', async () => {
      const compiler = join(repository, 'node_modules', 'typescript', 'bin', 'tsc')
      await runWell(process.execPath, [compiler, '-p', directory])
      return `${snippets.length} snippets`
    })
    const server = await startServer({ properties: { 'group.initial.rebalance.delay.ms': '0' } })
    for (const { name, heading, isRunnable } of snippets) {
      if (!isRunnable) continue
      await check(`under “${heading}”, snippet ${name} runs`, async () => {
        await runWell(process.execPath, [join(directory, 'run-snippet.ts'), server.bootstrap, name], { directory })
      })
    }
    await check('members of both clients share a group, whichever leads it', async () => {
      await runWell(process.execPath, [join(directory, 'shared-group.mjs'), server.bootstrap], { directory })
    })
  },
}

interface Snippet {
  readonly name: string
  readonly heading: string
  readonly module: string
  /** Not one that names hosts which are not there. */
  readonly isRunnable: boolean
}

/** Each as the body of a function that is given what the guide takes for granted. */
function snippetsOf(guide: string): readonly Snippet[] {
  let heading = ''
  const snippets: Snippet[] = []
  for (const [, title, code] of guide.matchAll(/^## (.*)$|^```ts\n([^]*?)^```$/gm)) {
    heading = title ?? heading
    if (code === undefined) continue
    const lines = code.split('\n')
    const isImport = (line: string): boolean => line.startsWith('import ')
    const module = [
      ...lines.filter(isImport),
      `import type { Given } from '../given.ts'`,
      'export async function snippet({ kafka: given, handle, secret, signal }: Given): Promise<void> {',
      'const kafka = given; void [kafka, handle, secret, signal]; {',
      ...lines.filter((line) => !isImport(line)),
      '} }',
    ]
    const name = String(snippets.length + 1)
    snippets.push({ name, heading, module: module.join('\n'), isRunnable: !code.includes('kafka1:9092') })
  }
  assert.ok(snippets.length >= 10, 'the guide has its snippets')
  return snippets
}
