/** Bytes, queues, assertions: no I/O and no Kafka. This file is the package’s public interface. */
export {}
