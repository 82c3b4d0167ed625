/**
 * The examples of docs/testing.md, run as they stand there by node:test, vitest and jest, with `gregor` in their
 * node_modules as an installed one would be: JavaScript with its declarations, compiled from this checkout.
 */

import assert from 'node:assert/strict'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { npmFolder } from '../../harness/installers.ts'
import { installOurPackages } from '../../harness/installed-packages.ts'
import { runWell } from '../../harness/process.ts'
import type { Suite } from '../../harness/suite.ts'

const repository = join(import.meta.dirname, '..', '..', '..')
const runners = join(repository, 'conformance', 'clients', 'test-runners')

export const suite: Suite = {
  name: 'testing-examples',
  core: true,
  budgetSeconds: 300,
  async prepare() {
    await npmFolder(runners, [])
  },
  async run({ check, directory }) {
    const guide = readFileSync(join(repository, 'docs', 'testing.md'), 'utf8')
    const installed = join(await npmFolder(runners, []), 'node_modules')
    await installOurPackages(directory)
    for (const name of ['kafkajs', 'vitest', '@jest'])
      symlinkSync(join(installed, name), join(directory, 'node_modules', name))
    writeFileSync(join(directory, 'package.json'), '{ "type": "module", "jest": { "transform": {} } }\n')

    await check('the example for node:test passes', async () => {
      writeFileSync(join(directory, 'payments.test.ts'), exampleOf(guide, 'With node:test', 'ts'))
      const lines = await runWell(process.execPath, ['--test', '--test-reporter=tap', 'payments.test.ts'], {
        directory,
      })
      return passed(/^# pass (\d+)$/m, lines, 3)
    })
    await check('the example for vitest passes', async () => {
      writeFileSync(join(directory, 'orders.test.ts'), exampleOf(guide, 'With vitest', 'ts'))
      const vitest = join(installed, 'vitest', 'vitest.mjs')
      const given = [vitest, 'run', '--no-color', 'orders.test.ts']
      return passed(/Tests\s+(\d+) passed/, await runWell(process.execPath, given, { directory }), 2)
    })
    await check('the example for jest passes', async () => {
      writeFileSync(join(directory, 'orders.test.mjs'), exampleOf(guide, 'With jest', 'js'))
      const jest = join(installed, 'jest', 'bin', 'jest.js')
      const given = ['--experimental-vm-modules', jest, '--json', '--rootDir', directory, 'orders.test.mjs']
      return passed(/"numPassedTests":(\d+)/, await runWell(process.execPath, given, { directory }), 2)
    })
  },
}

function exampleOf(guide: string, heading: string, language: string): string {
  const from = guide.indexOf(`\n## ${heading}\n`)
  const begin = guide.indexOf(`\`\`\`${language}\n`, from)
  assert.ok(from >= 0 && begin >= 0, `docs/testing.md has an example under ${heading}`)
  return guide.slice(begin + language.length + 4, guide.indexOf('```\n', begin + 3))
}

function passed(pattern: RegExp, output: string, count: number): string {
  assert.equal(Number(pattern.exec(output)?.[1]), count, output)
  return `${count} tests`
}
