/** The pure machine that decides about topics, brokers, partitions and configs. This file is the package’s public interface. */
export {}
