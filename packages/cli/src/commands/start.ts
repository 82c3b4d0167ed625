/**
 * `gregor start`: one node until a signal ends it. It stops in order at the first signal, so that the next start need not
 * check anything; further signals change nothing. A node that cannot go on by itself stops, too, and ends with 1.
 */
import { Broker } from '@gregor/broker'
import { defineCommand, keyValues, optional, text } from '../command.ts'
import type { Program } from '../program.ts'
import { bannerLines } from '../start-banner.ts'
import { loadStartConfig } from '../start-config.ts'
import { startFailureLines } from '../start-failure.ts'

export const start = defineCommand({
  name: 'start',
  summary: 'Start one node, broker and controller in one process.',
  arguments: {
    file: optional(
      text({
        summary: 'server.properties, with Apache Kafka’s keys. Without it: 127.0.0.1:9092, with the data in ./data.',
      }),
    ),
  },
  options: {
    override: keyValues({ summary: 'A config that goes before the file. May be given more than once.' }),
  },
  examples: ['start', 'start config/server.properties --override log.retention.hours=24'],
  async run({ file, override }, program) {
    const ending = program.ending()
    const failures: unknown[] = []
    const failed = Promise.withResolvers<void>()
    try {
      const broker = await Broker.start({
        environment: program.environment,
        config: loadStartConfig({ file, overrides: override }, program),
        onFatal(cause) {
          failures.push(cause)
          failed.resolve()
        },
      })
      sayStarted(broker, program)
      const { exposeProcess, environment } = program
      const forgetProcess = broker.monitoringUrl === undefined ? () => {} : exposeProcess(environment.metrics)
      await Promise.race([ended(ending), failed.promise])
      forgetProcess()
      await broker.stop()
      if (failures.length === 0) return 0
      throw failures[0]
    } catch (error) {
      const lines = startFailureLines(error)
      if (lines === undefined) throw error
      for (const line of lines) program.out.error(`gregor start: ${line}`)
      return 1
    }
  },
})

function sayStarted(broker: Broker, { out, environment, nodeVersion, startedMs }: Program): void {
  const described = broker.services.logDirectories.describe()
  const pathsOf = (state: 'NONE' | 'KAFKA_STORAGE_ERROR'): string[] =>
    described.filter(({ error }) => error === state).map(({ path }) => path)
  const lines = bannerLines({
    nodeVersion,
    addresses: broker.addresses.map(({ host, port }) => `${host}:${port}`),
    directories: pathsOf('NONE'),
    failedDirectories: pathsOf('KAFKA_STORAGE_ERROR'),
    clusterId: broker.clusterId,
    isSyncedBeforeAcknowledged: broker.services.config.get('log.flush.interval.messages') === 1,
    monitoring: broker.monitoringUrl,
    tookMs: environment.clock.monotonicMs() - startedMs,
  })
  for (const line of lines) out.line(line)
}

function ended(ending: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  if (ending.aborted) resolve()
  else ending.addEventListener('abort', () => resolve(), { once: true })
  return promise
}
