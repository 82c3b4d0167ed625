/** The contract of a deterministic machine and the host that runs one. This file is the package’s public interface. */
export {}
