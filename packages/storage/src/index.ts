/** A partition’s bytes on disk, in Apache Kafka’s formats. This file is the package’s public interface. */
export {}
