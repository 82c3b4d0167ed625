/**
 * Tells the cluster where this controller listens (KIP-919), once it does: tools that ask for the controllers are then
 * told of it. A node whose controller is only spoken to in-process has nothing to tell.
 */
import { randomUuid } from '@gregor/base'
import { features } from '@gregor/metadata'
import type { Logger, Random } from '@gregor/platform'
import { ControllerRegistration, errorName } from '@gregor/protocol'
import type { RegisteredListener } from '../server/listeners.ts'
import type { ControllerCalls } from './controller-calls.ts'

export async function registerController(given: {
  readonly calls: Pick<ControllerCalls, 'call'>
  readonly nodeId: number
  readonly listeners: readonly RegisteredListener[]
  readonly random: Random
  readonly logger: Logger
  readonly timeoutMs: number
}): Promise<void> {
  const { calls, nodeId, listeners, random, logger, timeoutMs } = given
  if (listeners.length === 0) return
  const request = {
    controllerId: nodeId,
    incarnationId: randomUuid(random),
    zkMigrationReady: false,
    listeners,
    features: features.map(({ name, range }) => ({
      name,
      minSupportedVersion: range.min,
      maxSupportedVersion: range.max,
    })),
  }
  const { errorCode, errorMessage } = await calls.call(ControllerRegistration, request, { timeoutMs })
  if (errorCode === 0) return
  logger.warn('The cluster does not take note of where this controller listens', {
    error: errorName(errorCode),
    reason: errorMessage,
  })
}
