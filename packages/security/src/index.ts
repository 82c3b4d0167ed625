/** Principals, authorizers, credentials. This file is the package’s public interface. */
export {}
