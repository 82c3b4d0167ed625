/** What goes wrong: drawn from the seed, one thing after the other, each over before the run comes to rest. */
import { between, chance } from '../simulation/seeded-random.ts'
import { beginningMs } from '../simulation/simulated-clock.ts'
import type { NodeWorld } from './node-world.ts'

export type FaultKind =
  | 'kill'
  | 'power loss'
  | 'power loss at an operation'
  | 'stop in order'
  | 'failed sync'
  | 'slow disk'
  | 'full disk'
  | 'cut connections'
  | 'slow network'
  | 'silent network'
  | 'clock jump'

/** All kinds, what ends a life more often. */
export const nodeFaults: readonly FaultKind[] = [
  'kill',
  'kill',
  'power loss',
  'power loss at an operation',
  'power loss at an operation',
  'stop in order',
  'failed sync',
  'slow disk',
  'full disk',
  'cut connections',
  'slow network',
  'silent network',
  'clock jump',
]
export interface FaultPlan {
  readonly kinds: readonly FaultKind[]
  readonly count: number
  /** Hosts of drivers, as they are at that moment. */
  readonly hosts: () => readonly string[]
}

const broker = 'broker'

/** Until all of them are over and the node is up. */
export async function inflictFaults(world: NodeWorld, { kinds, count, hosts }: FaultPlan): Promise<void> {
  for (let left = count; left > 0; left--) {
    await world.pause(between(world.random, 100, 2_000))
    const kind = kinds[world.random.below(Math.max(1, kinds.length))]
    if (kind !== undefined) await inflict(world, kind, hosts())
    if (world.state === 'down') {
      await world.pause(between(world.random, 10, 1_500))
      world.start()
    }
  }
  world.mayFailToStart = false
  await bringUp(world)
  setClockRight(world)
}

/** Timeouts of transactions go by the wall clock, which they are stored with. */
function setClockRight({ node, nowMs }: NodeWorld): void {
  const { clock } = node.environment
  clock.jump(Math.floor(beginningMs + nowMs) - clock.wallMs())
}

/** Starts the node as often as it takes. */
export async function bringUp(world: NodeWorld): Promise<void> {
  while (world.state !== 'up') {
    world.start()
    await world.pause(50)
  }
}

async function inflict(world: NodeWorld, kind: FaultKind, hosts: readonly string[]): Promise<void> {
  const { random, node } = world
  const { disk } = node
  switch (kind) {
    case 'kill':
      return world.kill()
    case 'power loss':
      return world.losePower()
    case 'power loss at an operation':
      disk.cutPowerBefore(disk.operationCount + between(random, 1, 60))
      await world.pause(between(random, 100, 1_500))
      // Nothing was written meanwhile: then it goes now.
      if (world.state !== 'down') world.losePower()
      return undefined
    case 'stop in order':
      return stopInOrder(world)
    case 'failed sync':
      return failSync(world)
    case 'slow disk':
      disk.setLatency({ minMs: 1, maxMs: between(random, 5, 200) })
      await world.pause(between(random, 200, 2_000))
      return disk.setLatency(undefined)
    case 'full disk':
      return fillDisk(world)
    case 'cut connections':
      return world.world.network.cut(chance(random, 50) ? broker : (hosts[random.below(hosts.length)] ?? broker))
    case 'slow network':
      return slowDown(world, hosts)
    case 'silent network':
      return silence(world, hosts)
    case 'clock jump':
      return node.environment.clock.jump(between(random, -600_000, 600_000))
    default:
      return kind satisfies never
  }
}

/** Or is killed before it has stopped. */
async function stopInOrder(world: NodeWorld): Promise<void> {
  const limit = world.pause(between(world.random, 50, 10_000))
  await Promise.race([world.stop(), limit])
  world.kill()
}

/** A directory that failed stays offline until the node is started again. */
async function failSync(world: NodeWorld): Promise<void> {
  const { disk } = world.node
  world.mayFailToStart = true
  world.hasFailedSync = true
  disk.faults.add({ operation: 'sync', path: /\.log$/, skip: world.random.below(4) })
  await world.pause(between(world.random, 100, 1_000))
  disk.faults.clear()
  world.kill()
  world.hasFailedSync = false
  world.mayFailToStart = false
}

/** With a little room, which soon is used up. */
async function fillDisk(world: NodeWorld): Promise<void> {
  const { disk } = world.node
  const { totalBytes, usableBytes } = disk.space('/')
  world.mayFailToStart = true
  disk.setCapacity(totalBytes - usableBytes + between(world.random, 0, 2_000))
  await world.pause(between(world.random, 200, 1_500))
  disk.setCapacity(Infinity)
  world.mayFailToStart = false
}

/** What is sent later over another connection may arrive before. */
async function slowDown(world: NodeWorld, hosts: readonly string[]): Promise<void> {
  const { network } = world.world
  const links = hosts.flatMap((host) => [network.link(host, broker), network.link(broker, host)])
  const before = links.map(({ latency }) => latency)
  for (const link of links) {
    if (chance(world.random, 50)) link.latency = { minMs: 1, maxMs: between(world.random, 50, 800) }
  }
  await world.pause(between(world.random, 300, 3_000))
  for (const [index, link] of links.entries()) link.latency = before[index] ?? link.latency
}

async function silence(world: NodeWorld, hosts: readonly string[]): Promise<void> {
  const { network } = world.world
  const silenced = hosts.filter(() => chance(world.random, 40))
  network.partition(silenced, [broker])
  await world.pause(between(world.random, 200, 4_000))
  network.heal()
}
