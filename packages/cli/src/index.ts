/** The gregor command and Kafka’s tools. This file is the package’s public interface. */
export {}
