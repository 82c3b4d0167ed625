/**
 * The active controller of this node: runs `ControllerMachine` over the metadata log and answers encoded requests.
 * Nothing here decides; nothing here is reached but through `call`, by the same bytes a controller elsewhere would get.
 */
import { asError, assert, ByteReader, ByteWriter, MalformedMessageError } from '@gregor/base'
import { bytesFromReply, ControllerMachine, eventFromRequest, servedVersions } from '@gregor/controller'
import type {
  ControllerEffect,
  ControllerEvent,
  ControllerOptions,
  ControllerReply,
  ProvenRecord,
  RequestContext,
} from '@gregor/controller'
import { BatchRefusedError, Host, HostError, type HostLog } from '@gregor/machine'
import type { ControllerGateway, ControllerRequest, MetadataImage, MetadataLog } from '@gregor/metadata'
import { MetadataLogFullError, NotLeaderError } from '@gregor/metadata'
import type { Clock, Logger, Random } from '@gregor/platform'
import {
  advertisedVersions,
  decodeRequest,
  DescribeQuorum,
  encodeResponse,
  hasVersion,
  UpdateFeatures,
} from '@gregor/protocol'
import type { MetadataRecord, VersionRange } from '@gregor/protocol'
import { TimeoutError } from '@gregor/transport'
import { controllerContext, type ControllerGuards } from './controller-context.ts'
import { quorumDescription, refusedQuorumDescription } from './describe-quorum.ts'

export interface ControllerHostOptions extends ControllerGuards {
  readonly log: MetadataLog
  readonly controller: ControllerOptions
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** The controller cannot go on: the node must stop. */
  readonly onFatal: (cause: unknown) => void
}

type ControllerHostOf = Host<ControllerEvent, ProvenRecord, ControllerReply, ControllerEffect>

const retryDelayMs = 20
/** A controller that fails more often than that has no future: it would fail at what it finds in its log. */
const failuresMax = 5
const failuresWithinMs = 60_000

