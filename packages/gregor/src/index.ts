/** Gregor as a library: startBroker. This file is the package’s public interface. */
export {}
