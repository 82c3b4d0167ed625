/** The snippets of the README, run as they stand there: only the address of the server is another. */

import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { javaClient } from '../../clients/programs.ts'
import { npmFolder, pythonWith, requireKcat } from '../../harness/installers.ts'
import { javaProgram } from '../../harness/java-program.ts'
import { isInstalled, runWell } from '../../harness/process.ts'
import { type Suite, Unavailable } from '../../harness/suite.ts'

const repository = join(import.meta.dirname, '..', '..', '..')
const clients = join(repository, 'conformance', 'clients')

export const suite: Suite = {
  name: 'readme',
  core: true,
  budgetSeconds: 180,
  async prepare() {
    await requireKcat()
    if (!(await isInstalled('go'))) throw new Unavailable('go is not installed')
    await pythonWith(join(clients, 'python', 'requirements-kafka-python.txt'))
    await npmFolder(join(clients, 'node'), [])
    await javaClient()
  },
  async run({ check, startServer, directory }) {
    const readme = readFileSync(join(repository, 'README.md'), 'utf8')
    const server = await startServer({})
    const snippet = (behind: string, language: string): string =>
      snippetOf(readme, behind, language).replaceAll('localhost:9092', server.bootstrap)

    await check('kcat sends ten records and reads them back', async () => {
      const lines = await runWell('bash', ['-ec', snippet('**kcat**', 'sh')])
      assert.deepEqual(lines.trim().split('\n'), ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10'])
    })
    await check('Kafka’s tools make a topic, write to it, read it in a group, and show the group', async () => {
      const lines = await runWell('bash', ['-ec', snippet('**Kafka’s command line**', 'sh')], { directory: repository })
      assert.match(lines, /^Created topic orders\.$/m)
      assert.match(lines, /^book$/m)
      assert.match(lines, /^shop +orders +\d +\d+ +\d+ +0 /m)
    })
    await check('the program of TypeScript sends a record, and reads it in a group', async () => {
      const lines = await runModule(directory, snippet('**TypeScript**', 'ts'), 'client.ts')
      assert.equal(lines, 'at 0 of partition 0\nuser-1: book\n')
    })
    await check('the Python program sends a record, and reads the topic in a group', async () => {
      const python = await pythonWith(join(clients, 'python', 'requirements-kafka-python.txt'))
      const lines = await runWell(python, ['-c', snippet('**Python**', 'python')])
      assert.match(lines, /^10 b'user-1' b'signed up'$/m)
    })
    await check('the Node.js program sends a record', async () => {
      await runModule(directory, snippet('**Node.js**', 'js'), 'send.mjs')
    })
    await check('the Go program sends a record, and reads the topic', async () => {
      const folder = join(directory, 'go')
      mkdirSync(folder)
      for (const file of ['go.mod', 'go.sum']) cpSync(join(clients, 'go', file), join(folder, file))
      writeFileSync(join(folder, 'main.go'), snippet('**Go**', 'go'))
      const built = join(folder, 'program')
      await runWell('go', ['build', '-mod=readonly', '-o', built, '.'], { directory: folder })
      assert.match(await runWell(built, []), /^10 signed up$/m)
    })
    await check('the Java program sends a record, and reads the topic', async () => {
      const source = join(directory, 'Example.java')
      writeFileSync(source, snippet('**Java**', 'java'))
      const lines = await runWell('java', await javaProgram([source]))
      assert.equal(lines.match(/^signed up$/gm)?.length, 4)
    })
    await check('a program of TypeScript starts a broker inside itself', async () => {
      await runModule(directory, snippet('**Inside your program**', 'ts'), 'inside.ts')
    })
  },
}

function snippetOf(readme: string, behind: string, language: string): string {
  const from = readme.indexOf(behind)
  const begin = readme.indexOf(`\`\`\`${language}\n`, from)
  assert.ok(from >= 0 && begin >= 0, `the README has a snippet behind ${behind}`)
  const start = begin + language.length + 4
  return readme.slice(start, readme.indexOf('```', start))
}

/** In a folder that has the clients' packages, and `gregor` as an installed one would be. */
async function runModule(directory: string, text: string, name: string): Promise<string> {
  const folder = join(directory, name.replace('.', '-'))
  const packages = join(folder, 'node_modules')
  mkdirSync(join(packages, '@platformatic'), { recursive: true })
  const installed = await npmFolder(join(clients, 'node'), [])
  symlinkSync(join(installed, 'node_modules', '@platformatic', 'kafka'), join(packages, '@platformatic', 'kafka'))
  mkdirSync(join(packages, '@gregor'))
  symlinkSync(join(repository, 'packages', 'gregor'), join(packages, 'gregor'))
  symlinkSync(join(repository, 'packages', 'client'), join(packages, '@gregor', 'client'))
  writeFileSync(join(folder, name), text)
  return await runWell(process.execPath, [join(folder, name)], { directory: folder })
}
