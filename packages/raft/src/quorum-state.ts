/**
 * `quorum-state` beside the metadata log: which epoch this node has seen, whom it voted for in it, and who leads
 * (KIP-595; data version 1 with the voter’s directory, KIP-853). One line of JSON, in Apache Kafka’s form.
 *
 * Invariant: what is about to be said under an epoch is on disk before it is said; an epoch never goes back.
 */
import { ZERO_UUID } from '@gregor/base'
import type { Disk } from '@gregor/platform'

export const QUORUM_STATE_FILE = 'quorum-state'

export interface QuorumState {
  readonly leaderEpoch: number
  /** -1: none is known. */
  readonly leaderId: number
  /** -1: no vote in this epoch. */
  readonly votedId: number
  readonly votedDirectoryId: string
}

export const initialQuorumState: QuorumState = {
  leaderEpoch: 0,
  leaderId: -1,
  votedId: -1,
  votedDirectoryId: ZERO_UUID,
}

/** @returns `undefined` where there is none. @throws QuorumStateError where the file is not what it should be. */
export function readQuorumState(disk: Disk, path: string): QuorumState | undefined {
  if (disk.stat(path) === undefined) return undefined
  const text = disk.readFile(path, 1_048_576).toString('utf8')
  const parsed = parse(text, path)
  const number = (name: string): number => {
    const value = parsed[name]
    if (typeof value !== 'number' || !Number.isSafeInteger(value))
      throw new QuorumStateError(path, `${name} is not a whole number`)
    return value
  }
  const version = number('data_version')
  if (version !== 0 && version !== 1)
    throw new QuorumStateError(path, `its data_version is ${version}; 0 and 1 are known`)
  const votedDirectoryId = parsed['votedDirectoryId']
  return {
    leaderEpoch: number('leaderEpoch'),
    leaderId: number('leaderId'),
    votedId: number('votedId'),
    votedDirectoryId: typeof votedDirectoryId === 'string' ? votedDirectoryId : ZERO_UUID,
  }
}

/** @param kraftVersion - 0 writes the older form, which names the voters. */
export async function writeQuorumState(
  disk: Disk,
  path: string,
  state: QuorumState,
  { kraftVersion, voterIds }: { kraftVersion: number; voterIds: readonly number[] },
): Promise<void> {
  const { leaderId, leaderEpoch, votedId, votedDirectoryId } = state
  const content =
    kraftVersion === 0
      ? {
          clusterId: '',
          leaderId,
          leaderEpoch,
          votedId,
          appliedOffset: 0,
          currentVoters: voterIds.map((voterId) => ({ voterId })),
          data_version: 0,
        }
      : { leaderId, leaderEpoch, votedId, votedDirectoryId, data_version: 1 }
  await disk.replaceFile(path, Buffer.from(JSON.stringify(content)))
}

/** The file that says who leads cannot be read: the node must not guess an epoch it may have voted in. */
export class QuorumStateError extends Error {
  override readonly name = 'QuorumStateError'

  constructor(path: string, problem: string) {
    super(`${path}: ${problem}. Restore the file, or format the metadata directory anew if its log is lost, too`)
  }
}

function parse(text: string, path: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch (error) {
    throw new QuorumStateError(path, `it is not JSON (${error instanceof Error ? error.message : String(error)})`)
  }
  throw new QuorumStateError(path, 'it is not a JSON object')
}
