/** The world passed in. Each part has its interface in `environment` and its Node.js form in `node/`. */
export type * from './environment.ts'
export * from './errors.ts'
export { FileReplacer } from './file-replacer.ts'
export { type LogEntry, jsonLine, textLine } from './log-line.ts'
export { LineLogger, type LineLoggerOptions } from './line-logger.ts'
export { MemoryDisk, type MemoryDiskOptions, MemoryFile } from './memory-disk.ts'
export {
  type MemoryDirectoryNode,
  type MemoryFileNode,
  type MemoryNode,
  entryAt,
  newDirectoryNode,
  newFileNode,
  nodeAt,
} from './memory-tree.ts'
export { MetricRegistry } from './metric-registry.ts'
export { PagedBytes } from './paged-bytes.ts'
export { randomFromWords } from './random.ts'
export { RationedLog, type RationedLogOptions } from './rationed-log.ts'
export { nodeEnvironment, type NodeEnvironmentOptions } from './node/environment.ts'
export { holdProcess } from './node/hold-process.ts'
export { exposeProcess, processMetrics } from './node/process-metrics.ts'
export { makeTemporaryDirectory } from './node/temporary-directory.ts'
export { turnEnded } from './node/turn.ts'
