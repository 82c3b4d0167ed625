/** Config definitions, java properties, broker and topic configs. This file is the package’s public interface. */
export {}
