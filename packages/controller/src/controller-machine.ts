/**
 * The controller: decides on admin requests, on the life of brokers and on who leads what, and knows the cluster by its
 * log alone. Pure; `machine/host` runs it over the metadata log, on one node or on the leader of a quorum. A standby
 * only applies.
 *
 * This file routes. Each family of requests has a file of its own, and `handlers` lists them all.
 */
import { assert } from '@gregor/base'
import { decide } from '@gregor/machine'
import type { Decision, Given, RevertibleMachine, TimerEffect, TimerFired } from '@gregor/machine'
import type { MetadataImage } from '@gregor/metadata'
import type { MetadataRecordInput } from '@gregor/protocol'
import { activationRecords } from './activation.ts'
import { plainProblem, problem } from './api-problem.ts'
import { BrokerSessions } from './broker-sessions.ts'
import { isRefusal } from './controller-handler.ts'
import type { ControllerHandler, Outcome } from './controller-handler.ts'
import { clusterResource } from './controller-options.ts'
import type { ControllerEffect, ControllerOptions, RequestContext } from './controller-options.ts'
import { ControllerState } from './controller-state.ts'
import type { Deliberation } from './deliberation.ts'
import { handlerFor } from './handlers.ts'
import { NodeConfig } from './node-config.ts'
import { periodicTasks, periodMs, runPeriodic, timerFor } from './periodic.ts'
import type { PeriodicTask } from './periodic.ts'
import { proveRecords } from './proven-record.ts'
import type { ProvenRecord } from './proven-record.ts'

export type ControllerEvent =
  /** It has become the active controller, with everything committed applied. The host’s first event. */
  { readonly type: 'Activate' } | ControllerRequestEvent

export interface ControllerRequestEvent {
  readonly type: 'Request'
  readonly apiKey: number
  readonly apiVersion: number
  /** Decoded by the schema of that API. */
  readonly request: unknown
  readonly context: RequestContext
}

/** To be encoded by the schema of that API; `undefined` for what is not a request. */
export type ControllerReply =
  | { readonly apiKey: number; readonly apiVersion: number; readonly response: unknown }
  | undefined

type ControllerDecision = Decision<ProvenRecord, ControllerReply, ControllerEffect | TimerEffect>

export class ControllerMachine implements RevertibleMachine<
  ControllerEvent | TimerFired,
  ProvenRecord,
  ControllerReply,
  ControllerEffect | TimerEffect
> {
  readonly #options: ControllerOptions
  readonly #state = new ControllerState()
  readonly #sessions: BrokerSessions
  readonly #nodeConfig: NodeConfig
  /** Of the timers; a new one for each activation. */
  #generation = 0

  constructor(options: ControllerOptions) {
    this.#options = options
    const { config } = options
    this.#sessions = new BrokerSessions({
      timeoutMs: config.get('broker.session.timeout.ms'),
      ownBrokerId: config.get('process.roles').includes('broker') ? config.get('node.id') : undefined,
    })
    this.#nodeConfig = new NodeConfig(config)
  }

  /** With everything applied, committed or not. */
  get image(): MetadataImage {
    return this.#state.image
  }

  handle(event: ControllerEvent | TimerFired, given: Given): ControllerDecision {
    switch (event.type) {
      case 'Activate':
        return this.#activate(given)
      case 'TimerFired':
        return this.#runPeriodic(event, given)
      default:
        return this.#answer(event, given)
    }
  }

  apply({ record }: Pick<ProvenRecord, 'record'>, offset: number): void {
    this.#state.apply(record, offset)
  }

  /** Takes over a snapshot in place of all that was applied. */
  restore(image: MetadataImage): void {
    this.#state.restore(image)
  }

  mark(offset: number): void {
    this.#state.mark(offset)
  }

  rollbackTo(offset: number): void {
    this.#state.rollbackTo(offset)
  }

  forgetMarksBelow(offset: number): void {
    this.#state.forgetMarksBelow(offset)
  }

  #activate(given: Given): ControllerDecision {
    this.#generation++
    this.#sessions.activate(this.image.brokers.values(), given.monotonicMs)
    const records = activationRecords({
      metadataVersion: this.image.features.metadataVersion,
      isTransactionOpen: this.#state.transactionStartOffset !== undefined,
      bootstrapRecords: this.#options.bootstrapRecords,
      minIsr: this.#options.config.get('min.insync.replicas'),
    })
    const effects = periodicTasks.flatMap((task) => {
      const delayMs = periodMs(task, this.#options.config)
      return delayMs === undefined ? [] : [timerFor(task, delayMs, this.#generation)]
    })
    return decide(undefined, { ...this.#written(records, true), effects })
  }

  #runPeriodic({ key, generation }: TimerFired, given: Given): ControllerDecision {
    const task = periodicTasks.find((one) => one === key)
    assert(task !== undefined, `the controller has no timer ${key}`)
    // Set before the last activation.
    if (generation !== this.#generation) return decide(undefined)
    const { records, isAgainAtOnce, afterwards } = runPeriodic(task, this.#deliberation(given))
    const effects = [this.#nextTimer(task, isAgainAtOnce)]
    return decide(undefined, { ...this.#written(records, true), effects, afterwards })
  }

  #nextTimer(task: PeriodicTask, isAgainAtOnce: boolean): TimerEffect {
    return timerFor(task, isAgainAtOnce ? 0 : (periodMs(task, this.#options.config) ?? 0), this.#generation)
  }

  #answer(event: ControllerRequestEvent, given: Given): ControllerDecision {
    const { apiKey, apiVersion, request } = event
    const handler = handlerFor(apiKey)
    assert(handler !== undefined, `the controller does not serve API ${apiKey}`)
    const outcome = this.#outcome(handler, event, given)
    const { response, records = [], effects = [], isSplittable = false, afterwards } = outcome
    const written = this.#written(records, isSplittable)
    const reply = { apiKey, apiVersion, response }
    const tooLarge = problem('UNKNOWN_SERVER_ERROR', `Attempt to write ${records.length} records at once.`)
    const refused = { apiKey, apiVersion, response: handler.refuse(request, tooLarge, apiVersion) }
    const refusing = isSplittable ? {} : { tooLarge: { action: 'refuse', reply: refused } as const }
    return decide(reply, { ...refusing, ...written, effects, afterwards })
  }

  #outcome(handler: ControllerHandler, event: ControllerRequestEvent, given: Given): Outcome<unknown> {
    const { apiVersion, request, context } = event
    const { clusterOperation } = handler
    if (clusterOperation !== undefined && !context.allows(clusterOperation, clusterResource)) {
      return { response: handler.refuse(request, plainProblem('CLUSTER_AUTHORIZATION_FAILED'), apiVersion) }
    }
    const outcome = handler.decide(request, { ...this.#deliberation(given), context, apiVersion })
    return isRefusal(outcome) ? { response: handler.refuse(request, outcome, apiVersion) } : outcome
  }

  #deliberation(given: Given): Deliberation {
    const { image } = this
    return {
      image,
      given,
      options: this.#options,
      config: this.#nodeConfig.in(image),
      sessions: this.#sessions,
      registrationOffset: (brokerId) => this.#state.registrationOffset(brokerId),
      collidingTopic: (name) => this.#state.collidingTopic(name),
    }
  }

  #written(inputs: readonly MetadataRecordInput[], isSplittable: boolean): Partial<ControllerDecision> {
    const records = proveRecords(inputs, this.image)
    return isSplittable ? { records, tooLarge: { action: 'split' } } : { records }
  }
}
