/** What goes over the wire and onto the disk, as values: message schemas, records, errors. This file is the package’s public interface. */
export {}
