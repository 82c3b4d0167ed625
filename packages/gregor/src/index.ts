/** Gregor as a library. This file is the package’s public interface. */
export { startBroker, type RunningBroker, type StartBrokerOptions } from './start-broker.ts'