export class ControllerHost implements ControllerGateway {
  readonly #options: ControllerHostOptions
  readonly #machine: ControllerMachine
  #host: ControllerHostOf | undefined
  /** Up to here the log is applied; what it holds beyond comes by `apply`. */
  #appliedOffset = 0
  readonly #failedAtMs: number[] = []
  /** Of kraft.version: resolves when it is committed. */
  #upgrade: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(options: ControllerHostOptions) {
    this.#options = options
    this.#machine = new ControllerMachine(options.controller)
  }

  get isActive(): boolean {
    return this.#host?.state === 'running'
  }

  /** What is committed and is not known to this controller: history at start, or after it failed. */
  apply(record: MetadataRecord, offset: number): void {
    if (offset >= this.#appliedOffset) this.#machine.apply({ record }, offset)
  }

  restore(image: MetadataImage): void {
    this.#machine.restore(image)
  }

  /** Everything committed is applied, and this node leads: from now on the controller decides. */
  activate(): void {
    const { log, clock, random } = this.#options
    const { epoch } = log.leader()
    const host: ControllerHostOf = new Host<ControllerEvent, ProvenRecord, ControllerReply, ControllerEffect>({
      log: new MetadataHostLog(log, epoch),
      clock,
      random,
      perform: ({ level }) => this.#upgradeKraftVersion(level),
      firstEvent: { type: 'Activate' },
      onFailure: (cause) => this.#recover(host, cause),
    })
    this.#host = host
    host.start(this.#machine)
  }

  /**
   * It threw, which is a fault of ours: the machine has gone back to what is committed. What it had written before is in
   * the log and will be committed; when that is applied, it decides again.
   */
  #recover(host: ControllerHostOf, cause: unknown): void {
    const { log, clock, logger, onFatal } = this.#options
    const nowMs = clock.monotonicMs()
    logger.error('The controller failed', { error: asError(cause) })
    this.#appliedOffset = log.committedOffset
    // Without the log there is nothing to go on with; whoever owns the log says so.
    if (!log.leader().isMine) return
    while (this.#failedAtMs[0] !== undefined && this.#failedAtMs[0] < nowMs - failuresWithinMs) this.#failedAtMs.shift()
    this.#failedAtMs.push(nowMs)
    if (host.state === 'closed') return onFatal(cause)
    if (this.#failedAtMs.length > failuresMax) {
      logger.error(`The controller failed ${failuresMax + 1} times within a minute: the node stops`)
      return onFatal(cause)
    }
    clock.schedule(retryDelayMs, () => this.resume())
  }

  /** Decides again, once all that is in the log is committed and applied. */
  resume(): void {
    const { log, logger } = this.#options
    const isBack = this.#host === undefined || this.#host.state !== 'standby'
    if (isBack || this.#isClosed || !log.leader().isMine || log.committedOffset < log.endOffset) return
    logger.info('The controller goes on', { offset: log.committedOffset })
    this.activate()
  }

  #upgradeKraftVersion(level: number): void {
    const { log, logger } = this.#options
    logger.info(`kraft.version becomes ${level}: the metadata log names its voters`)
    this.#upgrade = Promise.try(() => log.upgradeKraftVersion(log.leader().epoch, level))
    // Whoever asked is told; nobody else waits for it.
    this.#upgrade.catch(() => {})
  }

  /** What this controller has written and not seen committed is lost. */
  failed(cause: unknown): void {
    this.#host?.failed(cause)
  }

  /** The log’s committed offset has moved. */
  committed(): void {
    this.#host?.committed()
  }

  close(): void {
    this.#isClosed = true
    this.#host?.close()
  }

  versionsOf(apiKey: number): VersionRange | undefined {
    return apiKey === DescribeQuorum.key ? advertisedVersions(DescribeQuorum) : servedVersions(apiKey)
  }

  async call(request: ControllerRequest): Promise<Buffer> {
    const { clock } = this.#options
    const expired = Promise.withResolvers<never>()
    const timer = clock.schedule(request.deadlineMs - clock.monotonicMs(), () =>
      expired.reject(new TimeoutError('the controller did not decide in time')),
    )
    try {
      return await Promise.race([this.#callUntilDecided(request), expired.promise])
    } finally {
      timer.cancel()
    }
  }

  async #callUntilDecided(request: ControllerRequest): Promise<Buffer> {
    const { clock } = this.#options
    for (;;) {
      try {
        return await this.#callOnce(request)
      } catch (error) {
        const mayPass = error instanceof HostError && (error.reason === 'standby' || error.reason === 'overloaded')
        if (!mayPass || this.#isClosed || clock.monotonicMs() + retryDelayMs > request.deadlineMs) throw error
        await this.#pause()
      }
    }
  }

  async #callOnce(request: ControllerRequest): Promise<Buffer> {
    const { apiKey, apiVersion, body } = request
    const versions = this.versionsOf(apiKey)
    if (versions === undefined || !hasVersion(versions, apiVersion))
      throw new MalformedMessageError(`the controller does not serve API ${apiKey} in version ${apiVersion}`)
    const { context, charge } = controllerContext(request, this.#options)
    if (apiKey === DescribeQuorum.key) return this.#describeQuorum(request, context)
    if (this.#host === undefined) throw new NotLeaderError(this.#options.log.leader().epoch)
    const reply = await this.#host.submit(eventFromRequest({ apiKey, apiVersion, body }, context))
    assert(reply !== undefined, 'a request is answered')
    if (apiKey === UpdateFeatures.key) await this.#upgrade
    return bytesFromReply(throttled(reply, charge.throttleMs))
  }

  #describeQuorum({ apiVersion, body }: ControllerRequest, context: RequestContext): Buffer {
    const request = decodeRequest(DescribeQuorum, apiVersion, new ByteReader(body))
    const response = context.allows('Describe', { type: 'cluster', name: 'kafka-cluster' })
      ? quorumDescription(request, this.#options.log.describe(), apiVersion)
      : refusedQuorumDescription('CLUSTER_AUTHORIZATION_FAILED')
    const writer = new ByteWriter()
    encodeResponse(DescribeQuorum, apiVersion, response, writer)
    return writer.toBuffer()
  }

  #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#options.clock.schedule(retryDelayMs, resolve)
    return promise
  }
}

/** The metadata log as the host of a machine wants it: records instead of bytes. */
class MetadataHostLog implements HostLog<ProvenRecord> {
  readonly epoch: number
  readonly #log: MetadataLog

  constructor(log: MetadataLog, epoch: number) {
    this.#log = log
    this.epoch = epoch
  }

  get endOffset(): number {
    return this.#log.endOffset
  }

  get committedOffset(): number {
    return this.#log.committedOffset
  }

  append({ records }: { readonly records: readonly ProvenRecord[] }): {
    readonly baseOffset: number
    readonly lastOffset: number
  } {
    const bytes = records.map((record) => record.bytes)
    const appended = this.#prepare(bytes)
    this.#log.submit()
    return appended
  }

  #prepare(records: readonly Buffer[]): ReturnType<MetadataLog['prepare']> {
    try {
      return this.#log.prepare(this.epoch, records)
    } catch (error) {
      // Who asked is refused, and the controller goes on: it decides, and changes nothing before its records are in the log.
      if (error instanceof MetadataLogFullError) throw new NoRoomError(error.message)
      throw error
    }
  }
}

/** Nothing could be changed, as the disk with the metadata log is full. */
export class NoRoomError extends BatchRefusedError {
  override readonly name = 'NoRoomError'
}

/** The answer of a client that has used up its quota on changes says so. */
function throttled(reply: NonNullable<ControllerReply>, throttleMs: number): NonNullable<ControllerReply> {
  if (throttleMs === 0) return reply
  return { ...reply, response: { ...(reply.response as object), throttleTimeMs: throttleMs } }
}
