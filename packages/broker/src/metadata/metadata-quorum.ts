/**
 * The metadata of this node: the log of its quorum of one, the controller that leads on it, and the follower that
 * turns it into what requests see. Connects the three; each does its own work.
 */
import type { BrokerConfig } from '@gregor/config'
import { features, type CommittedBatch, type MetadataLeader, type SnapshotReader } from '@gregor/metadata'
import type { Environment } from '@gregor/platform'
import { decodeMetadataRecord, type MetadataRecordInput } from '@gregor/protocol'
import { RaftLog, type Voter } from '@gregor/raft'
import type { LogConfig } from '@gregor/config'
import type { Authorizer } from '@gregor/security'
import { ControllerHost } from './controller-host.ts'
import { MetadataFollower, type MetadataPublisher } from './metadata-follower.ts'

export interface MetadataQuorumOptions {
  readonly environment: Environment
  readonly config: BrokerConfig
  readonly logConfig: LogConfig
  readonly clusterId: string
  readonly nodeId: number
  readonly directory: { readonly path: string; readonly directoryId: string }
  readonly isClean: boolean
  readonly staticVoters: readonly Voter[]
  readonly authorizer: Authorizer
  readonly publishers: readonly MetadataPublisher[]
  /** The log or what follows from it is broken: the node must stop. */
  readonly onFatal: (cause: unknown) => void
}

export class MetadataQuorum {
  readonly log: RaftLog
  readonly controller: ControllerHost
  readonly follower: MetadataFollower

  private constructor(parts: { log: RaftLog; controller: ControllerHost; follower: MetadataFollower }) {
    this.log = parts.log
    this.controller = parts.controller
    this.follower = parts.follower
  }

  /** Resolves when the controller is active and everything committed before is replayed (not yet published). */
  static async open(options: MetadataQuorumOptions): Promise<MetadataQuorum> {
    const { environment, config } = options
    const log = await RaftLog.open({
      environment,
      directory: options.directory.path,
      nodeId: options.nodeId,
      directoryId: options.directory.directoryId,
      config: options.logConfig,
      isClean: options.isClean,
      retentionBytes: config.get('metadata.max.retention.bytes'),
      retentionMs: config.get('metadata.max.retention.ms'),
      staticVoters: options.staticVoters,
      onFailure: options.onFatal,
    })
    const bootstrapRecords: MetadataRecordInput[] = []
    const controller = new ControllerHost({
      log,
      controller: {
        clusterId: options.clusterId,
        config,
        supportedFeatures: new Map(features.map(({ name, range }) => [name, range])),
        voterIds: () => log.describe().voters.map(({ id }) => id),
        kraftVersion: () => log.kraftVersion,
        bootstrapRecords,
      },
      authorizer: options.authorizer,
      clock: environment.clock,
      random: environment.random,
      logger: environment.logger,
    })
    const follower = new MetadataFollower({
      clock: environment.clock,
      logger: environment.logger,
      publishers: options.publishers,
      onFault: options.onFatal,
      snapshotEvery: {
        bytes: config.get('metadata.log.max.record.bytes.between.snapshots'),
        intervalMs: config.get('metadata.log.max.snapshot.interval.ms'),
      },
    })
    follower.snapshotTo(log)
    const active = Promise.withResolvers<void>()
    let isActive = false
    log.subscribe({
      onSnapshot(snapshot: SnapshotReader) {
        follower.onSnapshot(snapshot)
        controller.restore(follower.replayed)
      },
      onBatch(batch: CommittedBatch) {
        if (isActive) {
          follower.onBatch(batch)
          // Only after this node has replayed it: answers come after what they are about.
          controller.committed()
          return
        }
        batch.records.forEach((record, i) => controller.apply(decodeMetadataRecord(record), batch.baseOffset + i))
        follower.onBatch(batch)
      },
      onBootstrap(records: readonly Buffer[]) {
        bootstrapRecords.push(...records.map((record) => decodeMetadataRecord(record)))
      },
      onLeader(leader: MetadataLeader) {
        if (!leader.isMine) {
          controller.failed(new Error('the metadata log is not led by this node any more'))
          return
        }
        isActive = true
        controller.activate()
        active.resolve()
      },
    })
    await active.promise
    return new MetadataQuorum({ log, controller, follower })
  }

  /** The offset up to which requests should see the metadata now. */
  get committedOffset(): number {
    return this.log.committedOffset
  }

  async close(): Promise<void> {
    this.controller.close()
    await this.log.close()
  }
}
