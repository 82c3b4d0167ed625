/** The replicated log that holds the metadata. This file is the package’s public interface. */
export {}
