/**
 * One directory, two servers in turns: what Gregor wrote is opened, read whole and appended to by Apache Kafka and opened
 * here again, and the other way round, after clean stops and after kill -9. And neither opens it while the other runs.
 */

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

import { Driver } from '../../clients/driver.ts'
import { javaClient } from '../../clients/programs.ts'
import { apacheClassPath, startApacheKafka } from '../../harness/apache-kafka.ts'
import { runWell } from '../../harness/process.ts'
import { servedApis } from '../../harness/served-apis.ts'
import { startGregor, type ServerOptions } from '../../harness/server.ts'
import type { Suite } from '../../harness/suite.ts'
import { readContents, requireSame, type Contents } from './contents.ts'
import { upgradeKraftVersion, type Writer } from './kraft-version.ts'
import { append, properties, write, type Served } from './workload.ts'

type End = 'stop' | 'kill'

interface Route {
  /** A sentence that is true when it passes. */
  readonly name: string
  readonly isExtra: boolean
  readonly first: Writer
  readonly second: Writer
  readonly end: End
}

const gregor: Writer = (options) => startGregor(options)
const apacheStandalone: Writer = (options) => startApacheKafka({ ...options, isStandalone: true })
const apacheStatic: Writer = (options) => startApacheKafka({ ...options, isStandalone: false })

const routes: readonly Route[] = [
  {
    name: 'Apache Kafka reads all that Gregor wrote, after a clean stop, and appends; Gregor reads all of that',
    isExtra: false,
    first: gregor,
    second: apacheStandalone,
    end: 'stop',
  },
  {
    name: 'Gregor reads all that Apache Kafka wrote (--standalone), after kill -9, and appends; Apache reads all of that',
    isExtra: false,
    first: apacheStandalone,
    second: gregor,
    end: 'kill',
  },
  {
    name: 'Apache Kafka reads all that Gregor wrote, after kill -9, and appends; Gregor reads all of that',
    isExtra: true,
    first: gregor,
    second: apacheStandalone,
    end: 'kill',
  },
  {
    name: 'Gregor reads all that Apache Kafka wrote (--standalone), after a clean stop, and appends; Apache reads all of that',
    isExtra: true,
    first: apacheStandalone,
    second: gregor,
    end: 'stop',
  },
  {
    name: 'Gregor reads all that Apache Kafka wrote (static voters), after a clean stop, and appends; Apache reads all of that',
    isExtra: true,
    first: apacheStatic,
    second: gregor,
    end: 'stop',
  },
  {
    name: 'Gregor reads all that Apache Kafka wrote (static voters), after kill -9, and appends; Apache reads all of that',
    isExtra: true,
    first: apacheStatic,
    second: gregor,
    end: 'kill',
  },
]

export const suite: Suite = {
  name: 'interchange',
  core: true,
  // It starts Apache Kafka five times, and with --all a dozen times.
  budgetSeconds: 1_200,
  async prepare() {
    await apacheClassPath()
  },
  async run({ check, scope, directory }) {
    for (const [index, route] of routes.entries()) {
      if (route.isExtra && scope === 'core') continue
      await check(route.name, () => walk(route, join(directory, String(index))))
    }
    await check('kraft.version goes from 0 to 1 here, and Apache Kafka goes on with the voters in the log', () =>
      upgradeKraftVersion({ apache: apacheStatic, gregor }, join(directory, 'kraft-version')),
    )
    await check('neither opens a directory that the other has open', () => lock(join(directory, 'lock')))
  },
}

async function walk({ first, second, end }: Route, directory: string): Promise<string> {
  const said: string[] = []
  const options = { directory, properties }
  const written = await visit(first, options, end, async (driver, served) => write(driver, served))
  const appended = await visit(second, options, end, async (driver, served) => {
    said.push(requireSame(await readContents(driver, { servesGroups: served.groups }), written))
    await append(driver, 'the-other')
  })
  await visit(first, options, 'stop', async (driver, served) => {
    said.push(requireSame(await readContents(driver, { servesGroups: served.groups }), appended))
    await append(driver, 'the-first')
  })
  const main = join(import.meta.dirname, '..', '..', '..', 'packages', 'cli', 'src', 'main.ts')
  const verified = await runWell(process.execPath, [main, 'log', 'verify', join(directory, 'data')])
  return `${said.join('; ')}; ${verified.trim().split('\n').at(-1)}`
}

/** Apache Kafka forgets deleted records at a crash until it has written where the log begins. */
async function untilTrimIsKept(directory: string): Promise<void> {
  const file = join(directory, 'data', 'log-start-offset-checkpoint')
  for (let attempt = 0; attempt < 300; attempt++) {
    if (existsSync(file) && readFileSync(file, 'utf8').includes('trimmed 0 ')) return
    await setTimeout(100)
  }
  throw new Error(`${file} does not name the trimmed topic`)
}

/** Starts a server, does something with it, says what it then has, and ends it. */
async function visit(
  start: Writer,
  options: ServerOptions,
  end: End,
  doing: (driver: Driver, served: Served) => Promise<void>,
): Promise<Contents> {
  const server = await start(options)
  try {
    const keys = await servedApis(server.port)
    const served = { groups: keys.has(11), consumerGroups: keys.has(68), transactions: keys.has(24) }
    const driver = Driver.start(await javaClient(), server.bootstrap)
    try {
      await doing(driver, served)
      const contents = await readContents(driver, { servesGroups: served.groups })
      if (end === 'kill') {
        if (options.directory !== undefined) await untilTrimIsKept(options.directory)
        await server.kill()
      } else await server.stop()
      return contents
    } finally {
      await driver.close()
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`${server.name}: ${reason}\n${server.output().slice(-2_000)}`, { cause: error })
  } finally {
    await server.kill()
  }
}

async function lock(directory: string): Promise<string> {
  const ours = await gregor({ directory, properties })
  try {
    await assert.rejects(apacheStandalone({ directory, properties }), /lock/i)
  } finally {
    await ours.stop()
  }
  const theirs = await apacheStandalone({ directory, properties })
  try {
    const refusal = await gregor({ directory, properties }).then(
      () => assert.fail('Gregor opened it'),
      (error: unknown) => String(error),
    )
    assert.match(refusal, /lock|another process|in use/i)
    return refusal.split('\n').find((line) => /lock|another process|in use/i.test(line)) ?? ''
  } finally {
    await theirs.stop()
  }
}
