import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ByteWriter } from '@gregor/base'
import { CreateTopics, encodeRequest, encodeRequestHeader } from '@gregor/protocol'
import type { SimulatedEnvironment } from '@gregor/testkit/simulation'
import { ClientConnection, ConnectionResources } from '@gregor/transport'
import { ProgramFixture } from '../program-fixture.ts'

/** Absolute, as relative ones begin at the directory of the real process. */
const where = ['--override', 'log.dirs=/data', '--override', 'listeners=PLAINTEXT://127.0.0.1:9092'] as const

/** Starts a node, lets it come up, and does something with it before a signal ends it. */
async function whileRunning(
  program: ProgramFixture,
  words: readonly string[],
  body: () => Promise<void>,
): Promise<number> {
  const exitCode = program.run('start', ...words)
  const meanwhile = started(program)
    .then(body)
    .then(() => program.end('SIGTERM'))
  const [code] = await Promise.all([exitCode, meanwhile])
  return code
}

/** Resolves when the banner is there. */
async function started({ lines, environment }: ProgramFixture): Promise<void> {
  while (lines.length === 0) await new Promise<void>((resolve) => environment.time.after(1, 'look', resolve))
}

describe('gregor start', () => {
  it('starts a node, says where it is, and stops it in order at a signal', async () => {
    const program = new ProgramFixture()
    const exitCode = await whileRunning(program, where, async () => {
      assert.equal(program.lines[0], 'Gregor 0.1.0 (Apache Kafka 4.3.1) on Node.js 24.20.0')
      assert.equal(program.lines[1], '  listening on  127.0.0.1:9092')
      assert.match(program.lines[2] ?? '', /^ {2}data in {7}\/data \(cluster [\w-]{22}\)$/)
      assert.equal(program.lines[4], '  monitoring    http://127.0.0.1:9404/health and http://127.0.0.1:9404/metrics')
      const { status, body } = await program.environment.http.get(9404, '/health')
      assert.equal(status, 200)
      assert.match(String(body), /^{"state":"running","since":"2026-/)
    })
    assert.equal(exitCode, 0)
    assert.deepEqual(program.errors, [])
    assert.ok(program.environment.disk.stat('/data/.kafka_cleanshutdown') !== undefined)
    await assert.rejects(program.environment.http.get(9404, '/health'))
  })

  it('goes on without health and metrics where their port is taken, and says so', async () => {
    const program = new ProgramFixture()
    await program.environment.http.listen({ host: '127.0.0.1', port: 9404 }, () => assert.fail('not asked'))
    const exitCode = await whileRunning(program, where, async () => {
      assert.ok(!program.lines.some((line) => line.includes('monitoring')))
    })
    assert.equal(exitCode, 0)
    const warnings = program.environment.logger.entries.filter(({ level }) => level === 'warn')
    assert.deepEqual(
      warnings.map(({ message, fields }) => [message, fields['address'], fields['reason']]),
      [
        [
          'Health and metrics are not served: set gregor.monitoring.address to a free one',
          '127.0.0.1:9404',
          'EADDRINUSE',
        ],
      ],
    )
  })

  it('logs what is odd about the configuration', async () => {
    const program = new ProgramFixture()
    await whileRunning(program, [...where, '--override', 'num.partition=2'], async () => {})
    assert.ok(
      program.environment.logger.entries.some(
        ({ message }) => message === 'num.partition: is not known; did you mean num.partitions?',
      ),
    )
  })

  it('says every mistake in the configuration in a line of its own, and fails', async () => {
    const program = new ProgramFixture()
    const mistakes = ['--override', 'num.partitions=0', '--override', 'log.segment.bytes=many']
    assert.equal(await program.run('start', ...where, ...mistakes), 1)
    assert.equal(program.errors.length, 2)
    assert.match(program.errors[0] ?? '', /^gregor start: num\.partitions=0: .*; correct or remove the line$/)
    assert.match(program.errors[1] ?? '', /^gregor start: log\.segment\.bytes=many: /)
    assert.deepEqual(program.lines, [])
  })

  it('says when its port is taken', async () => {
    const program = new ProgramFixture()
    await program.environment.network.listen({ host: '127.0.0.1', port: 9092 }, () => {})
    assert.equal(await program.run('start', ...where), 1)
    assert.match(
      program.errors.join('\n'),
      /^gregor start: cannot listen on 127\.0\.0\.1:9092: another program listens/,
    )
  })

  it('says when another node has its directory', async () => {
    const program = new ProgramFixture()
    program.environment.disk.makeDirectory('/data')
    program.environment.disk.lock('/data/.lock')
    assert.equal(await program.run('start', ...where), 1)
    assert.match(program.errors.join('\n'), /^gregor start: log\.dirs: \/data is in use by another process/)
  })

  it('goes on without a log directory whose disk fails, and says which', async () => {
    const program = new ProgramFixture()
    program.environment.disk.faults.add({ operation: 'lock', path: /^\/broken/, times: Infinity })
    const exitCode = await whileRunning(program, [...where, '--override', 'log.dirs=/data,/broken'], async () => {
      assert.match(program.lines[2] ?? '', /^ {2}data in {7}\/data \(cluster [\w-]{22}\)$/)
      assert.match(program.lines[3] ?? '', /^ {2}offline {7}\/broken \(the disk failed: /)
    })
    assert.equal(exitCode, 0)
  })

  it('stops with the reason when a sync of its metadata fails', async () => {
    const program = new ProgramFixture()
    const exitCode = program.run('start', ...where)
    const meanwhile = started(program).then(() => {
      program.environment.disk.faults.add({ operation: 'sync', path: /__cluster_metadata/ })
      return createTopic(program.environment)
    })
    assert.equal(await exitCode, 1)
    await meanwhile
    assert.deepEqual(program.errors, [
      'gregor start: cannot sync /data/__cluster_metadata-0/00000000000000000000.log: the disk reports an error; check it before starting again',
    ])
  })

  it('stops without being told to, and ends with 1, when the disk with its metadata fails', async () => {
    const program = new ProgramFixture()
    const exitCode = program.run('start', ...where)
    const meanwhile = started(program).then(() => {
      program.environment.disk.faults.add({ operation: 'write', path: /__cluster_metadata/, times: Infinity })
      return createTopic(program.environment)
    })
    assert.equal(await exitCode, 1)
    await meanwhile
    assert.deepEqual(program.errors, [
      'gregor start: cannot write /data/__cluster_metadata-0/00000000000000000000.log: the disk reports an error; check it before starting again',
    ])
  })

  it('ends with 1 when it cannot stop in order', async () => {
    const program = new ProgramFixture()
    const exitCode = await whileRunning(program, where, async () => {
      program.environment.disk.faults.add({ operation: 'write', path: /__cluster_metadata/, times: Infinity })
    })
    assert.equal(exitCode, 1)
    assert.equal(program.errors.length, 1)
  })
})

/** Asks for a topic, whatever comes of it. */
async function createTopic(environment: SimulatedEnvironment): Promise<void> {
  const connection = await ClientConnection.open({
    environment,
    host: '127.0.0.1',
    port: 9092,
    resources: new ConnectionResources(),
    connectTimeoutMs: 1_000,
  })
  const topic = { name: 'orders', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
  const answered = connection.request(
    (correlationId) => {
      const writer = new ByteWriter()
      encodeRequestHeader(CreateTopics, { apiVersion: 7, correlationId, clientId: 'test' }, writer)
      encodeRequest(CreateTopics, 7, { topics: [topic], timeoutMs: 1_000 }, writer)
      return writer.finish()
    },
    { timeoutMs: 1_000 },
  )
  await Promise.allSettled([answered])
  await connection.close()
}
