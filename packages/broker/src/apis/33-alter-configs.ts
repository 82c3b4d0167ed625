/**
 * AlterConfigs (key 33): replaces all configs of a resource. Deprecated for IncrementalAlterConfigs (KIP-339), and the
 * only one some clients have.
 */
import { ByteWriter } from '@gregor/base'
import { AlterConfigs, encodeRequest } from '@gregor/protocol'
import type { ProtocolError, RequestOf, ResponseInput } from '@gregor/protocol'
import { alterConfigs as alter, refusedAlterations } from '../server/config-alterations.ts'
import { controllerAnswer, defineForwarded, defineHandler } from '../server/handler.ts'

export const alterConfigs = defineHandler(AlterConfigs, {
  isForwarded: true,
  async handle(request, context, services) {
    const { validateOnly, resources } = request
    const responses = await alter(
      { resources, validateOnly, replacesAll: true },
      { context, services },
      async (passed) => {
        const writer = new ByteWriter()
        encodeRequest(AlterConfigs, context.apiVersion, { validateOnly, resources: passed }, writer)
        const answer = await services.forwarder.forward(context, writer.toBuffer())
        if (typeof answer === 'string') return refusedAlterations(passed, answer)
        return controllerAnswer(AlterConfigs, answer, context).responses
      },
    )
    return { responses }
  },
  refuse,
})

/** On the controllers’ listener: what only a broker knows of itself is not looked at. */
export const alterConfigsOnController = defineForwarded(AlterConfigs, { refuse })

function refuse(
  { resources }: RequestOf<typeof AlterConfigs>,
  error: ProtocolError,
): ResponseInput<typeof AlterConfigs> {
  return { responses: refusedAlterations(resources, error) }
}
