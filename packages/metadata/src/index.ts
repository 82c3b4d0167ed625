/** The metadata image, its deltas and replay, and the MetadataLog seam. This file is the package’s public interface. */
export {}
