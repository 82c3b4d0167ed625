import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Environment, Socket } from '@gregor/platform'
import { seededRandom } from './seeded-random.ts'
import { beginningMs } from './simulated-clock.ts'
import { SimulatedWorld, simulatedEnvironment } from './simulated-world.ts'

describe('SimulatedWorld', () => {
  it('repeats a whole run from its seed', async () => {
    const first = await story(42)
    assert.deepEqual(await story(42), first)
    assert.notEqual((await story(43)).digest, first.digest)
  })

  it('gives each node its own disk, log and randomness, and all the same time', async () => {
    const world = new SimulatedWorld({ seed: 1 })
    const a = world.node('a').environment
    const b = world.node('b').environment
    a.disk.makeDirectory('/only-here')
    assert.equal(b.disk.stat('/only-here'), undefined)
    a.logger.info('said here')
    assert.deepEqual(b.logger.entries, [])
    assert.notEqual(a.random.uint32(), b.random.uint32())
    await world.time.advance(5)
    assert.equal(a.clock.monotonicMs(), b.clock.monotonicMs())
    assert.equal(world.node('a'), world.node('a'))
  })

  it('draws for a node what it draws, whatever other nodes do', () => {
    const draw = (otherDraws: number): number => {
      const world = new SimulatedWorld({ seed: 1 })
      const a = world.node('a').environment
      const b = world.node('b').environment
      for (let count = 0; count < otherDraws; count++) a.random.uint32()
      return b.random.uint32()
    }
    assert.equal(draw(0), draw(10))
  })
})

describe('SimulatedNode', () => {
  it('loses its timers and connections when it is killed, and keeps its page cache', async () => {
    const world = new SimulatedWorld({ seed: 1 })
    const node = world.node('a')
    const before = node.environment
    before.clock.schedule(10, () => assert.fail('a dead process does nothing'))
    before.clock.afterTurn(() => assert.fail('a dead process does nothing'))
    before.disk.open('/x', { create: true }).write([Buffer.from('not synced')], 0)
    await before.network.listen({ host: '0.0.0.0', port: 1 }, () => assert.fail('nobody listens'))
    node.kill()
    await world.time.advance(100)
    assert.notEqual(node.environment, before)
    assert.equal(node.environment.disk.readFile('/x').toString(), 'not synced')
    const { network } = world.node('b').environment
    await assert.rejects(world.time.run(network.connect({ host: 'a', port: 1, timeoutMs: 100 })), {
      code: 'ECONNREFUSED',
    })
    await assert.rejects(before.network.connect({ host: 'b', port: 1, timeoutMs: 100 }), { code: 'ENETDOWN' })
    await assert.rejects(
      before.network.listen({ host: '0.0.0.0', port: 2 }, () => undefined),
      { code: 'EADDRINUSE' },
    )
  })

  it('tells peers when it is killed, and nobody when it loses power', async () => {
    for (const isKilled of [true, false]) {
      const { world, hasEnded } = await connectedWorld()
      if (isKilled) world.node('a').kill()
      else world.node('a').losePower()
      await world.time.advance(1000)
      assert.equal(hasEnded(), isKilled)
    }
  })

  it('tells a dead process nothing of its connections', async () => {
    const { world, dead } = await connectedWorld()
    world.node('a').kill()
    await world.time.advance(1000)
    assert.deepEqual(dead, [])
  })

  it('loses what was not synced when it loses power, and starts again on the rest', async () => {
    const lost = new Set<boolean>()
    for (let seed = 0; seed < 20; seed++) {
      const world = new SimulatedWorld({ seed })
      const node = world.node('a')
      node.environment.disk.open('/x', { create: true }).write([Buffer.from('not synced')], 0)
      node.losePower()
      node.restart()
      lost.add(node.environment.disk.stat('/x') === undefined)
      await node.environment.network.listen({ host: '0.0.0.0', port: 1 }, () => undefined)
    }
    assert.equal(lost.size, 2)
  })
})

