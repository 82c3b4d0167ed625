/** A world on a seed: clock, disk, network, log, all of which can go wrong. This file is the public interface. */
export { type DiskFault, DiskFaults, type DiskOperation } from './disk-faults.ts'
export type { Kept } from './disk-journal.ts'
export { Life } from './life.ts'
export type { DiskLatency } from './medium.ts'
export { RecordingLogger } from './recording-logger.ts'
export { between, chance, seededRandom } from './seeded-random.ts'
export { beginningMs, SimulatedClock } from './simulated-clock.ts'
export { SimulatedDisk, type SimulatedDiskOptions } from './simulated-disk.ts'
export { SimulatedHttp } from './simulated-http.ts'
export { type LinkLatency, SimulatedLink } from './simulated-link.ts'
export { SimulatedNetwork, type SimulatedNetworkOptions } from './simulated-network.ts'
export {
  type SimulatedEnvironment,
  SimulatedNode,
  SimulatedWorld,
  type SimulatedWorldOptions,
  simulatedEnvironment,
} from './simulated-world.ts'
export { type RunLimits, VirtualTime } from './virtual-time.ts'
