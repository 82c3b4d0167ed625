/**
 * The metadata of this node: the log of its quorum of one, the controller that leads on it, and the follower that
 * turns it into what requests see. Connects the three; each does its own work.
 */
import type { BrokerConfig, LogConfig } from '@gregor/config'
import type { CommittedBatch, MetadataLeader, MetadataLogListener, SnapshotReader } from '@gregor/metadata'
import type { Environment } from '@gregor/platform'
import { decodeMetadataRecord, type MetadataRecordInput } from '@gregor/protocol'
import { RaftLog, type Voter } from '@gregor/raft'
import type { Authorizer, MutationQuotas } from '@gregor/security'
import { ControllerHost } from './controller-host.ts'
import { finalizableFeatures } from './served-features.ts'
import { MetadataFollower } from './metadata-follower.ts'

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
  readonly mutations: MutationQuotas
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
    const log = await openLog(options)
    const bootstrapRecords: MetadataRecordInput[] = []
    const controller = newController(options, { log, bootstrapRecords })
    const follower = newFollower(options)
    follower.snapshotTo(log)
    const active = Promise.withResolvers<void>()
    log.subscribe(new Conductor({ controller, follower, bootstrapRecords, activated: active.resolve }))
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

function openLog(options: MetadataQuorumOptions): Promise<RaftLog> {
  const { environment, config } = options
  return RaftLog.open({
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
}

function newController(
  { environment, config, clusterId, authorizer, mutations, onFatal }: MetadataQuorumOptions,
  { log, bootstrapRecords }: { log: RaftLog; bootstrapRecords: readonly MetadataRecordInput[] },
): ControllerHost {
  return new ControllerHost({
    log,
    controller: {
      clusterId,
      config,
      supportedFeatures: finalizableFeatures(),
      voterIds: () => log.describe().voters.map(({ id }) => id),
      kraftVersion: () => log.kraftVersion,
      bootstrapRecords,
    },
    authorizer,
    mutations,
    clock: environment.clock,
    random: environment.random,
    logger: environment.logger,
    onFatal,
  })
}

function newFollower({ environment, config, onFatal }: MetadataQuorumOptions): MetadataFollower {
  return new MetadataFollower({
    clock: environment.clock,
    logger: environment.logger,
    onFault: onFatal,
    snapshotEvery: {
      bytes: config.get('metadata.log.max.record.bytes.between.snapshots'),
      intervalMs: config.get('metadata.log.max.snapshot.interval.ms'),
    },
  })
}

/** Hands what is committed to the follower and, until it decides itself, to the controller. */
class Conductor implements MetadataLogListener {
  readonly #controller: ControllerHost
  readonly #follower: MetadataFollower
  readonly #bootstrapRecords: MetadataRecordInput[]
  readonly #activated: () => void
  #isActive = false

  constructor(given: {
    controller: ControllerHost
    follower: MetadataFollower
    bootstrapRecords: MetadataRecordInput[]
    activated: () => void
  }) {
    this.#controller = given.controller
    this.#follower = given.follower
    this.#bootstrapRecords = given.bootstrapRecords
    this.#activated = given.activated
  }

  onSnapshot(snapshot: SnapshotReader): void {
    this.#follower.onSnapshot(snapshot)
    this.#controller.restore(this.#follower.replayed)
  }

  onBatch(batch: CommittedBatch): void {
    if (this.#controller.isActive) {
      this.#follower.onBatch(batch)
      // Only after this node has replayed it: answers come after what they are about.
      this.#controller.committed()
      return
    }
    batch.records.forEach((record, i) => this.#controller.apply(decodeMetadataRecord(record), batch.baseOffset + i))
    this.#follower.onBatch(batch)
    if (this.#isActive) this.#controller.resume()
  }

  onBootstrap(records: readonly Buffer[]): void {
    this.#bootstrapRecords.push(...records.map((record) => decodeMetadataRecord(record)))
  }

  onLeader({ isMine }: MetadataLeader): void {
    if (!isMine) {
      this.#controller.failed(new Error('the metadata log is not led by this node any more'))
      return
    }
    this.#isActive = true
    this.#controller.activate()
    this.#activated()
  }
}
