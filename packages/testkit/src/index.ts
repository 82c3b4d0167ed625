/** Simulated worlds, workloads and checkers for tests. This file is the package’s public interface. */
export {}
