/**
 * A real Apache Kafka, from its published jars: the peer for files and the maker of the tools. The jars hold no scripts,
 * so its programs are started by their Java class. What is taken is locked in conformance/apache-kafka/VERSION/pom.xml.
 */

import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { cached } from './cache.ts'
import { isInstalled, run, runWell, type RunOptions, type RunResult } from './process.ts'
import { freePort, prepareDirectory, startProcess, type Server, type ServerOptions } from './server.ts'
import { Unavailable } from './suite.ts'

export type ApacheVersion = '4.3.1' | '3.9.1'

const home = join(import.meta.dirname, '..', 'apache-kafka')
/** For what runs for seconds: it starts sooner, and never gets as fast as it can. */
const shortLivedJvm = ['-Xmx512m', '-XX:TieredStopAtLevel=1']
const clusterId = 'Z3JlZ29yLWNvbmZvcm1hbg'

/** The class path of the jars, fetched at first. Throws `Unavailable` without Java, Maven or its repository. */
export async function apacheClassPath(version: ApacheVersion = '4.3.1'): Promise<string> {
  for (const program of ['java', 'mvn']) {
    if (!(await isInstalled(program))) throw new Unavailable(`${program} is not installed`)
  }
  const pom = join(home, version, 'pom.xml')
  const folder = await cached({
    name: `apache-kafka-${version}`,
    lockedBy: [pom],
    fill: (target) =>
      runWell(
        'mvn',
        [
          '-q',
          '-B',
          '-f',
          pom,
          'dependency:copy-dependencies',
          `-DoutputDirectory=${target}`,
          '-DincludeScope=runtime',
        ],
        { timeoutMs: 10 * 60_000 },
      ),
  })
  return join(folder, '*')
}

/** Runs one of Apache's tools to its end: `apacheTool('org.apache.kafka.tools.TopicCommand', ['--list', …])`. */
export async function apacheTool(
  className: string,
  given: readonly string[],
  options: RunOptions & { readonly version?: ApacheVersion } = {},
): Promise<RunResult> {
  return run('java', await javaArguments(className, given, { version: options.version }), options)
}

/** What to give to `java` to run a class with Apache's jars. */
export async function javaArguments(
  className: string,
  given: readonly string[],
  options: {
    readonly version?: ApacheVersion | undefined
    readonly jvm?: readonly string[] | undefined
    /** Another one than Apache's jars alone. */
    readonly classPath?: string
  } = {},
): Promise<string[]> {
  const logging = `-Dlog4j2.configurationFile=${join(home, 'log4j2.properties')}`
  const classPath = options.classPath ?? (await apacheClassPath(options.version))
  return [...(options.jvm ?? shortLivedJvm), '-cp', classPath, logging, className, ...given]
}

/** One node, broker and controller, on 127.0.0.1; formats its directory where that is new. */
export async function startApacheKafka(
  options: ServerOptions & {
    readonly version?: ApacheVersion
    /** The options of a JVM that is to be fast, not quickly there. */
    readonly jvm?: readonly string[]
    /** How a new directory is formatted: with `--standalone` (kraft.version 1), else with its voter in the file (0). */
    readonly isStandalone?: boolean
  } = {},
): Promise<Server> {
  const port = options.port ?? (await freePort())
  const controllerPort = await freePort()
  const directory = prepareDirectory(options.directory, {
    'process.roles': 'broker,controller',
    'node.id': 1,
    ...(options.isStandalone === true
      ? { 'controller.quorum.bootstrap.servers': `127.0.0.1:${controllerPort}` }
      : { 'controller.quorum.voters': `1@127.0.0.1:${controllerPort}` }),
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    ...options.properties,
  })
  const file = join(directory, 'server.properties')
  if (!existsSync(join(directory, 'data', 'meta.properties'))) {
    const standalone = options.isStandalone === true ? ['--standalone'] : []
    const format = ['format', '-t', clusterId, '-c', file, ...standalone]
    const given = await javaArguments('kafka.tools.StorageTool', format, { version: options.version })
    await runWell('java', given)
  }
  const place = { name: 'Apache Kafka', port, directory, isOwn: options.directory === undefined } as const
  return startProcess(place, 'java', await javaArguments('kafka.Kafka', [file], options))
}