describe('simulatedEnvironment', () => {
  it('has a wall clock that can jump, beside one that cannot', async () => {
    const { clock, time } = simulatedEnvironment(1)
    assert.equal(clock.wallMs(), beginningMs)
    assert.equal(new Date(beginningMs).toISOString(), '2026-01-01T00:00:00.000Z')
    await time.advance(1000.5)
    clock.jump(-3_600_000)
    assert.equal(clock.wallMs(), beginningMs + 1000 - 3_600_000)
    assert.equal(clock.monotonicMs(), 1000.5)
  })

  it('runs timers in virtual time, and what waits for the end of a turn after them', async () => {
    const { clock, time } = simulatedEnvironment(1)
    const ran: string[] = []
    clock.schedule(60_000, () => ran.push('timer'))
    clock.schedule(5, () => ran.push('cancelled')).cancel()
    clock.afterTurn(() => ran.push('turn'))
    await time.advance(60_000)
    assert.deepEqual(ran, ['turn', 'timer'])
  })

  it('keeps what is logged, with the fields of children', () => {
    const { logger } = simulatedEnvironment(1)
    logger.child({ component: 'log' }).warn('careful', { partition: 0 })
    for (const level of ['trace', 'debug', 'info', 'error'] as const) logger[level](level)
    assert.deepEqual(logger.lines(), ['WARN careful', 'TRACE trace', 'DEBUG debug', 'INFO info', 'ERROR error'])
    assert.deepEqual(logger.lines('warn'), ['WARN careful'])
    assert.deepEqual(logger.entries[0]?.fields, { component: 'log', partition: 0 })
    assert.equal(logger.entries[0]?.wallMs, beginningMs)
  })

  it('answers HTTP to who asks', async () => {
    const { http } = simulatedEnvironment(1)
    const listener = await http.listen({ host: '0.0.0.0', port: 0 }, ({ path, query }) => ({
      status: 200,
      contentType: 'text/plain',
      body: `${path} ${query.get('a')}`,
    }))
    assert.equal((await http.get(listener.port, '/x%20y?a=1')).body, '/x y 1')
    await assert.rejects(
      http.listen({ host: '0.0.0.0', port: listener.port }, () => assert.fail()),
      { code: 'EADDRINUSE' },
    )
    await listener.close()
    await assert.rejects(http.get(listener.port, '/'), { code: 'ECONNREFUSED' })
  })

  it('collects metrics as the real one', async () => {
    const { metrics } = simulatedEnvironment(1)
    metrics.register({ name: 'x', help: '', kind: 'gauge' }, () => [{ value: 1 }])
    assert.match(await metrics.exposition(), /^x 1$/m)
  })
})

/** Three nodes that write, sync, talk, die and come back. */
async function story(seed: number): Promise<{ digest: number; contents: string[]; lines: readonly string[] }> {
  const world = new SimulatedWorld({ seed })
  const random = seededRandom(seed)
  const names = ['a', 'b', 'c']
  for (const name of names) world.node(name).disk.setLatency({ minMs: 0.1, maxMs: 3 })
  for (let round = 0; round < 10; round++) {
    for (const name of names) void live(world.node(name).environment).catch(() => undefined)
    await world.time.advance(20)
    const victim = world.node(names[random.below(3)] ?? 'a')
    if (random.below(2) === 0) victim.kill()
    else victim.losePower()
    victim.restart()
    world.network.partition(['a'], ['b'])
    await world.time.advance(5)
    world.network.heal()
  }
  const contents = names.map((name) => {
    const { disk } = world.node(name).environment
    return disk.stat('/x') === undefined ? 'none' : disk.readFile('/x').toString('latin1')
  })
  return { digest: world.time.digest, contents, lines: world.node('a').environment.logger.lines() }
}

async function live({ disk, network, logger, random, clock }: Environment): Promise<void> {
  await network.listen({ host: '0.0.0.0', port: 1 }, (socket) => listen(socket, logger))
  const file = disk.open('/x', { create: true })
  const socket = await network.connect({ host: ['a', 'b', 'c'][random.below(3)] ?? 'a', port: 1, timeoutMs: 10 })
  listen(socket, logger)
  const tick = (): void => {
    file.write([Buffer.alloc(random.below(2000), random.below(256))], random.below(5000))
    socket.write([Buffer.alloc(random.below(3000))])
    void file.sync().catch(() => undefined)
    clock.schedule(random.below(5), tick)
  }
  tick()
}

function listen(socket: Socket, logger: Environment['logger']): void {
  const target = Buffer.alloc(1000)
  socket.start({
    target: () => target,
    received: (byteCount) => logger.info(`received ${byteCount}`),
    drained: () => logger.info('drained'),
    ended: () => socket.end(),
    closed: (reason) => logger.info(`closed ${reason?.message}`),
  })
}

/** `b` is connected to `a`. */
async function connectedWorld(): Promise<{ world: SimulatedWorld; hasEnded: () => boolean; dead: string[] }> {
  const world = new SimulatedWorld({ seed: 1 })
  const dead: string[] = []
  let hasEnded = false
  const target = Buffer.alloc(10)
  const quiet = { target: () => target, received: () => undefined, drained: () => undefined }
  await world
    .node('a')
    .environment.network.listen({ host: '0.0.0.0', port: 1 }, (socket) =>
      socket.start({ ...quiet, ended: () => dead.push('ended'), closed: () => dead.push('closed') }),
    )
  const { network } = world.node('b').environment
  const socket = await world.time.run(network.connect({ host: 'a', port: 1, timeoutMs: 100 }))
  socket.start({ ...quiet, ended: () => (hasEnded = true), closed: () => undefined })
  await world.time.advance(10)
  return { world, hasEnded: () => hasEnded, dead }
}
