/** Frames and connections. This file is the package’s public interface. */
export {}
