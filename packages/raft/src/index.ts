/** The replicated log that holds the metadata. This file is the package’s public interface. */
export { BOOTSTRAP_FILE, formatMetadataDirectory, METADATA_LOG_DIRECTORY, readBootstrapRecords } from './format.ts'
export { RaftLog } from './raft-log.ts'
export type { RaftLogOptions } from './raft-opening.ts'
export { QuorumStateError } from './quorum-state.ts'
export { SnapshotError } from './snapshot-file.ts'
export type { Voter } from './voters.ts'
